import { type Key, OptionError, type RowsLike } from "@pushforward/core";
import { checkKey, checkOptions, describeValue, type OptionNames } from "@pushforward/core/extend";
import type { RowStream } from "@pushforward/training";
import type { MemberKind, MemberTrainer } from "./member-task.ts";

/** Rows of a table in its own units. */
export interface AutoRows {
  /** `[rows, columns]`. */
  readonly x: RowsLike;
  /** `[rows, context]`: numbers as they are, categories as blocks of ones and zeros, see `contextClasses`. */
  readonly context?: RowsLike | undefined;
}

/** How much is spent: one member, two or three of different kinds, or six of all kinds. */
export type Quality = "fast" | "default" | "best";

/** Options of `fitAuto` and `fitAutoEvents`. Only the key is required. */
export interface FitAutoOptions {
  /** Decides every random number. */
  readonly key: Key;
  /** Rows to choose and to stop by: a fraction of the data, or rows of their own: 0.1, at least 30 rows. */
  readonly validation?: number | AutoRows | undefined;
  /** `default`. */
  readonly quality?: Quality | undefined;
  /** Types of the members, instead of the types of the quality. An empty list fits the Gaussian mixture only. */
  readonly members?: readonly MemberKind[] | undefined;
  /** Keep the one member that is best on the validation rows, which is a single bijection of its base. */
  readonly select?: boolean | undefined;
  /**
   * Weight of a Student-t with one degree of freedom and the mean and covariance of the training rows, without context. It
   * limits the cost of a distant row to the logarithm of its distance. Samples ignore the component, because it has no finite
   * variance. 0 omits it. Default: 0.001, with `select` 0.
   */
  readonly defensiveWeight?: number | undefined;
  /** The columns of each one-hot block of the context. */
  readonly contextClasses?: readonly (readonly number[])[] | undefined;
  /**
   * Columns with regularly spaced values, such as integers, which get uniform noise of half a grid spacing in training.
   * Default: detected. An empty list disables the noise.
   */
  readonly dequantize?: "auto" | readonly number[] | undefined;
  /**
   * Gives bounds to positive columns near 0, and to grids whose first or last number is frequent: members have no density
   * outside, and no sample is outside. Only the Student-t has density outside, so there are no bounds without it. Default:
   * true.
   */
  readonly bounds?: boolean | undefined;
  /** Also measures a kernel density estimate on the validation rows, for comparison. Not with a context. */
  readonly kernelBaseline?: boolean | undefined;
  /** Names of the columns, for the log. */
  readonly columnNames?: readonly string[] | undefined;
  /** Maximum number of epochs of each member. Default: enough for 4,000 to 6,000 steps, at most 200. */
  readonly maxEpochs?: number | undefined;
  /** Epochs without improvement before a member restores its best weights. Default: 4, or 8 % of the epochs. */
  readonly patience?: number | undefined;
  /** Rows of a step: 64, or from 5,000 rows on 128 for members with quantile splines. */
  readonly batchSize?: number | undefined;
  /** The highest rate: 5e-3. */
  readonly learningRate?: number | undefined;
  /** Autoregressive layers of each member. Default: 3. */
  readonly transforms?: number | undefined;
  /** Widths of the residual networks, a block for each entry after the first: [64, 64]. */
  readonly hidden?: readonly number[] | undefined;
  /** Bins of the splines of the layers: 8, or 12 for quantile members; affine ones have none. */
  readonly bins?: number | undefined;
  /** Threads that train, see `train`: `auto`. */
  readonly threads?: "auto" | number | undefined;
  /**
   * Training rows of the members, read in blocks, without the validation rows. The data are then a random sample, which
   * determines standardization, Gaussian mixtures, quantiles and grid spacings.
   */
  readonly stream?: RowStream | undefined;
  /**
   * Trains independent members in parallel, for example on several machines. The model is the same. Not with a `stream`.
   */
  readonly memberTrainer?: MemberTrainer | undefined;
  /** Stops the work soon, with the best model so far. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS: OptionNames<FitAutoOptions> = {
  key: true,
  validation: true,
  quality: true,
  members: true,
  select: true,
  defensiveWeight: true,
  contextClasses: true,
  dequantize: true,
  bounds: true,
  kernelBaseline: true,
  columnNames: true,
  maxEpochs: true,
  patience: true,
  batchSize: true,
  learningRate: true,
  transforms: true,
  hidden: true,
  bins: true,
  threads: true,
  stream: true,
  memberTrainer: true,
  signal: true,
};

const KINDS: readonly MemberKind[] = ["mixture", "quantile", "affine", "gaussianization"];

/** The members of each quality; for `fast` the table decides. */
const MEMBERS: Readonly<Record<Exclude<Quality, "fast">, readonly MemberKind[]>> = {
  default: ["mixture", "quantile"],
  best: [...KINDS, "mixture", "quantile"],
};

/** Columns up to which Gaussians can be laid out over the whole space. */
const FEW_COLUMNS = 2;
/** Rows below which layers learn little beyond where they start. */
const FEW_ROWS = 2000;

/** Maximum cost per row of the training distribution: −ln(1 − 0.001) nats. */
const DEFENSIVE_WEIGHT = 1e-3;

/**
 * The types of the members that are always trained, in order, for the number of training rows and columns. `fast`
 * trains a single one of several candidates, see {@link choosesByStart}.
 */
export function membersOf(
  options: FitAutoOptions,
  [rows, columns]: readonly [rows: number, columns: number],
): readonly MemberKind[] {
  const { quality = "default", members } = options;
  if (members !== undefined) return members;
  if (quality !== "fast") return MEMBERS[quality];
  if (columns <= FEW_COLUMNS) return ["mixture"];
  return rows < FEW_ROWS ? ["mixture", "quantile"] : ["quantile"];
}

/** Returns `true` if only the member with the best start on validation rows is trained. */
export function choosesByStart({ quality, members }: FitAutoOptions): boolean {
  return quality === "fast" && members === undefined;
}

/** The weight of the defensive component. */
export function defensiveWeightOf({ defensiveWeight, select = false }: FitAutoOptions): number {
  return defensiveWeight ?? (select ? 0 : DEFENSIVE_WEIGHT);
}

/** Returns `true` if columns may have bounds. */
export function hasBounds(options: FitAutoOptions): boolean {
  return options.bounds !== false && options.members?.length !== 0 && defensiveWeightOf(options) > 0;
}

/** Returns `true` if the results of the first members can require an additional member. */
export function mayAddMember({ quality = "default", members }: FitAutoOptions): boolean {
  return quality === "default" && members === undefined;
}

/**
 * Checks the options that need no data.
 *
 * @throws {OptionError} no key, or an option out of range.
 */
export function checkAutoOptions(options: FitAutoOptions): void {
  checkKey("fitAuto", options);
  checkOptions("fitAuto", options, OPTIONS);
  const { validation, quality = "default", members = [], hidden, bins, learningRate, threads = "auto" } = options;
  const { defensiveWeight, memberTrainer, stream } = options;
  oneOf("quality", ["fast", "default", "best"], quality);
  for (const kind of members) oneOf("each of members", KINDS, kind);
  if (typeof validation === "number" && !(validation > 0 && validation < 1)) {
    throw new OptionError(
      `fitAuto: expected validation between 0 and 1, got ${describeValue(validation)}. Every choice is made on the validation rows.`,
    );
  }
  for (const name of ["maxEpochs", "patience", "batchSize", "transforms"] as const) count(name, options[name]);
  if (defensiveWeight !== undefined && !(defensiveWeight >= 0 && defensiveWeight < 1)) {
    throw new OptionError(`fitAuto: expected defensiveWeight from 0 to below 1, got ${defensiveWeight}.`);
  }
  if (memberTrainer !== undefined && stream !== undefined) {
    throw new OptionError(
      "fitAuto: expected no stream with a memberTrainer, got both. Rows of a stream are only read here.",
    );
  }
  count("bins", bins, 2, 500);
  if (threads !== "auto") count("threads", threads);
  if (learningRate !== undefined && !(learningRate > 0 && learningRate < Number.POSITIVE_INFINITY)) {
    throw new OptionError(
      `fitAuto: expected learningRate to be a finite number above 0, got ${describeValue(learningRate)}.`,
    );
  }
  if (hidden !== undefined && (!Array.isArray(hidden) || new Set(hidden).size !== 1)) {
    throw new OptionError(
      `fitAuto: expected hidden to be widths that are all the same, as [64, 64], got ${JSON.stringify(hidden)}.`,
    );
  }
  count("hidden", hidden?.[0]);
}

function oneOf(what: string, names: readonly string[], value: unknown): void {
  if (names.some((name) => name === value)) return;
  throw new OptionError(`fitAuto: expected ${what} to be one of ${names.join(", ")}, got ${JSON.stringify(value)}.`);
}

function count(name: string, value: number | undefined, least = 1, most = Number.MAX_SAFE_INTEGER): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new OptionError(`fitAuto: expected ${name} to be an integer ${range}, got ${JSON.stringify(value)}.`);
}
