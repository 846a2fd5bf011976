import type { ColumnKernels } from "../families/columns.ts";

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
