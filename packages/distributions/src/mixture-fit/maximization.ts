import { choleskyFactor, type MixtureNumbers } from "@pushforward/core/plain";
import type { Responsibilities } from "./responsibilities.ts";
import { BLOCK, type RowBlocks } from "./row-statistics.ts";

/** Prior of the component sizes. */
export interface Shrinkage {
  /** ν: weight of the target in rows. */
  readonly strength: number;
  /** S₀, `[d, d]`; undefined for the mean covariance within the components. */
  readonly target: Float64Array | undefined;
  /** Added to the diagonal of each covariance. */
  readonly ridge: number;
  /** Rows added to each component for its weight. */
  readonly weightRows: number;
}

/** Sums of the maximization step: in parts, so that the event loop gets its turn in between. */
export class Maximization {
  private readonly rows: RowBlocks;
  private readonly shares: Responsibilities;
  private readonly components: number;
  private readonly totals: Float64Array;
  /** Sums of shares times rows, then the means. */
  private readonly means: Float64Array;
  /** Lower triangles of the scatter about the means. */
  private readonly scatter: Float64Array;
  private readonly centered: Float64Array;

  constructor(rows: RowBlocks, shares: Responsibilities, components: number) {
    const d = rows.features;
    this.rows = rows;
    this.shares = shares;
    this.components = components;
    this.totals = new Float64Array(components);
    this.means = new Float64Array(components * d);
    this.scatter = new Float64Array((components * d * (d + 1)) / 2);
    this.centered = new Float64Array(BLOCK * d);
  }

  /** Adds blocks to the sums of the means. */
  addToMeans(from: number, to: number): void {
    const { values, features: d } = this.rows;
    const { starts, ends, component, share } = this.shares;
    const { totals, means } = this;
    for (let b = from; b < to; b++) {
      for (let e = starts[b] as number; e < (ends[b] as number); e++) {
        const k = component[e] as number;
        const r0 = share[BLOCK * e] as number;
        const r1 = share[BLOCK * e + 1] as number;
        const r2 = share[BLOCK * e + 2] as number;
        const r3 = share[BLOCK * e + 3] as number;
        totals[k] = (totals[k] as number) + (r0 + r1 + r2 + r3);
        let at = b * BLOCK * d;
        for (let m = k * d; m < (k + 1) * d; m++, at += BLOCK) {
          means[m] =
            (means[m] as number) +
            (r0 * (values[at] as number) +
              r1 * (values[at + 1] as number) +
              r2 * (values[at + 2] as number) +
              r3 * (values[at + 3] as number));
        }
      }
    }
  }

  /** Divides the sums; a component without rows is unchanged. */
  finishMeans(before: Float64Array): void {
    const { features: d } = this.rows;
    for (let k = 0; k < this.components; k++) {
      const total = this.totals[k] as number;
      for (let m = k * d; m < (k + 1) * d; m++) {
        this.means[m] = total > 0 ? (this.means[m] as number) / total : (before[m] as number);
      }
    }
  }

