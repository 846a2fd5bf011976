import type { Activation } from "@pushforward/core";
import { OptionError } from "@pushforward/core";
import type { ReferenceDensity } from "../file/reference.ts";
import type { Covariance } from "../flow/foreign-flow.ts";

/**
 * What a `state_dict` of zuko does not say. Each of these can also stand in the metadata of the file, as text under the
 * same name; an option goes before it.
 */
export interface ImportZukoOptions {
  /** The version of zuko that made the model, such as `"1.6.0"`: from it follow `slope` and `epsilon`. */
  readonly version?: string;
  /**
   * The class of the model. Needed for splines, because the file of an NSF looks like that of a BPF:
   * `"nsf"` reads `3·bins − 1` numbers per variable as a spline.
   */
  readonly flow?: "maf" | "nsf" | "nice" | "realNvp" | "naf" | "unaf" | "gmm" | "bpf" | "sospf" | "gf" | "ncsf" | "cnf";
  /** Of a SOSPF: the number of polynomials, 3 in zuko unless the model was made with another. Needed for one. */
  readonly polynomials?: number;
  /**
   * The smallest slope, `slope` of zuko: 1e-3 from zuko 1.5 on, unless the model was made with another. Of a UNAF: 1e-4 for
   * zuko 1.0.1 to 1.4.1, whose integrands have other bounds.
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
  /** Of a GMM: what is added to standard deviations: 1e-6 from zuko 1.4 on, 1e-5 before. */
  readonly epsilon?: number;
  /**
   * What a transform of two unnamed vectors without a network is: `"plain"`, torch's `AffineTransform(loc, scale)`, or
   * `"monotonic"`, zuko's `MonotonicAffineTransform(shift, scale)`, whose scale is unconstrained. Both have the same keys.
   * Needed for such transforms, but in the files of sbi, which has the first, and with a `reference`, which is taken to be
   * of the first.
   */
  readonly affine?: "plain" | "monotonic";
  /** Densities by zuko itself, which the imported model must give. */
  readonly reference?: ReferenceDensity;
}

const FLOWS = ["maf", "nsf", "nice", "realNvp", "naf", "unaf", "gmm", "bpf", "sospf", "gf", "ncsf", "cnf"] as const;
const AFFINES = ["plain", "monotonic"] as const;

const ACTIVATIONS = ["relu", "tanh", "elu", "silu"] as const satisfies readonly Activation[];
const COVARIANCES = ["full", "diagonal", "spherical"] as const satisfies readonly Covariance[];

/** Options with what the metadata of the file says filled in. */
export function zukoSettings(
  where: string,
  options: ImportZukoOptions,
  metadata: Readonly<Record<string, string>>,
): ImportZukoOptions {
  const library = metadata["library"]?.toLowerCase();
  if (library !== undefined && library !== "zuko" && library !== "sbi") {
    throw new OptionError(`${where}: expected a file of zuko, got one whose metadata says ${JSON.stringify(library)}.`);
  }
  const written = metadata["flow"]?.toLowerCase();
  const named = FLOWS.find((name) => name.toLowerCase() === written) ?? written;
  const number = (name: string): number | undefined => numberIn(where, name, metadata[name]);
  const assumed = options.reference === undefined ? undefined : "plain";
  const merged = {
    // A version of something else tells nothing.
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

/** Checks that a value is absent or one of several. */
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
