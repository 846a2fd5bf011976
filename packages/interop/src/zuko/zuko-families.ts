import { type Activation, OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { MafOptions, MaybeConditionalOptions, NsfOptions, RealNvpOptions } from "@pushforward/flows";
import {
  AUTOREGRESSIVE_OPTIONS,
  autoregressiveLayers,
  COUPLING_OPTIONS,
  couplingLayers,
  type Preset,
  preset,
} from "@pushforward/flows/extend";
import { asked, type Floats, quote, type StateDict } from "../file/state-dict.ts";
import type { ReferenceDensity } from "../file/tensor-file.ts";
import type { Covariance, ForeignFamily } from "../flow/foreign-flow.ts";
import { buildFamily, ZUKO_LAYOUT } from "../flow/forms.ts";

/** How zuko has named the arguments of its base. */
export type BaseNames = "loc" | "_0" | "lower";

/** The family of the outputs of a network, from the file, the metadata and the options. */
export class ZukoFamilies {
  readonly options: ImportZukoOptions;
  private readonly state: StateDict;
  private readonly isOldest: boolean;
  private readonly isSbi: boolean;
  private readonly base: BaseNames | undefined;

  constructor(state: StateDict, options: ImportZukoOptions, prefixes: readonly string[], base: BaseNames | undefined) {
    this.state = state;
    this.options = options;
    this.isOldest = prefixes.some((prefix) => /^(net\.)?transforms\./.test(prefix));
    this.isSbi = prefixes.some((prefix) => prefix.startsWith("net."));
    this.base = base;
  }

  /** The family with `count` numbers per variable, at the key that determines it. */
  of(count: number, key: string): ForeignFamily {
    const { flow, bound = 5 } = this.options;
    if (flow === "gmm") this.state.fail("type", "a GMM, as requested", "a flow of transforms");
    if (flow === "gf") return this.gaussianization(count, key);
    if (flow === "bpf") return this.bernstein(count, key);
    if (flow === "sospf") return this.sumOfSquares(count, key);
    if (count === 2 && flow !== "nsf" && flow !== "ncsf")
      return { kind: "affine", parameterization: "zuko", slope: this.slope() };
    const bins = (count + 1) / 3;
    if (!Number.isInteger(bins) || bins < 2) {
      this.state.fail(
        "type",
        `2 numbers per variable (affine) or 3·bins − 1 (spline) from ${quote(key)}`,
        `${count}. Pass flow: "bpf" for a polynomial of degree ${count - 1}, "sospf" for sums of squares, "gf" for mixtures`,
      );
    }
    if (flow === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("flow"),
        `, because ${quote(key)} has ${count} numbers per variable, which may be a spline of ${bins} bins (NSF) or a ` +
          `polynomial of degree ${count - 1} (BPF), got none. Pass `,
        mention("flow", { value: "nsf" }),
        ' if it is an NSF, or "bpf".',
      ]);
    }
    if (flow !== "nsf" && flow !== "ncsf") {
      this.state.fail("type", `2 numbers per variable from ${quote(key)}, as a ${flow} has`, `${count}`);
    }
    if (flow === "ncsf") return { kind: "circular", bins, slope: this.slope() };
    return { kind: "spline", parameterization: "zuko", bins, bound, slope: this.slope() };
  }

  /** Checks that a NAF or UNAF is requested and supported; returns the bound of the log-slopes of a UNAF. */
  monotone(kind: "NAF" | "UNAF", key: string): number {
    const { flow } = this.options;
    if (flow !== undefined && flow !== kind.toLowerCase()) {
      this.state.fail("type", `a ${flow}, as requested`, `a ${kind}, by ${quote(key)}`);
    }
    if (this.isOldest) this.state.fail("type", `a ${kind} of zuko 1.0 or later`, "an earlier version");
    return kind === "UNAF" && this.slope() === 1e-4 ? 9 : 7;
  }

  private gaussianization(count: number, key: string): ForeignFamily {
    if (count % 2 !== 0) this.state.fail("tensor", `an even number per variable from ${quote(key)}`, `${count}`);
    return { kind: "gaussianization", components: count / 2 };
  }

  private bernstein(count: number, key: string): ForeignFamily {
    const { bound = 5 } = this.options;
    this.checkSince(1, 2, "a BPF");
    if (count < 2 || count > 124) {
      this.state.fail("tensor", `2 to 124 numbers per variable from ${quote(key)}`, `${count}`);
    }
    return { kind: "bernstein", count, bound };
  }

  private sumOfSquares(count: number, key: string): ForeignFamily {
    const { polynomials } = this.options;
    this.checkSince(1, 5, "a SOSPF");
    if (polynomials === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("polynomials"),
        `, because ${quote(key)} has ${count} numbers per variable, which fit several numbers of polynomials, got none. The default of zuko is 3.`,
      ]);
    }
    const degree = (count - 1) / polynomials - 1;
    if (!Number.isInteger(degree) || degree < 1 || degree > 12 || polynomials > 32) {
      const expected = `polynomials·(degree + 1) + 1 numbers per variable from ${quote(key)}, of ${polynomials} polynomials, up to 32, of degree 1 to 12`;
      this.state.fail("tensor", expected, `${count}`);
    }
    return { kind: "sum-of-squares", polynomials, degree, slope: this.slope() };
  }

  /** Rejects versions with a different formula, and files of unknown version. */
  private checkSince(major: number, minor: number, what: string): void {
    const { version, slope } = this.options;
    if (version === undefined) {
      if (this.base === "loc" || (what === "a SOSPF" && slope !== undefined)) return;
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("version"),
        `, because ${what} of zuko before ${major}.${minor} has a different formula and the same keys, got none. Pass `,
        mention("version", { value: "1.5.0" }),
        ", say.",
      ]);
    }
    const [first, second] = versionOf(this.state.where, version);
    if (first > major || (first === major && second >= minor)) return;
    this.state.fail("type", `${what} of zuko ${major}.${minor} or later, because older formulas differ`, version);
  }

  /** The factors of a transform with two unnamed vectors; the keys do not determine the second vector. */
  scales(numbers: Floats, key: string): Floats {
    const { affine = this.isSbi ? "plain" : undefined } = this.options;
    if (affine === "plain") return numbers;
    if (affine === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("affine"),
        `, because ${quote(key)} may belong to an AffineTransform(loc, scale) or to a MonotonicAffineTransform(shift, scale), ` +
          "with the same keys, got none. Pass ",
        mention("affine", { value: "plain" }),
        ' or "monotonic".',
      ]);
    }
    const bound = Math.abs(Math.log(this.slope()));
    return Float64Array.from(numbers, (a) => Math.exp(a / (1 + Math.abs(a) / bound)));
  }

  /** From the option, the version, or key names that imply the version. */
  private slope(): number {
    const { slope, version } = this.options;
    if (slope !== undefined) return slope;
    if (version !== undefined) return slopeOf(this.state.where, version);
    // Names of 0.1 to 0.3, or of 1.6 on: those versions have one slope.
    if (this.isOldest || this.base === "loc" || this.base === "lower") return 1e-3;
    throw new OptionError([
      `${this.state.where}: expected `,
      asked("slope"),
      " or ",
      mention("version"),
      ", because zuko 1.0.1 to 1.4.1 had slope 1e-4, while 1.0.0 and 1.5.0 have 1e-3 with the same keys, got neither. Pass ",
      mention("version", { value: "1.4.1" }),
      ", say.",
    ]);
  }
}

