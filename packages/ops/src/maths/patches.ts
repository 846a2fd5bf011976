import * as tf from "@tensorflow/tfjs-core";

/**
 * The neighborhood of each pixel, concatenated along the channels. A convolution with `size × size` kernels multiplies
 * these values by its weights. Outside of the image the values are zero. With s the half of `size − 1`,
 * `y[…, i, j, (a·size + b)·channels + c] = x[…, i + a − s, j + b − s, c]`.
 *
 * @param x images `[...batch, height, width, channels]`.
 * @param size an odd number.
 * @example
 * patches(tf.ones([5, 8, 8, 2]), 3); // → shape [5, 8, 8, 18]
 */
export function patches(x: tf.Tensor, size: number): tf.Tensor {
  return onImages(x, (images) => gather(images, size, false));
}

/**
 * Sums the values that pixels contribute to their neighbors, `y[…, i, j, c] = Σ_{a, b} x[…, i + a − s, j + b − s,
 * (a·size + b)·channels + c]`. The product of each pixel with the weights of a convolution, summed by this function, is
 * the convolution. This is cheaper than {@link patches} if a layer has fewer outputs than inputs.
 *
 * @param x `[...batch, height, width, size²·channels]`.
 * @param size an odd number.
 * @example
 * sumPatches(tf.ones([5, 8, 8, 18]), 3); // → shape [5, 8, 8, 2]
 */
export function sumPatches(x: tf.Tensor, size: number): tf.Tensor {
  return onImages(x, (images) => scatter(images, size, false));
}

function onImages(x: tf.Tensor, map: (images: tf.Tensor4D) => tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const event = x.shape.slice(x.rank - 3) as [number, number, number];
    const y = map(tf.reshape(x, [-1, ...event]));
    return tf.reshape(y, [...x.shape.slice(0, x.rank - 3), ...y.shape.slice(1)]);
  });
}

// Both are convolutions with ones and zeros, for which every backend has a kernel that is faster than slices. The gradient
// of each is the other one with the neighbors in reverse order; that of a convolution needs a kernel that wasm has not.
function gather(x: tf.Tensor4D, size: number, reversed: boolean): tf.Tensor4D {
  const channels = x.shape[3];
  const run = tf.customGrad((images) => ({
    value: tf.conv2d(images as tf.Tensor4D, neighbors(size, channels, reversed, false), 1, "same"),
    gradFunc: (dy: tf.Tensor) => scatter(dy as tf.Tensor4D, size, !reversed),
  }));
  return run(x) as tf.Tensor4D;
}

function scatter(x: tf.Tensor4D, size: number, reversed: boolean): tf.Tensor4D {
  const channels = x.shape[3] / size ** 2;
  const run = tf.customGrad((images) => ({
    value: tf.conv2d(images as tf.Tensor4D, neighbors(size, channels, reversed, true), 1, "same"),
    gradFunc: (dy: tf.Tensor) => gather(dy as tf.Tensor4D, size, !reversed),
  }));
  return run(x) as tf.Tensor4D;
}

/** The kernel `[size, size, channels, size²·channels]`, or with its last axes exchanged. */
function neighbors(size: number, channels: number, reversed: boolean, exchanged: boolean): tf.Tensor4D {
  const places = size ** 2;
  const values = new Float32Array(places * channels * places * channels);
  for (let place = 0; place < places; place++) {
    const from = reversed ? places - 1 - place : place;
    for (let c = 0; c < channels; c++) {
      const wide = place * channels + c;
      const row = from * channels * places * channels;
      values[row + (exchanged ? wide * channels + c : c * places * channels + wide)] = 1;
    }
  }
  const shape: [number, number] = exchanged ? [places * channels, channels] : [channels, places * channels];
  return tf.tensor4d(values, [size, size, ...shape]);
}
