import { logSumExp } from "@pushforward/core/plain";
import { lowerFactor } from "@pushforward/distributions/extend";
import type { LaidOutColumn, MixtureLayout } from "./mixture-layout.ts";
import type { NormalData, RowPattern } from "./normal-data.ts";
import { NormalComponentSums } from "./normal-mixture.ts";
import type { NormalParameters } from "./normal-rows.ts";

/** Shrinkage of the parameters of a component, in rows. */
export interface NormalPriors {
  /** Covariances to the pooled one. */
  readonly pooled: number;
  /** The pooled covariance to its diagonal. */
  readonly diagonal: number;
  /** Tables to the frequencies of all rows. */
  readonly tables: number;
}

/** Of the variance of a standard normal, so that a covariance has a factor. */
const RIDGE = 1e-4;

/**
 * Expectation–maximization for a mixture of normals and tables with unknown cells (Ghahramani and Jordan 1994): unknown
 * coordinates enter by their conditional means and covariances. Each covariance is drawn to the pooled one.
 */
export class NormalEm {
  private readonly layout: MixtureLayout;
  private readonly data: NormalData;
  private readonly priors: NormalPriors;
  private readonly tabled: readonly LaidOutColumn[];
  private readonly logMarginals: Float64Array;
  parameters: NormalParameters;
  /** Counts of codes by component in the last iteration. */
  private counts: Float64Array | undefined;

  constructor(layout: MixtureLayout, data: NormalData, priors: NormalPriors) {
    this.layout = layout;
    this.data = data;
    this.priors = priors;
    this.tabled = layout.columns.filter(({ tableCodes }) => tableCodes > 0);
    this.logMarginals = this.marginals();
    this.parameters = this.independent();
  }

  /** Centers components at some rows, with the covariance of a mixture of one component. */
  startAt(rows: readonly number[], { means, covariances, noise }: NormalParameters): void {
    const { size } = this.layout;
    const { scores } = this.data;
    const count = rows.length;
    const logTables = this.spread(count);
    for (const [k, row] of rows.entries()) {
      for (const [t, { tableFrom, tableCodes }] of this.tabled.entries()) {
        const code = this.data.codes[t]?.[row] as number;
        for (let c = 0; c < tableCodes && code >= 0; c++) {
          const at = (tableFrom + c) * count + k;
          logTables[at] = Math.log(0.5 * Math.exp(logTables[at] as number) + (c === code ? 0.5 : 0));
        }
      }
    }
    this.parameters = {
      ...{ count, size, noise, logTables },
      logWeights: new Float64Array(count).fill(-Math.log(count)),
      means: Float64Array.from({ length: count * size }, (_, at) => {
        const score = scores[(rows[Math.floor(at / size)] as number) * size + (at % size)] as number;
        return Number.isNaN(score) ? (means[at % size] as number) : score;
      }),
      covariances: Float64Array.from(
        { length: count * size * size },
        (_, at) => covariances[at % (size * size)] as number,
      ),
    };
  }

  /** One iteration; returns the mean log-density of the rows before it, with real numbers for intervals. */
  *iterate(): Generator<void, number, void> {
    const { count, size, covariances, noise } = this.parameters;
    const sums = Array.from({ length: count }, () => new NormalComponentSums(size));
    const tables = new Float64Array(this.layout.codes * count);
    let logProb = 0;
    for (const pattern of this.data.patterns) {
      const order = [...pattern.known, ...pattern.unknown];
      const known = pattern.known.length;
      const factors = sums.map((_, k) => lowerFactor(subMatrix(covariances, k, size, order), size));
      const judges = sums.map((_, k) => lowerFactor(subMatrix(covariances, k, size, pattern.known, noise), known));
      logProb += this.addPattern(pattern, { order, factors, judges }, sums, tables);
      yield;
    }
    this.maximize(sums, tables);
    return logProb / this.data.rows;
  }

