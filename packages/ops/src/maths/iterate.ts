import type { Key } from "@pushforward/core";
import { currentTrace, type LoopBody, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Repeats a body until it goes on nowhere, at most `most` times, and gives the last state. Its shapes and dtypes stay. Where
 * tensor operations are written down, the loop is one operation; nothing of it is on a tape.
 *
 * @param state what the first pass is given.
 * @example
 * // Halved until it is below 1.
 * const [x] = iterate([tf.scalar(20)], ([at]) => {
 *   const half = tf.div(at as tf.Tensor, 2);
 *   return { state: [half], goesOn: tf.greaterEqual(half, 1) };
 * }, 100);
 * x; // → 0.625
 */
export function iterate(state: readonly tf.Tensor[], body: LoopBody, most: number): tf.Tensor[] {
  const trace = currentTrace();
  if (trace !== undefined) return trace.loop(state, body, most);
  let current = state.map((tensor) => tf.clone(tensor));
  for (let pass = 0; pass < most; pass++) {
    let goesOn = false;
    const next = tf.tidy(() => {
      const step = body(current);
      goesOn = step.goesOn.dataSync().some(Boolean);
      return step.state.map((tensor) => tf.clone(tensor));
    });
    tf.dispose(current);
    current = next;
    if (!goesOn) break;
  }
  return current;
}

/** Independent signs, 1 or −1 with probability ½ each: probes of mean 0 and covariance I. */
export function randomSigns(key: Key, shape: number[]): tf.Tensor {
  return tf.tensor(
    key.uniform(sizeOf(shape)).map((u) => (u < 0.5 ? -1 : 1)),
    shape,
  );
}