/** The default slope of a version of zuko. */
function slopeOf(where: string, version: string): number {
  const [major, minor, patch] = versionOf(where, version);
  const isSmall = major === 1 && (minor === 0 ? patch >= 1 : minor <= 4);
  return isSmall ? 1e-4 : 1e-3;
}

/** Major, minor and patch. */
export function versionOf(where: string, version: string): readonly [number, number, number] {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (found === null) {
    throw new OptionError(`${where}: expected a version of zuko such as "1.6.0", got ${JSON.stringify(version)}.`);
  }
  return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
}

type MaybeContext = Partial<MaybeConditionalOptions>;

const SLOPE = 1e-3;

const masked = { orientation: "density", layout: ZUKO_LAYOUT, naturalAt: "data" } as const;
const affineFamily = () => buildFamily({ kind: "affine", parameterization: "zuko", slope: SLOPE });

/**
 * The `MAF` of zuko: networks, initial values and formulas are its own, and its weights give the same function. Orders are
 * counted from the data; `passes` and `order: "random"` are zuko's `passes` and `randperm`.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units. With `residual` each entry of `hidden` is a block.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = zukoMaf({ features: 3, transforms: 3, key: createKey(0) });
 */
export const zukoMaf: Preset<MafOptions> = /* @__PURE__ */ preset(
  "zukoMaf",
  AUTOREGRESSIVE_OPTIONS,
  (options, where) => {
    refuseResidual(where, options, true);
    return autoregressiveLayers(where, options, { ...masked, family: affineFamily(), transforms: 5 });
  },
);

