import { normalQuantile } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { CELL_SIZE, type CellCoding, type RowOrigin } from "../../density/coding/category-coding.ts";
import { NumberCoding } from "../../density/coding/number-coding.ts";

/** Prior of the tables of a column. */
export interface ColumnPrior {
  /** Probabilities of its codes. */
  readonly marginal: Float64Array;
  /**
   * Map from latent codes to codes; the fixed code is neither input nor output. Undefined: latent codes are the codes.
   */
  readonly kernel: CodeKernel | undefined;
  /** Code with the marginal probability in all components; undefined for none. */
  readonly fixed: number | undefined;
}

/** Tables are clipped here, so that their logarithms are finite. */
const LEAST = 1e-30;
/** Numbers from {@link LEAST} to 1 whose product does not underflow. */
const GROUP = 8;

/**
 * Tables `p(code | component)` of a column, `[codes, components]`: `p = (1 − f)·S·θ` with latent tables θ, the matrix S
 * of the kernel, and the probability f of the fixed code. The Dirichlet prior is a prior of θ.
 */
export class ColumnTables {
  readonly tables: Float64Array;
  readonly sums: Float64Array;
  private readonly prior: ColumnPrior;
  private readonly components: number;
  /** `strength·m`, how often each latent code occurs in addition. */
  private readonly pseudo: Float64Array;
  private readonly latent: Float64Array;
  /** `S·θ`; the latent tables themselves without a kernel. */
  private readonly smooth: Float64Array;
  /** `n / Sθ`, in a step of EM. */
  private readonly ratios: Float64Array;

  /** All components start with the marginal probabilities. */
  constructor(prior: ColumnPrior, components: number, strength: number) {
    this.prior = prior;
    this.components = components;
    const size = prior.marginal.length;
    const kept = this.kept();
    this.pseudo = prior.marginal.map((p, c) => (c === prior.fixed ? 0 : (strength * p) / kept));
    this.latent = new Float64Array(size * components);
    this.smooth = prior.kernel === undefined ? this.latent : new Float64Array(size * components);
    this.ratios = prior.kernel === undefined ? this.latent : new Float64Array(size * components);
    this.tables = new Float64Array(size * components);
    this.sums = new Float64Array(size * components);
    this.start([]);
  }

  /** Draws each component half to a code, half to the marginal probabilities; −1 is no code. */
  start(seeds: ArrayLike<number>): void {
    const { components: count, latent } = this;
    const { marginal, fixed } = this.prior;
    const kept = this.kept();
    for (const [c, p] of marginal.entries()) {
      for (let k = 0; k < count; k++) {
        const seed = seeds[k] ?? -1;
        const own = c === fixed ? 0 : p / kept;
        latent[c * count + k] = seed < 0 || seed === fixed ? own : 0.5 * own + (seed === c ? 0.5 : 0);
      }
    }
    this.spread();
  }

  /** Maximizes the expectation over the added rows: one step of EM for the latent codes. */
  maximize(): void {
    const { components: count, latent, sums, pseudo } = this;
    const { kernel, fixed } = this.prior;
    if (kernel === undefined) latent.set(sums);
    else this.expectLatent(kernel);
    const norm = new Float64Array(count);
    for (const [c, extra] of pseudo.entries()) {
      for (let k = 0, at = c * count; k < count; k++, at++) {
        latent[at] = c === fixed ? 0 : (latent[at] as number) + extra;
        norm[k] = (norm[k] as number) + (latent[at] as number);
      }
    }
    for (let from = 0; from < latent.length; from += count) {
      for (let k = 0; k < count; k++) {
        const n = norm[k] as number;
        // A component without rows and prior keeps nothing.
        latent[from + k] = n > 0 ? (latent[from + k] as number) / n : 1 / pseudo.length;
      }
    }
    this.spread();
  }

