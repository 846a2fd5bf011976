import { matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/**
 * `log det(I + J)` of matrices `[rows, n, n]` with a norm of J below 1, by tensor operations, for where these are written
 * down: elimination without a choice of pivots, which such matrices do not need, because their symmetric part is positive
 * definite (Golub and Van Loan 2013, §4.1.4).
 */
export function tracedLogDet(matrix: tf.Tensor): tf.Tensor {
  const n = matrix.shape[2] as number;
  const rows = matrix.shape[0] as number;
  let rest = matrix;
  let logDet: tf.Tensor | undefined;
  for (let k = 0; k < n; k++) {
    const left = n - 1 - k;
    const part = (from: [number, number], size: [number, number]): tf.Tensor =>
      tf.slice(rest, [0, ...from], [rows, ...size]);
    const pivot = part([0, 0], [1, 1]);
    const log = tf.reshape(tf.log(tf.abs(pivot)), [rows]);
    logDet = logDet === undefined ? log : tf.add(logDet, log);
    if (left === 0) break;
    const column = tf.div(part([1, 0], [left, 1]), pivot);
    rest = tf.sub(part([1, 1], [left, left]), matMul(column, part([0, 1], [1, left])));
  }
  return logDet as tf.Tensor;
}
