import type { AdamReport, AdamUpdateOptions } from "@pushforward/core/plain";
import type * as tf from "@tensorflow/tfjs-core";

/** The name of the kernel of `adamUpdate`. */
export const ADAM_KERNEL = "PushforwardAdam";

/** What `adamUpdate` moves, and by what. All four have one shape. */
export interface AdamTarget {
  readonly value: tf.Variable;
  readonly gradient: tf.Tensor;
  /** The moving means of the gradient and of its square, zeros at first. Nobody else shares their data. */
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

/** The attributes of the kernel; the report is written. */
export interface AdamCall {
  readonly targets: readonly AdamTarget[];
  readonly options: AdamUpdateOptions;
  report?: AdamReport;
}