  /** The log-density of the prior, up to a constant. */
  logPrior(): number {
    const { components: count, latent, pseudo } = this;
    let total = 0;
    for (const [c, extra] of pseudo.entries()) {
      if (extra === 0) continue;
      let sum = 0;
      let product = 1;
      for (let k = 0; k < count; k++) {
        product *= Math.max(latent[c * count + k] as number, LEAST);
        if (k % GROUP !== GROUP - 1) continue;
        sum += Math.log(product);
        product = 1;
      }
      total += extra * (sum + Math.log(product));
    }
    return total;
  }

  private kept(): number {
    const { marginal, fixed } = this.prior;
    return fixed === undefined ? 1 : 1 - (marginal[fixed] as number);
  }

  /** How often each latent code is expected: `θ·Sᵀ(n / Sθ)`. */
  private expectLatent({ starts, codes, values }: CodeKernel): void {
    const { components: count, latent, smooth, sums, ratios } = this;
    for (let at = 0; at < sums.length; at++) {
      const n = sums[at] as number;
      ratios[at] = n > 0 ? n / (smooth[at] as number) : 0;
    }
    const ratio = new Float64Array(count);
    for (let c = 0; c < starts.length - 1; c++) {
      ratio.fill(0);
      for (let e = starts[c] as number; e < (starts[c + 1] as number); e++) {
        const value = values[e] as number;
        const from = (codes[e] as number) * count;
        for (let k = 0; k < count; k++) ratio[k] = (ratio[k] as number) + value * (ratios[from + k] as number);
      }
      for (let k = 0, at = c * count; k < count; k++, at++) latent[at] = (latent[at] as number) * (ratio[k] as number);
    }
  }

  private spread(): void {
    const { components: count, latent, smooth, tables } = this;
    const { kernel, fixed, marginal } = this.prior;
    if (kernel !== undefined) {
      const { starts, codes, values } = kernel;
      smooth.fill(0);
      for (let c = 0; c < marginal.length; c++) {
        for (let e = starts[c] as number; e < (starts[c + 1] as number); e++) {
          const value = values[e] as number;
          const to = (codes[e] as number) * count;
          for (let k = 0, at = c * count; k < count; k++, at++) {
            smooth[to + k] = (smooth[to + k] as number) + value * (latent[at] as number);
          }
        }
      }
    }
    const kept = this.kept();
    for (let at = 0; at < smooth.length; at++) tables[at] = kept * Math.max(smooth[at] as number, LEAST);
    if (fixed !== undefined) tables.fill(marginal[fixed] as number, fixed * count, (fixed + 1) * count);
  }
}

/** A stochastic matrix over the codes of a column: from each latent code to the codes near it. */
export interface CodeKernel {
  /** Where the entries of each latent code begin, and at the end their number. */
  readonly starts: Int32Array;
  /** The code of each entry. */
  readonly codes: Int32Array;
  /** Its probability given the latent code. */
  readonly values: Float64Array;
}

/** Standard deviation on the normal quantile scale. */
const WIDTH = 0.1;
/** Probability that a latent code moves. */
const SHARE = 0.95;
/** Entries below this share of the largest one are left out. */
const NEGLIGIBLE = 1e-4;

/**
 * Returns the kernel of a column of numbers, which smooths the tables of a mixture. A latent code stays with
 * probability 0.05, and otherwise becomes a code x near it on the normal quantile scale of the column, `∝ pₓ·exp(−½(zₓ
 * − z)²/0.1²)`. A missing cell always stays. Categories have no kernel.
 *
 * @param marginal probabilities of the codes.
 */
export function codeKernel(coding: CellCoding, marginal: Float64Array): CodeKernel | undefined {
  if (!(coding instanceof NumberCoding)) return undefined;
  const places = placesOf(coding, marginal);
  const starts = [0];
  const codes: number[] = [];
  const values: number[] = [];
  for (const c of marginal.keys()) {
    const row = kernelRow(places, marginal, c);
    const least = NEGLIGIBLE * row.reduce((most, p) => Math.max(most, p), 0);
    const kept = row.reduce((sum, p) => sum + (p >= least ? p : 0), 0);
    for (const [x, p] of row.entries()) {
      if (p < least) continue;
      codes.push(x);
      values.push(p / kept);
    }
    starts.push(codes.length);
  }
  return { starts: Int32Array.from(starts), codes: Int32Array.from(codes), values: Float64Array.from(values) };
}