/** Options of {@link zukoNsf}: `passes: 2` makes layers like couplings. */
export type ZukoNsfOptions = Omit<NsfOptions, "coupling" | "linear">;

/**
 * The `NSF` of zuko, as {@link zukoMaf} is its `MAF`.
 *
 * Defaults: 3 transforms, 8 bins on [−5, 5], networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = zukoNsf({ features: 3, context: 2, key: createKey(0) });
 */
export const zukoNsf: Preset<ZukoNsfOptions> = /* @__PURE__ */ preset(
  "zukoNsf",
  { ...AUTOREGRESSIVE_OPTIONS, bins: true, bound: true },
  (options, where) => {
    const { bins = 8, bound = 5 } = options;
    refuseResidual(where, options, true);
    const family = buildFamily({ kind: "spline", parameterization: "zuko", bins, bound, slope: SLOPE });
    return autoregressiveLayers(where, options, { ...masked, family, transforms: 3 });
  },
);

/**
 * The `RealNVP` of zuko, named `NICE` in some versions: affine couplings that transform even and odd variables
 * alternately, starting at the data.
 *
 * Defaults: 6 transforms, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or `residual` is set, which zuko supports with masks only.
 * @example
 * using flow = zukoRealNvp({ features: 4, key: createKey(0) });
 */
export const zukoRealNvp: Preset<RealNvpOptions> = /* @__PURE__ */ preset(
  "zukoRealNvp",
  COUPLING_OPTIONS,
  (options, where) => {
    refuseResidual(where, options, false);
    const style = { family: affineFamily(), transforms: 6, masks: "odd-first", layout: ZUKO_LAYOUT } as const;
    return couplingLayers(where, options, style);
  },
);

/** Rejects residual networks without masks, which belong to couplings and to a single variable with a context. */
function refuseResidual(
  where: string,
  { residual = false, features, context }: MafOptions & MaybeContext,
  isMasked: boolean,
): void {
  const hasMasks = features > 1 ? isMasked : context === undefined;
  if (!residual || hasMasks) return;
  throw new OptionError(
    `${where}: expected no residual, got true: zuko has no residual network without masks. Leave it out.`,
  );
}

/**
 * Information missing in a `state_dict` of zuko. Each option can also be a metadata entry (text, same name); an option has
 * precedence.
 */
export interface ImportZukoOptions {
  /** The version of zuko that made the model, such as `"1.6.0"`: from it follow `slope` and `epsilon`. */
  readonly version?: string;
  /**
   * The class of the model. Needed for splines, because the file of an NSF looks like the file of a BPF: `"nsf"` reads
   * `3·bins − 1` numbers per variable as a spline.
   */
  readonly flow?: "maf" | "nsf" | "nice" | "realNvp" | "naf" | "unaf" | "gmm" | "bpf" | "sospf" | "gf" | "ncsf" | "cnf";
  /** Number of polynomials of a SOSPF (3 in zuko by default). Required for a SOSPF. */
  readonly polynomials?: number;
  /**
   * The smallest slope, `slope` of zuko: by default 1e-3 from zuko 1.5 on. For a UNAF: 1e-4 for zuko 1.0.1 to 1.4.1, which has
   * different integrand bounds.
   */
  readonly slope?: number;
  /** The splines act on [−bound, bound]. Default: 5, as in zuko. */
  readonly bound?: number;
  /** The activation of the networks. Default: `"relu"`, of a CNF `"elu"`, as in zuko. */
  readonly activation?: Activation;
  /** Of a GMM with a context: the number of variables. */
  readonly features?: number;
  /** Of a GMM with a context: the kind of its covariances. Default: `"full"`, as in zuko. */
  readonly covariance?: Covariance;
  /** Of a GMM with a context: one covariance for all components. Default: false, as in zuko. */
  readonly tied?: boolean;
  /** Constant added to standard deviations of a GMM: 1e-6 from zuko 1.4 on, 1e-5 before. */
  readonly epsilon?: number;
  /**
   * Type of a transform with two unnamed vectors and no network: `"plain"`, torch's `AffineTransform(loc, scale)`, or
   * `"monotonic"`, zuko's `MonotonicAffineTransform(shift, scale)` with an unconstrained scale. Both have the same keys.
   * Required, except for files of sbi and with a `reference`, where the default is plain.
   */
  readonly affine?: "plain" | "monotonic";
  /** Densities by zuko itself, which the imported model must give. */
  readonly reference?: ReferenceDensity;
}

