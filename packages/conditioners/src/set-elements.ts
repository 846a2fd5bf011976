import * as tf from "@tensorflow/tfjs-core";

/** How a vector holds the elements of a set, one after the other. */
export interface SetLayout {
  /** The most elements that a set has. */
  readonly elements: number;
  /** Numbers of an element. */
  readonly elementSize: number;
  /**
   * Each number is followed by 1 where it is missing and by 0 where it is not, as `MissingMask` gives them. An element of
   * which all numbers are missing is no member of the set: that is how sets of different sizes are padded. Default: false.
   */
  readonly missing?: boolean;
}

/** Numbers of the vector that holds a set. */
export function setSize({ elements, elementSize, missing = false }: SetLayout): number {
  return elements * elementSize * (missing ? 2 : 1);
}

/** The sets of a batch of vectors. */
export interface SetElements {
  /** `[rows, elements, numbers of an element]`. */
  readonly values: tf.Tensor;
  /** `[rows, 1, elements]`: 1 for a member, 0 for padding; absent where all are members. */
  readonly members?: tf.Tensor;
}

/** Reads sets from vectors `[...batch, setSize]`. */
export function setElements(x: tf.Tensor, layout: SetLayout): SetElements {
  const { elements, elementSize, missing = false } = layout;
  const values = tf.reshape(x, [-1, elements, setSize(layout) / elements]);
  if (!missing) return { values };
  const flags = tf.slice(tf.reshape(x, [-1, elements, elementSize, 2]), [0, 0, 0, 1], [-1, -1, -1, 1]);
  const count = tf.sum(tf.reshape(flags, [-1, 1, elements, elementSize]), -1);
  // All are missing where the count is that of the numbers. A comparison would have no gradient.
  return { values, members: tf.sub(1, tf.relu(tf.sub(count, elementSize - 1))) };
}

/**
 * The mean `[rows, width]` over the members of what a network computed for each element, `[rows, elements, width]`; with
 * padding the share of the members comes as a last column. A set without members has the mean 0.
 */
export function setMean(outputs: tf.Tensor, members: tf.Tensor | undefined): tf.Tensor {
  const [rows, elements, width] = outputs.shape as [number, number, number];
  const weights = members ?? tf.ones([rows, 1, elements]);
  const count = tf.sum(weights, -1, true);
  const sum = tf.reshape(tf.matMul(weights, outputs), [rows, width]);
  const share = tf.reshape(count, [rows, 1]);
  const mean = tf.div(sum, tf.add(share, tf.relu(tf.sub(1, share))));
  return members === undefined ? mean : tf.concat([mean, tf.div(share, elements)], -1);
}
