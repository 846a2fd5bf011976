// Autoregressive flows of maps that rise without a bound on their shape, and of angles.
import { OptionError } from "@pushforward/core";
import { Uniform } from "@pushforward/distributions";
import {
  bernstein,
  circularRationalQuadratic,
  deepSigmoid,
  monotoneIntegral,
  sumOfSquares,
} from "@pushforward/transforms";
import { type Preset, preset } from "../architectures/architecture.ts";
import {
  AUTOREGRESSIVE_OPTIONS,
  type AutoregressiveArchitectureOptions,
  autoregressiveLayers,
} from "../architectures/layers.ts";

/** Options of {@link naf}; `transforms` defaults to 3. */
export interface NafOptions extends AutoregressiveArchitectureOptions {
  /** Sigmoids of the monotone network of each variable. Default: 8. */
  readonly units?: number;
}

/**
 * Neural autoregressive flow (Huang et al. 2018, arXiv:1804.00779): autoregressive layers of monotone networks of sigmoids. A
 * density takes one pass; a sample solves an equation for each variable. Untrained, it is nearly its base. With `context` it is
 * a {@link ConditionalFlow}.
 *
 * Defaults: 3 transforms of 8 sigmoids, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = naf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const naf: Preset<NafOptions> = /* @__PURE__ */ preset(
  "naf",
  { ...AUTOREGRESSIVE_OPTIONS, units: true },
  (options, where) => {
    const family = deepSigmoid({ units: options.units ?? 8 });
    return autoregressiveLayers(where, options, { family, transforms: 3, orientation: "density" });
  },
);

/** Options of {@link unaf}; `transforms` defaults to 3. */
export interface UnafOptions extends AutoregressiveArchitectureOptions {
  /**
   * Number of inputs that the integrand of a variable takes from the previous variables and the context. Default: 8.
   */
  readonly signal?: number;
  /** Widths of the hidden layers of the integrand of each variable. Default: `[32, 32]`. */
  readonly integrand?: readonly number[];
  /** Beyond ±bound the map of a variable is linear. Default: 8. */
  readonly bound?: number;
}

/**
 * Unconstrained neural autoregressive flow (Wehenkel and Louppe 2019, arXiv:1908.05164): autoregressive layers with
 * maps that are integrals of positive networks. A density takes one pass, with 33 values of each integrand. A sample
 * solves an equation for each variable. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 3 transforms, signals of 8 numbers, integrands of (32, 32) tanh units, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = unaf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const unaf: Preset<UnafOptions> = /* @__PURE__ */ preset(
  "unaf",
  { ...AUTOREGRESSIVE_OPTIONS, signal: true, integrand: true, bound: true },
  (options, where) => {
    const { features: variables, signal = 8, integrand: hidden = [32, 32], bound } = options;
    return autoregressiveLayers(where, options, {
      family: (key) => monotoneIntegral({ variables, signal, hidden, key, ...(bound !== undefined && { bound }) }),
      transforms: 3,
      orientation: "density",
    });
  },
);

/** Options of {@link sospf}; `transforms` defaults to 3. */
export interface SospfOptions extends AutoregressiveArchitectureOptions {
  /** Number of squared polynomials. Default: 3. */
  readonly polynomials?: number;
  /** Their degree. Default: 4. */
  readonly degree?: number;
}

/**
 * Sum-of-squares polynomial flow (Jaini et al. 2019, arXiv:1905.02325): autoregressive layers of integrals of sums of squared
 * polynomials on [−5, 5], continued in straight lines. A density takes one pass; a sample solves an equation for each
 * variable. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}. Standardize the data first.
 *
 * Defaults: 3 transforms of 3 polynomials of degree 4, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer or too large, or options contradict each other.
 * @example
 * using flow = sospf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const sospf: Preset<SospfOptions> = /* @__PURE__ */ preset(
  "sospf",
  { ...AUTOREGRESSIVE_OPTIONS, polynomials: true, degree: true },
  (options, where) => {
    const { polynomials = 3, degree = 4 } = options;
    const family = sumOfSquares({ polynomials, degree });
    return autoregressiveLayers(where, options, { family, transforms: 3, orientation: "density" });
  },
);

/** Options of {@link bpf}; `transforms` defaults to 3. */
export interface BpfOptions extends AutoregressiveArchitectureOptions {
  /** Degree of the polynomials, 6 to 128. Default: 16. */
  readonly degree?: number;
}

/**
 * Bernstein polynomial flow (Sick et al. 2020, arXiv:2004.00464; Ramasinghe et al. 2022, arXiv:2102.03509):
 * autoregressive layers of Bernstein polynomials on [−5, 5], continued outside by straight lines with learned slopes. A
 * density takes one pass. A sample solves an equation for each variable. Untrained, it is its base. With `context` it
 * is a {@link ConditionalFlow}. Standardize the data first.
 *
 * Defaults: 3 transforms of degree 16, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, the degree not from 6 to 128, or options contradict each
 * other.
 * @example
 * using flow = bpf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const bpf: Preset<BpfOptions> = /* @__PURE__ */ preset(
  "bpf",
  { ...AUTOREGRESSIVE_OPTIONS, degree: true },
  (options, where) => {
    const family = bernstein({ degree: options.degree ?? 16, tails: "linear" });
    return autoregressiveLayers(where, options, { family, transforms: 3, orientation: "density" });
  },
);

/** Options of {@link ncsf}; `transforms` defaults to 3. */
export interface NcsfOptions extends Omit<AutoregressiveArchitectureOptions, "standardize"> {
  /** Number of bins of each spline. Default: 8. */
  readonly bins?: number;
}

/**
 * Neural circular spline flow (Rezende et al. 2020, arXiv:2002.02428): a density of angles in radians, on the torus [−π, π]ᵈ. Autoregressive layers of
 * circular rational-quadratic splines, each after half a turn; their networks see cosine and sine of each angle, so
 * that the density is continuous around each circle. The base is uniform, and so is the flow before it is trained. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Angles only: reduce angles modulo 2π first. Outside [−π, π] the log-density is −∞. A standardization is rejected, because it
 * would change the period.
 *
 * Defaults: 3 transforms of 8 bins, networks of (64, 64) relu units, density in one pass.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, options contradict each other, or `standardize` is given.
 * @example
 * using flow = ncsf({ features: 2, key: createKey(0) });
 * flow.logProb([[3, -1], [4, 0]]); // → [-3.6758, -Infinity]
 */
export const ncsf: Preset<NcsfOptions> = /* @__PURE__ */ preset(
  "ncsf",
  { ...AUTOREGRESSIVE_OPTIONS, bins: true },
  (options, where) => {
    if ("standardize" in options && options.standardize !== undefined) {
      throw new OptionError("ncsf: expected no standardize, because it would change what a turn is, got one.");
    }
    const family = circularRationalQuadratic({ bins: options.bins ?? 8, shift: Math.PI });
    const style = { family, transforms: 3, orientation: "density", periodic: true } as const;
    return autoregressiveLayers(where, options, style);
  },
  ({ features, base = new Uniform({ features, low: [-Math.PI], high: [Math.PI] }) }) => ({ base }),
);
