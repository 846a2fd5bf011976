import type { TrainEvent } from "@pushforward/training";
import type { OutsideSimulations } from "./outside-simulations.ts";
import type { SimulationEvent } from "./simulate.ts";
import type { DroppedSimulations } from "./simulation-report.ts";

/** A sentence about what was done, and why. */
export interface InferenceNote {
  readonly type: "note";
  readonly text: string;
}

/** What the training of one of `count` members tells. */
export interface TrainingEvent {
  readonly type: "training";
  readonly index: number;
  readonly count: number;
  readonly event: TrainEvent;
}

/** What inference tells while it runs. */
export type InferenceEvent = SimulationEvent | InferenceNote | TrainingEvent;

/** What all kinds of inference report. */
export interface InferenceReport {
  /** Rows that were learned from and that were held out. */
  readonly trainRows: number;
  readonly validationRows: number;
  /** Simulations that ran, and those of them that were dropped. */
  readonly attempted: number;
  readonly dropped: readonly DroppedSimulations[];
  /** The loss on the rows held out; for a density the mean of −log p, in nats. */
  readonly validationLoss: number;
  /**
   * The numbers of an observation that lie outside the range of the simulations; empty for one that the simulations
   * cover. A posterior at an observation outside extrapolates and is not to be trusted.
   */
  outside(observation: ArrayLike<number>): OutsideSimulations[];
  readonly reason: "completed" | "aborted";
  /** All notes. */
  readonly log: readonly string[];
  readonly seconds: number;
  readonly cpuSeconds?: number | undefined;
}
