import {
  type ActivationKernels,
  type ArithmeticKernels,
  type ColumnKernels,
  type DropoutKernels,
  dropoutValues,
  type Nonlinearity,
} from "../families/arrays.ts";
import { sigmoid } from "./functions.ts";

/** Sums and products of arrays in TypeScript. */
export const scalarArithmetic: ArithmeticKernels = {
  add(values, to) {
    for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (values[i] as number);
  },

  multiply(values, factors, to) {
    for (let i = 0; i < to.length; i++) to[i] = (values[i] as number) * (factors[i] as number);
  },
};

/** Columns, rows and sums of matrices in TypeScript. */
export const scalarColumns: ColumnKernels = {
  copyPart(from, to, { rows, columns, fromStart = 0, fromStride, toStart = 0, toStride }, accumulate = false) {
    for (let row = 0; row < rows; row++) {
      const [i, o] = [fromStart + row * fromStride, toStart + row * toStride];
      for (let j = 0; j < columns; j++) {
        const value = from[i + j] as number;
        to[o + j] = accumulate ? (to[o + j] as number) + value : value;
      }
    }
  },

  gatherColumns(from, columns, to) {
    const rows = to.length / columns.length;
    const width = from.length / rows;
    for (let r = 0, at = 0; r < rows; r++) {
      for (let k = 0; k < columns.length; k++) to[at++] = from[r * width + (columns[k] as number)] as number;
    }
  },

  scatterColumns(from, columns, to, width, accumulate) {
    for (let first = 0, at = 0; first < to.length; first += width) {
      for (let k = 0; k < columns.length; k++, at++) {
        const i = first + (columns[k] as number);
        to[i] = (from === undefined ? 0 : (from[at] as number)) + (accumulate ? (to[i] as number) : 0);
      }
    }
  },

  sumColumns(matrices, to) {
    for (let r = 0; r < to.length; r++) {
      let sum = 0;
      for (const matrix of matrices) {
        const width = matrix.length / to.length;
        for (let k = 0; k < width; k++) sum += matrix[r * width + k] as number;
      }
      to[r] = sum;
    }
  },

  spreadColumns(from, to) {
    const width = to.length / from.length;
    for (let r = 0; r < from.length; r++) to.fill(from[r] as number, r * width, (r + 1) * width);
  },

  sumRows(from, to) {
    for (let k = 0; k < to.length; k++) {
      let sum = 0;
      for (let i = k; i < from.length; i += to.length) sum += from[i] as number;
      to[k] = sum;
    }
  },

  repeatRow(row, to) {
    to.set(row);
    for (let known = row.length; known < to.length; known *= 2) to.copyWithin(known, 0, known);
  },

  subtractRow(from, row, to) {
    for (let i = 0, j = 0; i < from.length; i++, j++) {
      if (j === row.length) j = 0;
      to[i] = (from[i] as number) - (row[j] as number);
    }
  },

  copy(from, to) {
    to.set(from);
  },

  clear(to) {
    to.fill(0);
  },
};

interface ActivationFunctions {
  readonly value: (z: number) => number;
  /** From the value, for silu from its input. */
  readonly derivative: (saved: number) => number;
}

const functions: Readonly<Record<Nonlinearity, ActivationFunctions>> = {
  relu: { value: (z) => Math.max(z, 0), derivative: (h) => (h > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, derivative: (h) => 1 - h * h },
  elu: { value: (z) => (z > 0 ? z : Math.expm1(z)), derivative: (h) => (h > 0 ? 1 : h + 1) },
  silu: {
    value: (z) => z / (1 + Math.exp(-z)),
    derivative: (z) => {
      const s = sigmoid(z);
      return s * (1 + z * (1 - s));
    },
  },
  sigmoid: { value: sigmoid, derivative: (h) => h * (1 - h) },
};

/** The activations in TypeScript. */
export const scalarActivation: ActivationKernels = {
  activate(z, h, activation) {
    const { value } = functions[activation];
    for (let i = 0; i < h.length; i++) h[i] = value(z[i] as number);
  },

  activateGradient(saved, dh, dz, activation, accumulate = false) {
    const { derivative } = functions[activation];
    for (let i = 0; i < dz.length; i++) {
      const d = (dh[i] as number) * derivative(saved[i] as number);
      dz[i] = accumulate ? d + (dz[i] as number) : d;
    }
  },
};

/** The masks of dropout in TypeScript. */
export const scalarDropout: DropoutKernels = {
  dropoutMask(k0, k1, firstBlock, rate, out) {
    const { limit, kept } = dropoutValues(rate);
    const words = new Uint32Array(2);
    for (let i = 0; i < out.length; i++) {
      if (i % 4 === 0) threefryBlock(k0, k1, firstBlock + (i >> 2), words);
      const word = words[(i >> 1) % 2] as number;
      out[i] = (i % 2 === 0 ? word & 0xffff : word >>> 16) < limit ? 0 : kept;
    }
  },
};

/** The two words of the block (counter, 0) of a key: threefry2x32 with 20 rounds (Salmon et al. 2011). */
function threefryBlock(k0: number, k1: number, counter: number, words: Uint32Array): void {
  let [next, afterNext, last] = [k1, k0 ^ k1 ^ 0x1bd11bda, k0];
  let x = (counter + k0) | 0;
  let y = k1;
  for (let group = 1; group <= 5; group++) {
    const isOdd = group % 2 === 1;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 13 : 17) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 15 : 29) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 26 : 16) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 6 : 24) ^ x;
    x = (x + next) | 0;
    y = (y + afterNext + group) | 0;
    [next, afterNext, last] = [afterNext, last, next];
  }
  words[0] = x;
  words[1] = y;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
