import type { Key } from "@pushforward/core";
import { currentTrace, type LoopBody, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Repeats a body until no element continues, at most `most` times, and returns the last state. Shapes and dtypes of the
 * state stay constant. When tensor operations are recorded, the loop is one operation. The loop is never on a tape.
 *
 * @param state input of the first pass.
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
