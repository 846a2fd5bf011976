/** The Cholesky factor of a covariance whose coordinates are ordered: known ones, then unknown ones. */
export interface OrderedFactor {
  readonly order: readonly number[];
  readonly factor: Float64Array;
  /** Number of known coordinates. */
  readonly known: number;
}

/** Sums over the rows of a component, whose unknown coordinates are their conditional means. */
export class NormalComponentSums {
  weight = 0;
  private readonly size: number;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private patternWeight = 0;
  private readonly whitened: Float64Array;
  private readonly filled: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.first = new Float64Array(size);
    this.second = new Float64Array(size * size);
    this.whitened = new Float64Array(size);
    this.filled = new Float64Array(size);
  }

  /**
   * Adds a row with a weight.
   *
   * @param scores `[rows, size]`. @param mean of the component.
   */
  addRow(share: number, scores: Float64Array, row: number, mean: Float64Array, ordered: OrderedFactor): void {
    const { size, filled, first, second } = this;
    this.fill(scores, row, mean, ordered);
    this.weight += share;
    this.patternWeight += share;
    for (let i = 0; i < size; i++) {
      const value = share * (filled[i] as number);
      first[i] = (first[i] as number) + value;
      const from = i * size;
      for (let j = 0; j <= i; j++) second[from + j] = (second[from + j] as number) + value * (filled[j] as number);
    }
  }

  /** Adds the conditional covariance of the unknown coordinates for all rows since the last pattern. */
  endPattern({ order, factor, known }: OrderedFactor): void {
    const { size, second } = this;
    const weight = this.patternWeight;
    this.patternWeight = 0;
    if (weight === 0) return;
    for (let i = known; i < size; i++) {
      for (let j = known; j <= i; j++) {
        let sum = 0;
        for (let t = known; t <= j; t++) sum += (factor[i * size + t] as number) * (factor[j * size + t] as number);
        const [a, b] = [order[i] as number, order[j] as number];
        const at = Math.max(a, b) * size + Math.min(a, b);
        second[at] = (second[at] as number) + weight * sum;
      }
    }
  }

  /** The mean, with one more row at 0. */
  mean(): Float64Array {
    return this.first.map((sum) => sum / (this.weight + 1));
  }

  /** The sum of squares around the mean, `[size, size]`. */
  scatter(): Float64Array {
    const { size, first, second, weight } = this;
    const mean = this.mean();
    const result = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const [a, b] = [mean[i] as number, mean[j] as number];
        const value =
          (second[i * size + j] as number) - a * (first[j] as number) - b * (first[i] as number) + weight * a * b;
        result[i * size + j] = value;
        result[j * size + i] = value;
      }
    }
    return result;
  }

  /** Known coordinates as they are, unknown ones by their conditional mean `μ + L₂₁ L₁₁⁻¹ (x − μ)`. */
  private fill(scores: Float64Array, row: number, mean: Float64Array, { order, factor, known }: OrderedFactor): void {
    const { size, whitened, filled } = this;
    for (let i = 0; i < size; i++) {
      const j = order[i] as number;
      const from = i * size;
      let sum = 0;
      for (let t = 0; t < Math.min(i, known); t++) sum += (factor[from + t] as number) * (whitened[t] as number);
      if (i < known) {
        const score = scores[row * size + j] as number;
        filled[j] = score;
        whitened[i] = (score - (mean[j] as number) - sum) / (factor[from + i] as number);
      } else {
        filled[j] = (mean[j] as number) + sum;
      }
    }
  }
}
