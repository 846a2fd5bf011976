import type { MixtureNumbers } from "./mixture-numbers.ts";
import type { HostRows } from "./rows-like.ts";

/** Means and scales of columns; a mixture is fitted in units in which they are 0 and 1. */
export interface ColumnScaling {
  readonly means: Float64Array;
  /** Population standard deviations, 1 for a column that is constant up to rounding. */
  readonly scales: Float64Array;
}

// A standard deviation below this part of the largest number of its column is rounding.
const CONSTANT = 1e-12;

/** The scaling that gives the columns of a table mean 0 and standard deviation 1. */
export function columnScaling({ rows, features, values }: HostRows): ColumnScaling {
  const means = new Float64Array(features);
  const squares = new Float64Array(features);
  const largest = new Float64Array(features);
  // Divided first: a sum of large numbers could overflow.
  for (let i = 0; i < values.length; i++) {
    const j = i % features;
    const value = values[i] as number;
    means[j] = (means[j] as number) + value / rows;
    largest[j] = Math.max(largest[j] as number, Math.abs(value));
  }
  for (let i = 0; i < values.length; i++) {
    const j = i % features;
    // In units of the largest number, whose square could overflow.
    const difference = ((values[i] as number) - (means[j] as number)) / ((largest[j] as number) || 1);
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
  const { features } = table;
  const values = table.values.map((value, i) => {
    const j = i % features;
    return (value - (means[j] as number)) / (scales[j] as number);
  });
  return { ...table, values };
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
export function scatterMatrix({ rows, features: d, values }: HostRows): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < values.length; i++) mean[i % d] = (mean[i % d] as number) + (values[i] as number) / rows;
  const scatter = new Float64Array(d * d);
  const centred = new Float64Array(d);
  for (let row = 0; row < values.length; row += d) {
    for (let i = 0; i < d; i++) {
      const difference = (values[row + i] as number) - (mean[i] as number);
      centred[i] = difference;
      for (let j = 0; j <= i; j++) {
        scatter[i * d + j] = (scatter[i * d + j] as number) + difference * (centred[j] as number);
      }
    }
  }
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) scatter[j * d + i] = scatter[i * d + j] as number;
  }
  return scatter;
}
