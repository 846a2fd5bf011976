import type { Kernels } from "../contract/kernels.ts";

/** A copy of a part of a matrix in TypeScript. */
export const scalarCopyPart: Pick<Kernels, "copyPart"> = {
  copyPart(from, to, { rows, columns, fromStart = 0, fromStride, toStart = 0, toStride }, accumulate = false) {
    for (let row = 0; row < rows; row++) {
      const [i, o] = [fromStart + row * fromStride, toStart + row * toStride];
      for (let j = 0; j < columns; j++) {
        const value = from[i + j] as number;
        to[o + j] = accumulate ? (to[o + j] as number) + value : value;
      }
    }
  },
};