function kernelRow(places: Float64Array, marginal: Float64Array, c: number): Float64Array {
  const row = new Float64Array(marginal.length);
  const z = places[c] as number;
  if (Number.isNaN(z)) {
    row[c] = 1;
    return row;
  }
  let total = 0;
  for (const [x, mass] of marginal.entries()) {
    const t = ((places[x] as number) - z) / WIDTH;
    row[x] = Number.isNaN(t) ? 0 : mass * Math.exp(-0.5 * t * t);
    total += row[x] as number;
  }
  for (const x of row.keys()) row[x] = (SHARE * (row[x] as number)) / total + (x === c ? 1 - SHARE : 0);
  return row;
}

/** The normal quantile of the middle of the ranks of each code; NaN for a missing cell. */
function placesOf({ options }: NumberCoding, marginal: Float64Array): Float64Array {
  const { atoms, edges } = options;
  const values = [...atoms, ...edges.slice(1).map((edge, b) => ((edges[b] as number) + edge) / 2)];
  const order = Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number));
  const total = order.reduce((sum, c) => sum + (marginal[c] as number), 0);
  const places = new Float64Array(marginal.length).fill(Number.NaN);
  let before = 0;
  for (const c of order) {
    const mass = (marginal[c] as number) / total;
    places[c] = normalQuantile(before + mass / 2);
    before += mass;
  }
  return places;
}

/** Treatment of a missing cell: a regular value of its column, or a cell with an unknown value. */
export type MissingCells = "value" | "unknown";

/** Cells of a column in the form that a mixture of products reads. */
export interface EncodedCells {
  /** −1 for a cell that no training row had, {@link UNKNOWN} for an unknown one. */
  readonly codes: Int32Array;
  /** Log-density within the code. */
  readonly logWeight: Float64Array;
  /** Log-density of a cell that all components share, see `CodedColumn`. */
  readonly logFloor: Float64Array;
  /** The code of missing cells, if there are any in this column and the coding has one. */
  readonly missingCode: number | undefined;
}

/** The code of a cell that is integrated out. */
export const UNKNOWN = -2;

/**
 * Returns cells as given ones: an impossible cell (off the grid of its column) carries no information about other
 * cells.
 */
export function asGiven<T extends Pick<EncodedCells, "codes" | "logFloor">>(cells: T): T {
  const { codes } = cells;
  const logFloor = cells.logFloor.slice();
  for (let row = 0; row < codes.length; row++) {
    if (logFloor[row] === Number.NEGATIVE_INFINITY && codes[row] === -1) logFloor[row] = 0;
  }
  return { ...cells, logFloor };
}

/** Encodes the cells of a column. */
export function encodeCells(
  coding: CellCoding,
  column: Column,
  missing: MissingCells,
  origin: RowOrigin = "new",
): EncodedCells {
  const { cells, logFloor } = coding.encode(column, origin);
  const rows = logFloor.length;
  const codes = new Int32Array(rows);
  const logWeight = new Float64Array(rows);
  let missingCode: number | undefined;
  for (let i = 0; i < rows; i++) {
    const code = cells[i * CELL_SIZE] as number;
    const isMissing = column.kind === "text" ? (column.missing?.has(i) ?? false) : Number.isNaN(column.values[i]);
    if (isMissing && code >= 0) missingCode = code;
    codes[i] = isMissing && missing === "unknown" ? UNKNOWN : code;
    logWeight[i] = cells[i * CELL_SIZE + 1] as number;
  }
  return { codes, logWeight, logFloor, missingCode };
}