  /** Adds blocks to the scatter about the final means, which avoids cancellation. */
  addToScatter(from: number, to: number): void {
    const { values, features: d } = this.rows;
    const { starts, ends, component, share } = this.shares;
    const { means, scatter, centered } = this;
    const triangle = (d * (d + 1)) / 2;
    for (let b = from; b < to; b++) {
      for (let e = starts[b] as number; e < (ends[b] as number); e++) {
        const k = component[e] as number;
        const r0 = share[BLOCK * e] as number;
        const r1 = share[BLOCK * e + 1] as number;
        const r2 = share[BLOCK * e + 2] as number;
        const r3 = share[BLOCK * e + 3] as number;
        let at = b * BLOCK * d;
        let s = k * triangle;
        let i = 0;
        // Two rows of the triangle at a time: each number that is read serves both.
        for (; i + 1 < d; i += 2) {
          const mean = means[k * d + i] as number;
          const next = means[k * d + i + 1] as number;
          const x0 = (values[at] as number) - mean;
          const x1 = (values[at + 1] as number) - mean;
          const x2 = (values[at + 2] as number) - mean;
          const x3 = (values[at + 3] as number) - mean;
          const v0 = (values[at + 4] as number) - next;
          const v1 = (values[at + 5] as number) - next;
          const v2 = (values[at + 6] as number) - next;
          const v3 = (values[at + 7] as number) - next;
          at += 2 * BLOCK;
          const width = BLOCK * i;
          centered[width] = x0;
          centered[width + 1] = x1;
          centered[width + 2] = x2;
          centered[width + 3] = x3;
          centered[width + 4] = v0;
          centered[width + 5] = v1;
          centered[width + 6] = v2;
          centered[width + 7] = v3;
          const a0 = r0 * x0;
          const a1 = r1 * x1;
          const a2 = r2 * x2;
          const a3 = r3 * x3;
          const c0 = r0 * v0;
          const c1 = r1 * v1;
          const c2 = r2 * v2;
          const c3 = r3 * v3;
          let u = s + i + 1;
          for (let j = 0; j <= width; j += BLOCK) {
            const y0 = centered[j] as number;
            const y1 = centered[j + 1] as number;
            const y2 = centered[j + 2] as number;
            const y3 = centered[j + 3] as number;
            scatter[s] = (scatter[s] as number) + (a0 * y0 + a1 * y1 + a2 * y2 + a3 * y3);
            scatter[u] = (scatter[u] as number) + (c0 * y0 + c1 * y1 + c2 * y2 + c3 * y3);
            s++;
            u++;
          }
          scatter[u] = (scatter[u] as number) + (c0 * v0 + c1 * v1 + c2 * v2 + c3 * v3);
          s = u + 1;
        }
        if (i === d) continue;
        const mean = means[k * d + i] as number;
        const width = BLOCK * i;
        const x0 = (values[at] as number) - mean;
        const x1 = (values[at + 1] as number) - mean;
        const x2 = (values[at + 2] as number) - mean;
        const x3 = (values[at + 3] as number) - mean;
        for (let j = 0; j < width; j += BLOCK) {
          scatter[s] =
            (scatter[s] as number) +
            (r0 * x0 * (centered[j] as number) +
              r1 * x1 * (centered[j + 1] as number) +
              r2 * x2 * (centered[j + 2] as number) +
              r3 * x3 * (centered[j + 3] as number));
          s++;
        }
        scatter[s] = (scatter[s] as number) + (r0 * x0 * x0 + r1 * x1 * x1 + r2 * x2 * x2 + r3 * x3 * x3);
      }
    }
  }

  /** `Sₖ = (scatterₖ + ν S₀) / (Nₖ + ν) + ridge I`, `wₖ = (Nₖ + a) / (n + a K)`. */
  finish(where: string, { strength, target: fixed, ridge, weightRows }: Shrinkage): MixtureNumbers {
    const { features: d, rows: n } = this.rows;
    const { components, totals, means, scatter } = this;
    const target = fixed ?? this.pooled();
    const weights = totals.map((total) => (total + weightRows) / (n + weightRows * components));
    const scaleTrils = new Float64Array(components * d * d);
    const covariance = new Float64Array(d * d);
    let s = 0;
    for (let k = 0; k < components; k++) {
      const rows = (totals[k] as number) + strength;
      for (let i = 0; i < d; i++) {
        for (let j = 0; j <= i; j++) {
          const wanted = target[i * d + j] as number;
          // Without rows and without strength there is only the target.
          const mean = rows > 0 ? ((scatter[s] as number) + strength * wanted) / rows : wanted;
          const value = i === j ? mean + ridge : mean;
          covariance[i * d + j] = value;
          covariance[j * d + i] = value;
          s++;
        }
      }
      scaleTrils.set(choleskyFactor(where, covariance, d), k * d * d);
    }
    return { components, features: d, weights, means, scaleTrils };
  }

  /** The mean covariance within the components, `[d, d]`. */
  private pooled(): Float64Array {
    const { features: d, rows: n } = this.rows;
    const result = new Float64Array(d * d);
    let s = 0;
    for (let k = 0; k < this.components; k++) {
      for (let i = 0; i < d; i++) {
        for (let j = 0; j <= i; j++)
          result[i * d + j] = (result[i * d + j] as number) + (this.scatter[s++] as number) / n;
      }
    }
    return result;
  }
}
