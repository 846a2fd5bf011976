import { cpuSeconds, mapEvents } from "@pushforward/core/plain";
import type { InferenceEvent, InferenceReport } from "./inference-events.ts";
import type { PreparedProblem } from "./inference-problem.ts";
import { outsideSimulations } from "./outside-simulations.ts";

/** Collects what all reports have. */
export interface Finish {
  /** Passes events on, and remembers the notes. */
  noting<R>(events: AsyncGenerator<InferenceEvent, R, void>): AsyncGenerator<InferenceEvent, R, void>;
  report(
    prepared: PreparedProblem,
    trained: Pick<InferenceReport, "trainRows" | "validationRows" | "validationLoss" | "reason">,
  ): InferenceReport;
}

/** Starts to collect, at a time of the clock and of the processor. */
export function finish(startTime: number, startCpu: number | undefined): Finish {
  const log: string[] = [];
  return {
    noting: (events) =>
      mapEvents(events, (event) => {
        if (event.type === "note") log.push(event.text);
        return event;
      }),
    report({ attempted, dropped, data, keepsMissing }, trained) {
      const cpu = cpuSeconds();
      return {
        ...trained,
        attempted,
        dropped,
        outside: (observation) => outsideSimulations(data, observation, keepsMissing),
        log,
        seconds: (performance.now() - startTime) / 1000,
        ...(cpu !== undefined && startCpu !== undefined && { cpuSeconds: cpu - startCpu }),
      };
    },
  };
}
