import type { CodeKernel } from "./code-kernel.ts";

/** What the tables of a column are drawn to. */
export interface ColumnPrior {
  /** Probabilities of its codes. */
  readonly marginal: Float64Array;
  /** How latent codes become codes, of which none becomes or was the fixed one. Undefined: they are the codes. */
  readonly kernel: CodeKernel | undefined;
  /** A code whose probability is that of the marginal in all components; undefined for none. */
  readonly fixed: number | undefined;
}

/** Tables are clipped here, so that their logarithms are finite. */
const LEAST = 1e-30;

/**
 * The tables `p(code | component)` of a column, `[codes, components]`: `p = (1 − f)·S·θ` with latent tables θ and the
 * matrix S of the kernel, and f the probability of the fixed code. The Dirichlet prior is one of θ.
 */
export class ColumnTables {
  readonly logTables: Float64Array;
  readonly sums: Float64Array;
  private readonly prior: ColumnPrior;
  private readonly components: number;
  /** `strength·m`, how often each latent code occurs in addition. */
  private readonly pseudo: Float64Array;
  private readonly latent: Float64Array;
  /** `S·θ`; the latent tables themselves where there is no kernel. */
  private readonly smooth: Float64Array;

  /** All components start with the marginal probabilities. */
  constructor(prior: ColumnPrior, components: number, strength: number) {
    this.prior = prior;
    this.components = components;
    const size = prior.marginal.length;
    const kept = this.kept();
    this.pseudo = prior.marginal.map((p, c) => (c === prior.fixed ? 0 : (strength * p) / kept));
    this.latent = new Float64Array(size * components);
    this.smooth = prior.kernel === undefined ? this.latent : new Float64Array(size * components);
    this.logTables = new Float64Array(size * components);
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

  /** Maximizes the expectation of what was added: one step of EM for the latent codes. */
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
    for (let at = 0; at < latent.length; at++) {
      const n = norm[at % count] as number;
      // A component without rows and prior keeps nothing.
      latent[at] = n > 0 ? (latent[at] as number) / n : 1 / pseudo.length;
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
      for (let k = 0; k < count; k++) sum += Math.log(Math.max(latent[c * count + k] as number, LEAST));
      total += extra * sum;
    }
    return total;
  }

  private kept(): number {
    const { marginal, fixed } = this.prior;
    return fixed === undefined ? 1 : 1 - (marginal[fixed] as number);
  }

  /** How often each latent code is expected: `θ·Sᵀ(n / Sθ)`. */
  private expectLatent({ starts, codes, values }: CodeKernel): void {
    const { components: count, latent, smooth, sums } = this;
    const ratio = new Float64Array(count);
    for (let c = 0; c < starts.length - 1; c++) {
      ratio.fill(0);
      for (let e = starts[c] as number; e < (starts[c + 1] as number); e++) {
        const value = values[e] as number;
        const from = (codes[e] as number) * count;
        for (let k = 0; k < count; k++) {
          const n = sums[from + k] as number;
          if (n > 0) ratio[k] = (ratio[k] as number) + (value * n) / (smooth[from + k] as number);
        }
      }
      for (let k = 0, at = c * count; k < count; k++, at++) latent[at] = (latent[at] as number) * (ratio[k] as number);
    }
  }

  private spread(): void {
    const { components: count, latent, smooth, logTables } = this;
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
    const logKept = Math.log(this.kept());
    for (let at = 0; at < smooth.length; at++) {
      logTables[at] = logKept + Math.log(Math.max(smooth[at] as number, LEAST));
    }
    if (fixed !== undefined) logTables.fill(Math.log(marginal[fixed] as number), fixed * count, (fixed + 1) * count);
  }
}
