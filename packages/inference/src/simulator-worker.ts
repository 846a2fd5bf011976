// The program of a worker that simulates: it loads the module that it is told, and answers one call after the other.
import { errorToData, keyFromWords } from "@pushforward/core";
import type { RowSimulator } from "./simulator.ts";
import type { SimulationAnswer, SimulationQuestion } from "./worker-simulator.ts";

const { parentPort, workerData } = globalThis.process.getBuiltinModule("node:worker_threads");

function tell(answer: SimulationAnswer): void {
  parentPort?.postMessage(answer);
}

function serve(simulator: RowSimulator): void {
  parentPort?.on("message", async ({ parameters, words }: SimulationQuestion) => {
    try {
      const row = await simulator(parameters, keyFromWords(words));
      tell({ type: "row", row });
    } catch (error) {
      tell({ type: "failed", error: errorToData(error) });
    }
  });
  tell({ type: "ready" });
}

try {
  const { default: simulator } = (await import(workerData as string)) as { readonly default?: unknown };
  if (typeof simulator !== "function") throw new TypeError(`its default export is ${typeof simulator}`);
  serve(simulator as RowSimulator);
} catch (error) {
  tell({ type: "failed", error: errorToData(error) });
}
