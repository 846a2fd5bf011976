import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { transposed } from "../linear-algebra/matrix-stack.ts";
import { sumToShape } from "./broadcast-indices.ts";

// tfjs-core has no gradient for these and throws when one of their inputs is differentiated.
const STEPWISE: Readonly<Record<string, readonly string[]>> = {
  All: ["x"],
  Any: ["x"],
  Equal: ["a", "b"],
  Greater: ["a", "b"],
  GreaterEqual: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalNot: ["x"],
  LogicalOr: ["a", "b"],
  LogicalXor: ["a", "b"],
  NotEqual: ["a", "b"],
};

function zeroGradient(kernelName: string, inputs: readonly string[]): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputs],
    gradFunc: (_dy, saved) =>
      Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros((saved[i] as tf.Tensor).shape)])),
  };
}

// That of tfjs-core does not sum over batch axes that were broadcast. Transposes are explicit: see batchMatMulKernel.
const batchMatMul: tf.GradConfig = {
  kernelName: "BatchMatMul",
  inputsToSave: ["a", "b"],
  gradFunc: (dy, saved, attributes) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const { transposeA, transposeB } = attributes as { transposeA?: boolean; transposeB?: boolean };
    const dOut = dy as tf.Tensor;
    return {
      a: () => {
        const right = transposeB ? b : transposed(b);
        const gradient = transposeA ? tf.matMul(transposed(right), transposed(dOut)) : tf.matMul(dOut, right);
        return sumToShape(gradient, a.shape);
      },
      b: () => {
        // One right-hand side for a whole batch: the batch becomes more rows of a single product.
        if (!transposeA && b.rank === 2 && a.rank > 2) {
          const rows = transposed(tf.reshape(a, [-1, a.shape[a.rank - 1] as number]));
          const gradient = tf.matMul(rows, tf.reshape(dOut, [-1, dOut.shape[dOut.rank - 1] as number]));
          return transposeB ? transposed(gradient) : gradient;
        }
        const left = transposeA ? a : transposed(a);
        const gradient = transposeB ? tf.matMul(transposed(dOut), transposed(left)) : tf.matMul(left, dOut);
        return sumToShape(gradient, b.shape);
      },
    };
  },
};

// Those of tfjs-core do not sum over axes that were broadcast. Of equal numbers the first gets the whole gradient.
function ofTheChosen(kernelName: string, choose: typeof tf.greaterEqual): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["a", "b"],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const isFirst = (): tf.Tensor => tf.cast(choose(a, b), "float32");
      return {
        a: () => sumToShape(tf.mul(dy as tf.Tensor, isFirst()), a.shape),
        b: () => sumToShape(tf.mul(dy as tf.Tensor, tf.sub(1, isFirst())), b.shape),
      };
    },
  };
}

// That of tfjs-core transposes the gradient of every axis but the last.
const cumsum: tf.GradConfig = {
  kernelName: "Cumsum",
  gradFunc: (dy, _saved, attributes) => {
    const { axis, exclusive, reverse } = attributes as { axis?: number; exclusive?: boolean; reverse?: boolean };
    return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
  },
};

// That of tfjs-core needs tensors with methods, for batch axes, and reads a negative axis as it stands.
const gather: tf.GradConfig = {
  kernelName: "GatherV2",
  inputsToSave: ["x", "indices"],
  gradFunc: (dy, saved, attributes) => {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor];
    const { axis, batchDims } = attributes as { axis?: number; batchDims?: number };
    const at = tf.util.parseAxisParam(axis ?? 0, x.shape)[0] as number;
    const batch = batchDims ?? 0;
    return {
      x: () => {
        const batchSize = sizeOf(x.shape.slice(0, batch));
        const outer = sizeOf(x.shape.slice(batch, at));
        const size = x.shape[at] as number;
        const slice = sizeOf(x.shape.slice(at + 1));
        const count = indices.size / batchSize;
        const chosen = indices.dataSync();
        const segments = Int32Array.from({ length: batchSize * outer * count }, (_, i) => {
          const block = Math.floor(i / count);
          return block * size + (chosen[Math.floor(block / outer) * count + (i % count)] as number);
        });
        const values = tf.reshape(dy as tf.Tensor, [segments.length, slice]);
        return tf.reshape(
          tf.unsortedSegmentSum(values, tf.tensor1d(segments, "int32"), batchSize * outer * size),
          x.shape,
        );
      },
      indices: () => tf.zeros(indices.shape),
    };
  },
};

// That of tfjs-core needs tensors with methods. ∂Πx/∂xᵢ is the product of the others, so zeros among x are no problem.
const prod: tf.GradConfig = {
  kernelName: "Prod",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attributes) => {
    const [x] = saved as [tf.Tensor];
    const { axis } = attributes as { axis?: number | number[] };
    const axes = tf.util.parseAxisParam(axis ?? [...x.shape.keys()], x.shape);
    return {
      x: () => {
        const kept = [...x.shape.keys()].filter((i) => !axes.includes(i));
        const order = [...kept, ...axes];
        const moved = tf.transpose(x, order);
        const rows = tf.reshape(moved, [-1, sizeOf(axes.map((i) => x.shape[i] as number))]);
        const others = tf.mul(tf.cumprod(rows, 1, true, false), tf.cumprod(rows, 1, true, true));
        const gradient = tf.mul(tf.reshape(dy as tf.Tensor, [-1, 1]), others);
        return tf.transpose(
          tf.reshape(gradient, moved.shape),
          [...order.keys()].map((i) => order.indexOf(i)),
        );
      },
    };
  },
};

// That of tfjs-core stops at four axes.
const tile: tf.GradConfig = {
  kernelName: "Tile",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attributes) => {
    const [x] = saved as [tf.Tensor];
    const { reps } = attributes as { reps?: readonly number[] };
    return {
      x: () => {
        let sum = dy as tf.Tensor;
        let shape = sum.shape;
        for (const [axis, count] of (reps ?? []).entries()) {
          if (count === 1) continue;
          const size = x.shape[axis] as number;
          const after = sizeOf(shape.slice(axis + 1));
          shape = shape.with(axis, size);
          sum = tf.sum(tf.reshape(sum, [-1, count, size * after]), 1);
        }
        return tf.reshape(sum, x.shape);
      },
    };
  },
};

/**
 * Gradients that replace or complete the gradients of tfjs-core. Register each in place of the gradient with the same
 * name; `useBackend` of `@pushforward/backend` does this.
 */
export const gradientOverrides: readonly tf.GradConfig[] = [
  ...Object.entries(STEPWISE).map(([name, inputs]) => zeroGradient(name, inputs)),
  batchMatMul,
  cumsum,
  gather,
  ofTheChosen("Maximum", tf.greaterEqual),
  ofTheChosen("Minimum", tf.lessEqual),
  prod,
  tile,
];
