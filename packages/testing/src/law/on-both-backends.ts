import { type BackendName, useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { formatNumber, Violation } from "./comparison.ts";

/** Calls a function on cpu and on wasm, and goes back to the backend that ran before. */
export async function onBothBackends<R>(run: () => R): Promise<[cpu: R, wasm: R]> {
  const previous = tf.getBackend();
  try {
    await useBackend("cpu");
    const cpu = run();
    await useBackend("wasm");
    return [cpu, run()];
  } finally {
    await useBackend((previous as BackendName | undefined) ?? "cpu");
  }
}

/** Compares gradients as whole vectors: |got − expected| ≤ tolerance · |expected| in the Euclidean norm. */
export function compareGradients(got: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  if (got.length !== expected.length) {
    throw new Violation(`${expected.length} gradient values of ${what}`, String(got.length));
  }
  let difference = 0;
  let norm = 0;
  for (const [i, value] of expected.entries()) {
    difference += ((got[i] as number) - value) ** 2;
    norm += value ** 2;
  }
  const error = Math.sqrt(difference) / Math.max(1e-6, Math.sqrt(norm));
  if (!(error <= tolerance)) {
    throw new Violation(`gradients of ${what} on wasm within ${tolerance} of cpu (relative L2)`, formatNumber(error));
  }
}
