/** The parameters of the normals of a mixture, in float64. */
export interface NormalComponents {
  /** Number of components. */
  readonly count: number;
  /** Dimension. */
  readonly size: number;
  /** `[components, size]`. */
  readonly means: Float64Array;
  /** `[components, size, size]`. */
  readonly covariances: Float64Array;
  /** For each coordinate the variance of its values within their intervals, which no other coordinate explains. */
  readonly noise: Float64Array;
}

/** A coordinate after earlier coordinates: how its normal depends on the earlier coordinates, in each component. */
export interface FactorNode {
  readonly coordinate: number;
  /** Number of coordinates before it. */
  readonly depth: number;
  /** `[components, depth]`: the row of the Cholesky factor left of the diagonal. */
  readonly row: Float64Array;
  /** The diagonal of the factor, for each component: the deviation given the coordinates before it. */
  readonly deviations: Float64Array;
  /** The deviation with the noise of the coordinate, and its logarithm. */
  readonly spreads: Float64Array;
  readonly logSpreads: Float64Array;
  readonly next: Map<number, FactorNode>;
}

/** Numbers that are remembered at most. */
const MOST_NUMBERS = 4e6;
/** Minimum share of the variance of a coordinate after the other coordinates are known: below it rounding decides. */
const LEAST_SHARE = 1e-9;

/**
 * Cholesky factors of the covariances of any coordinates in any order, row by row. Orders with a common prefix share
 * rows, so that rows of a table with missing cells in the same columns cost one factorization.
 */
export class FactorTree {
  readonly components: NormalComponents;
  private root = new Map<number, FactorNode>();
  private numbers = 0;

  constructor(components: NormalComponents) {
    this.components = components;
  }

  /** Returns the node of a coordinate after a path from the root. */
  next(path: readonly FactorNode[], coordinate: number): FactorNode {
    const siblings = path.at(-1)?.next ?? this.root;
    const known = siblings.get(coordinate);
    if (known !== undefined) return known;
    const node = this.compute(path, coordinate);
    this.numbers += node.row.length + 3 * node.deviations.length;
    if (this.numbers > MOST_NUMBERS) {
      // Paths that are in use keep their nodes; others are made anew.
      this.root = new Map();
      this.numbers = 0;
    }
    siblings.set(coordinate, node);
    return node;
  }

  private compute(path: readonly FactorNode[], coordinate: number): FactorNode {
    const { count, size, covariances, noise } = this.components;
    const depth = path.length;
    const row = new Float64Array(count * depth);
    const deviations = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      const from = k * size * size + coordinate * size;
      const own = row.subarray(k * depth, (k + 1) * depth);
      const variance = covariances[from + coordinate] as number;
      let left = variance;
      for (let i = 0; i < depth; i++) {
        const { coordinate: other, row: above, deviations: pivots } = path[i] as FactorNode;
        let sum = covariances[from + other] as number;
        const start = k * i;
        for (let j = 0; j < i; j++) sum -= (own[j] as number) * (above[start + j] as number);
        const value = sum / (pivots[k] as number);
        own[i] = value;
        left -= value * value;
      }
      deviations[k] = Math.sqrt(Math.max(left, LEAST_SHARE * variance, Number.MIN_VALUE));
    }
    const spreads = deviations.map((deviation) => Math.sqrt(deviation * deviation + (noise[coordinate] as number)));
    return { coordinate, depth, row, deviations, spreads, logSpreads: spreads.map(Math.log), next: new Map() };
  }
}
