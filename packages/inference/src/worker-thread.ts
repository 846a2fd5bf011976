import type { SimulationAnswer, SimulationQuestion } from "./worker-handle.ts";

/** The thread that this worker was started by. */
interface Starter {
  postMessage(answer: SimulationAnswer): void;
  /** Of Node. */
  on?(event: "message", told: (question: SimulationQuestion) => void): void;
  /** Of browsers. */
  addEventListener?(event: "message", told: (event: { readonly data: SimulationQuestion }) => void): void;
}

/** Calls what listens for each question. */
export function listen(told: (question: SimulationQuestion) => void): void {
  const thread = starter();
  if (thread.on !== undefined) thread.on("message", told);
  else thread.addEventListener?.("message", ({ data }) => told(data));
}

/** Sends an answer. */
export function tell(answer: SimulationAnswer): void {
  starter().postMessage(answer);
}

function starter(): Starter {
  // Asked at run time, so that a bundle for browsers names no module of Node.
  const port = globalThis.process?.getBuiltinModule?.("node:worker_threads").parentPort;
  return (port ?? globalThis) as unknown as Starter;
}