const FLOWS = ["maf", "nsf", "nice", "realNvp", "naf", "unaf", "gmm", "bpf", "sospf", "gf", "ncsf", "cnf"] as const;
const AFFINES = ["plain", "monotonic"] as const;

const ACTIVATIONS = ["relu", "tanh", "elu", "silu"] as const satisfies readonly Activation[];
const COVARIANCES = ["full", "diagonal", "spherical"] as const satisfies readonly Covariance[];

/** Options, completed by the metadata of the file. */
export function zukoSettings(
  where: string,
  options: ImportZukoOptions,
  metadata: Readonly<Record<string, string>>,
): ImportZukoOptions {
  const library = metadata["library"]?.toLowerCase();
  if (library !== undefined && library !== "zuko" && library !== "sbi") {
    throw new OptionError(
      `${where}: expected a file of zuko, got a file with library ${JSON.stringify(library)} in its metadata.`,
    );
  }
  const written = metadata["flow"]?.toLowerCase();
  const named = FLOWS.find((name) => name.toLowerCase() === written) ?? written;
  const number = (name: string): number | undefined => numberIn(where, name, metadata[name]);
  const assumed = options.reference === undefined ? undefined : "plain";
  const merged = {
    // The version of another library is irrelevant.
    version: options.version ?? (library === "zuko" ? metadata["version"] : undefined),
    flow: options.flow ?? choice(where, "flow", named, FLOWS),
    affine: options.affine ?? choice(where, "affine", metadata["affine"], AFFINES) ?? assumed,
    slope: options.slope ?? number("slope"),
    bound: options.bound ?? number("bound"),
    polynomials: options.polynomials ?? number("polynomials"),
    activation: options.activation ?? choice(where, "activation", metadata["activation"], ACTIVATIONS),
    features: options.features ?? number("features"),
    covariance: options.covariance ?? choice(where, "covariance", metadata["covariance"], COVARIANCES),
    tied: options.tied ?? truth(where, "tied", metadata["tied"]),
    epsilon: options.epsilon ?? number("epsilon"),
  };
  choice(where, "flow", merged.flow, FLOWS);
  choice(where, "affine", merged.affine, AFFINES);
  choice(where, "activation", merged.activation, ACTIVATIONS);
  choice(where, "covariance", merged.covariance, COVARIANCES);
  within(where, "slope", merged.slope, (slope) => slope > 0 && slope < 1, "a number between 0 and 1");
  within(where, "bound", merged.bound, (bound) => bound > 0, "a positive number");
  within(where, "epsilon", merged.epsilon, (epsilon) => epsilon >= 0, "a number of at least 0");
  within(where, "polynomials", merged.polynomials, (n) => Number.isSafeInteger(n) && n > 0, "a positive integer");
  within(where, "features", merged.features, (n) => Number.isSafeInteger(n) && n > 0, "a positive integer");
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

/** The metadata as a number. */
export function numberIn(where: string, name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new OptionError(`${where}: expected metadata ${name} to be a number, got ${JSON.stringify(text)}.`);
}

/** Checks that a value is absent or in a list. */
export function choice<const S extends string>(
  where: string,
  name: string,
  value: string | undefined,
  choices: readonly S[],
): S | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  throw new OptionError(`${where}: expected ${name} to be one of ${choices.join(", ")}, got ${JSON.stringify(value)}.`);
}

/** Checks that a number is absent or right. */
export function within(
  where: string,
  name: string,
  value: number | undefined,
  is: (value: number) => boolean,
  what: string,
): void {
  if (value === undefined || (typeof value === "number" && Number.isFinite(value) && is(value))) return;
  throw new OptionError(`${where}: expected ${name} to be ${what}, got ${String(value)}.`);
}

function truth(where: string, name: string, text: string | undefined): boolean | undefined {
  const value = choice(where, name, text?.toLowerCase(), ["true", "false"]);
  return value === undefined ? undefined : value === "true";
}
