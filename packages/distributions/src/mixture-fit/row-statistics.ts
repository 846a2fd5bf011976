import type { HostRows, MixtureNumbers } from "@pushforward/core/plain";

/** Means and scales of columns; a mixture is fitted in units in which they are 0 and 1. */
export interface ColumnScaling {
  readonly means: Float64Array;
  /** Population standard deviations, 1 for a column that is constant up to rounding. */
  readonly scales: Float64Array;
}

// A standard deviation below this part of the largest number of its column is rounding.
const CONSTANT = 1e-12;

/** The scaling that gives the columns of a table mean 0 and standard deviation 1. */
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

/** `Σ ln scale` of the columns from `first` on: by how much densities fall when the units of the rows come back. */
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