  private addPattern(
    { rows, known }: RowPattern,
    { order, factors, judges }: PatternFactors,
    sums: readonly NormalComponentSums[],
    tables: Float64Array,
  ): number {
    const { count, size, means, logWeights, logTables } = this.parameters;
    const { scores, codes } = this.data;
    const { tabled } = this;
    const terms = new Float64Array(count);
    const centered = new Float64Array(known.length);
    const whitened = new Float64Array(known.length);
    const logDiagonals = judges.map((judge) => logDiagonal(judge, known.length));
    let logProb = 0;
    for (const row of rows) {
      // Loops by number: these are entered for each row and component.
      for (let k = 0; k < count; k++) {
        for (let i = 0; i < known.length; i++) {
          const j = known[i] as number;
          centered[i] = (scores[row * size + j] as number) - (means[k * size + j] as number);
        }
        let term = logWeights[k] as number;
        for (let t = 0; t < tabled.length; t++) {
          const code = codes[t]?.[row] as number;
          if (code >= 0) term += logTables[((tabled[t] as LaidOutColumn).tableFrom + code) * count + k] as number;
        }
        terms[k] = term + logNormal(judges[k] as Float64Array, logDiagonals[k] as Float64Array, centered, whitened);
      }
      const total = logSumExp(terms);
      logProb += total;
      for (let k = 0; k < count; k++) {
        const share = Math.exp((terms[k] as number) - total);
        if (share < 1e-9) continue;
        const mean = means.subarray(k * size, (k + 1) * size);
        (sums[k] as NormalComponentSums).addRow(share, scores, row, mean, {
          order,
          factor: factors[k] as Float64Array,
          known: known.length,
        });
        for (let t = 0; t < tabled.length; t++) {
          const code = codes[t]?.[row] as number;
          const at = ((tabled[t] as LaidOutColumn).tableFrom + code) * count + k;
          if (code >= 0) tables[at] = (tables[at] as number) + share;
        }
      }
    }
    for (const [k, own] of sums.entries())
      own.endPattern({ order, factor: factors[k] as Float64Array, known: known.length });
    return logProb;
  }

  private maximize(sums: readonly NormalComponentSums[], tables: Float64Array): void {
    const { size } = this.layout;
    const { rows } = this.data;
    const count = sums.length;
    const { pooled: strength, diagonal } = this.priors;
    const scatters = sums.map((own) => own.scatter());
    const pooled = new Float64Array(size * size);
    for (const scatter of scatters)
      for (const [at, value] of scatter.entries()) pooled[at] = (pooled[at] as number) + value;
    for (let i = 0; i < size * size; i++) {
      const isDiagonal = i % (size + 1) === 0;
      pooled[i] = (pooled[i] as number) / (isDiagonal ? rows : rows + diagonal);
    }
    const covariances = new Float64Array(count * size * size);
    const means = new Float64Array(count * size);
    for (const [k, own] of sums.entries()) {
      means.set(own.mean(), k * size);
      const scatter = scatters[k] as Float64Array;
      for (let at = 0; at < size * size; at++) {
        const drawn = ((scatter[at] as number) + strength * (pooled[at] as number)) / (own.weight + strength);
        const value = count === 1 ? (pooled[at] as number) : drawn;
        covariances[k * size * size + at] = value + (at % (size + 1) === 0 ? RIDGE : 0);
      }
    }
    this.counts = tables;
    const logTables = this.tablesOf(tables, count, this.priors.tables);
    this.parameters = {
      ...{ count, size, means, covariances, logTables, noise: this.data.noise },
      logWeights: Float64Array.from(sums, ({ weight }) => Math.log((weight + 1) / (rows + count))),
    };
  }

  /** The parameters, with tables of the last counts and a different prior. */
  withSmoothing(smoothing: number): NormalParameters {
    const { counts, parameters } = this;
    return counts === undefined
      ? parameters
      : { ...parameters, logTables: this.tablesOf(counts, parameters.count, smoothing) };
  }

