import { type HostRows, invertLower, type MixtureNumbers } from "@pushforward/core/plain";

/** Means and scales of columns; a mixture is fitted in units in which they are 0 and 1. */
export interface ColumnScaling {
  readonly means: Float64Array;
  /** Population standard deviations, 1 for a column that is constant up to rounding. */
  readonly scales: Float64Array;
}

// A standard deviation below this part of the largest number of its column is rounding.
const CONSTANT = 1e-12;

/** The scaling to mean 0 and standard deviation 1 per column. */
export function columnScaling({ rows, columns, data }: HostRows): ColumnScaling {
  const means = new Float64Array(columns);
  const squares = new Float64Array(columns);
  const largest = new Float64Array(columns);
  // Divided first: a sum of large numbers could overflow.
  for (let i = 0; i < data.length; i++) {
    const j = i % columns;
    const value = data[i] as number;
    means[j] = (means[j] as number) + value / rows;
    largest[j] = Math.max(largest[j] as number, Math.abs(value));
  }
  for (let i = 0; i < data.length; i++) {
    const j = i % columns;
    // In units of the largest number, whose square could overflow.
    const difference = ((data[i] as number) - (means[j] as number)) / ((largest[j] as number) || 1);
    squares[j] = (squares[j] as number) + (difference * difference) / rows;
  }
  const scales = squares.map((square, j) => {
    const relative = Math.sqrt(square);
    return relative > CONSTANT ? relative * (largest[j] as number) : 1;
  });
  return { means, scales };
}

/** The rows in units of the scaling. */
export function scaleRows(table: HostRows, { means, scales }: ColumnScaling): HostRows {
  const { columns } = table;
  const data = table.data.map((value, i) => {
    const j = i % columns;
    return (value - (means[j] as number)) / (scales[j] as number);
  });
  return { ...table, data };
}

/** A mixture of scaled rows in the units of the rows themselves. */
export function unscaleMixture(mixture: MixtureNumbers, { means, scales }: ColumnScaling): MixtureNumbers {
  const { components, features: d, weights } = mixture;
  return {
    components,
    features: d,
    weights,
    means: mixture.means.map((value, i) => (means[i % d] as number) + value * (scales[i % d] as number)),
    scaleTrils: mixture.scaleTrils.map((value, i) => value * (scales[Math.floor(i / d) % d] as number)),
  };
}

/** `Σ ln scale` of the columns from `first` on: the decrease of log-densities in the original units. */
export function logScale({ scales }: ColumnScaling, first: number): number {
  let sum = 0;
  for (let j = first; j < scales.length; j++) sum += Math.log(scales[j] as number);
  return sum;
}

/** Sum of `(x − mean)(x − mean)ᵀ` over rows, about their own mean: `[d, d]`. */
export function scatterMatrix({ rows, columns: d, data }: HostRows): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < data.length; i++) mean[i % d] = (mean[i % d] as number) + (data[i] as number) / rows;
  const scatter = new Float64Array(d * d);
  const centered = new Float64Array(d);
  for (let row = 0; row < data.length; row += d) {
    for (let i = 0; i < d; i++) {
      const difference = (data[row + i] as number) - (mean[i] as number);
      centered[i] = difference;
      for (let j = 0; j <= i; j++) {
        scatter[i * d + j] = (scatter[i * d + j] as number) + difference * (centered[j] as number);
      }
    }
  }
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) scatter[j * d + i] = scatter[i * d + j] as number;
  }
  return scatter;
}

/** Rows of a block; loops over a block are written out for this number, so that four sums grow side by side. */
export const BLOCK: number = 4;

/** Rows packed in blocks of four, with the four values of a column contiguous: `values[block, column, 4]`. */
export interface RowBlocks {
  readonly rows: number;
  readonly features: number;
  readonly blocks: number;
  /** The last block is filled up with copies of its last row. */
  readonly values: Float64Array;
}

/** The blocks of the rows `order` of a row-major matrix. */
export function packRows(matrix: Float64Array, features: number, order: Int32Array): RowBlocks {
  const rows = order.length;
  const blocks = Math.ceil(rows / BLOCK);
  const values = new Float64Array(blocks * features * BLOCK);
  for (let slot = 0; slot < blocks * BLOCK; slot++) {
    const from = (order[Math.min(slot, rows - 1)] as number) * features;
    const to = Math.floor(slot / BLOCK) * features * BLOCK + (slot % BLOCK);
    for (let j = 0; j < features; j++) values[to + j * BLOCK] = matrix[from + j] as number;
  }
  return { rows, features, blocks, values };
}

/** The blocks of all rows of a table, in their order. */
export function packAllRows({ rows, columns, data }: HostRows): RowBlocks {
  return packRows(
    data,
    columns,
    Int32Array.from({ length: rows }, (_, i) => i),
  );
}

/** The positions 0 … n − 1 by ascending label, stable: a counting sort. */
export function orderByLabel(labels: Int32Array, labelCount: number): Int32Array {
  const starts = new Int32Array(labelCount + 1);
  for (const label of labels) starts[label + 1] = (starts[label + 1] as number) + 1;
  for (let k = 0; k < labelCount; k++) starts[k + 1] = (starts[k + 1] as number) + (starts[k] as number);
  const order = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    order[starts[label] as number] = i;
    starts[label] = (starts[label] as number) + 1;
  }
  return order;
}

/** A mixture as its density is computed: `ln wₖ N(x; mₖ, LₖLₖᵀ) = constantₖ − ½ |Wₖ (x − mₖ)|²` with W = L⁻¹. */
export interface WhitenedMixture {
  readonly components: number;
  readonly features: number;
  readonly constants: Float64Array;
  readonly means: Float64Array;
  /** The rows of the lower triangle of each W, one after the other: `[K, d (d + 1) / 2]`. */
  readonly whitening: Float64Array;
}

/** The whitened form of a mixture. */
export function whitenMixture(mixture: MixtureNumbers): WhitenedMixture {
  const { components, features: d, weights, means, scaleTrils } = mixture;
  const constants = new Float64Array(components);
  const whitening = new Float64Array((components * d * (d + 1)) / 2);
  let at = 0;
  for (let k = 0; k < components; k++) {
    const inverse = invertLower(scaleTrils.subarray(k * d * d, (k + 1) * d * d), d);
    let constant = Math.log(weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
    for (let i = 0; i < d; i++) {
      constant += Math.log(inverse[i * d + i] as number);
      for (let j = 0; j <= i; j++) whitening[at++] = inverse[i * d + j] as number;
    }
    constants[k] = constant;
  }
  return { components, features: d, constants, means, whitening };
}

/** The marginal mixture of the first columns. */
export function leadingColumns(mixture: MixtureNumbers, columns: number): MixtureNumbers {
  const { components, features: d, weights, means, scaleTrils } = mixture;
  const result = {
    components,
    features: columns,
    weights,
    means: new Float64Array(components * columns),
    scaleTrils: new Float64Array(components * columns * columns),
  };
  for (let k = 0; k < components; k++) {
    for (let i = 0; i < columns; i++) {
      result.means[k * columns + i] = means[k * d + i] as number;
      for (let j = 0; j <= i; j++) {
        result.scaleTrils[(k * columns + i) * columns + j] = scaleTrils[(k * d + i) * d + j] as number;
      }
    }
  }
  return result;
}