  /** The tables that counts make, drawn to the frequencies of all rows. */
  private tablesOf(counts: Float64Array, count: number, smoothing: number): Float64Array {
    const logTables = new Float64Array(counts.length);
    for (const { tableFrom, tableCodes } of this.tabled) {
      for (let k = 0; k < count; k++) {
        const places = Array.from({ length: tableCodes }, (_, code) => (tableFrom + code) * count + k);
        const total = places.reduce((sum, at) => sum + (counts[at] as number), 0);
        for (const at of places) {
          const prior = smoothing * Math.exp(this.logMarginals[Math.floor(at / count)] as number);
          logTables[at] = Math.log(((counts[at] as number) + prior) / (total + smoothing));
        }
      }
    }
    return logTables;
  }

  private independent(): NormalParameters {
    const { size } = this.layout;
    const covariances = new Float64Array(size * size);
    for (let i = 0; i < size; i++) covariances[i * size + i] = 1;
    return {
      ...{ count: 1, size, covariances, noise: this.data.noise },
      ...{ logWeights: new Float64Array(1), means: new Float64Array(size), logTables: this.spread(1) },
    };
  }

  private spread(count: number): Float64Array {
    return Float64Array.from(
      { length: this.layout.codes * count },
      (_, at) => this.logMarginals[Math.floor(at / count)] as number,
    );
  }

  private marginals(): Float64Array {
    const result = new Float64Array(this.layout.codes);
    for (const [t, { tableFrom, tableCodes }] of this.tabled.entries()) {
      const counts = new Float64Array(tableCodes).fill(0.5);
      let total = 0.5 * tableCodes;
      for (const code of this.data.codes[t] as Int32Array) {
        if (code < 0) continue;
        counts[code] = (counts[code] as number) + 1;
        total++;
      }
      for (const [c, n] of counts.entries()) result[tableFrom + c] = Math.log(n / total);
    }
    return result;
  }
}

/** Factors of the rows of a pattern, for each component. */
interface PatternFactors {
  /** The known coordinates, then the unknown ones. */
  readonly order: readonly number[];
  /** Of the covariances in this order. */
  readonly factors: readonly Float64Array[];
  /** Of the covariances of the known coordinates with the variance within intervals, by which rows are judged. */
  readonly judges: readonly Float64Array[];
}

/** The covariance of some coordinates of a component, with more variance on its diagonal. */
function subMatrix(
  covariances: Float64Array,
  k: number,
  size: number,
  places: readonly number[],
  more?: Float64Array,
): Float64Array {
  const count = places.length;
  const result = new Float64Array(count * count);
  for (const [i, a] of places.entries()) {
    for (const [j, b] of places.entries()) {
      result[i * count + j] =
        (covariances[k * size * size + a * size + b] as number) + (i === j ? (more?.[a] ?? 0) : 0);
    }
  }
  return result;
}

/** The logarithms of the diagonal of a factor. */
function logDiagonal(factor: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.log(factor[i * size + i] as number));
}

/**
 * The log-density of a normal with the factor L at a point, minus its mean: `−½ |L⁻¹x|² − Σ log Lᵢᵢ − ½ n log 2π`. Writes
 * L⁻¹x to `whitened`.
 */
function logNormal(
  factor: Float64Array,
  logDiagonal: Float64Array,
  centered: Float64Array,
  whitened: Float64Array,
): number {
  const size = centered.length;
  let result = -0.5 * size * Math.log(2 * Math.PI);
  for (let i = 0; i < size; i++) {
    let sum = centered[i] as number;
    for (let j = 0; j < i; j++) sum -= (factor[i * size + j] as number) * (whitened[j] as number);
    const value = sum / (factor[i * size + i] as number);
    whitened[i] = value;
    result -= (value * value) / 2 + (logDiagonal[i] as number);
  }
  return result;
}
