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
  /** The kinds of the members in place of those of the quality. With none the model is the mixture of Gaussians. */
  readonly members?: readonly MemberKind[] | undefined;
  /** Keep the one member that is best on the validation rows, which is a single bijection of its base. */
  readonly select?: boolean | undefined;
  /**
   * Weight of a Student-t with one degree of freedom and mean and covariance of the training rows, without the context. A
   * row far from all others then costs the logarithm of its distance, not the square. Samples are drawn without this
   * component: with it they would have no finite variance. 0 omits it. Default: 0.001, with `select` 0.
   */
  readonly defensiveWeight?: number | undefined;
  /** The columns of each one-hot block of the context. */
  readonly contextClasses?: readonly (readonly number[])[] | undefined;
  /**
   * Columns of integers or other even steps, to which noise of ± half a step is added before the model learns from them:
   * `auto` finds them, an empty list leaves all as they are.
   */
  readonly dequantize?: "auto" | readonly number[] | undefined;
  /** Also measures a kernel density estimate on the validation rows, for comparison. Not with a context. */
  readonly kernelBaseline?: boolean | undefined;
  /** Names of the columns, for the log. */
  readonly columnNames?: readonly string[] | undefined;
  /** Most passes over the data of each member: as many as give 4,000 to 6,000 steps, but at most 200. */
  readonly epochs?: number | undefined;
  /** Epochs without improvement before a member goes back to its best weights: 4, or 8 % of the epochs. */
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
   * Rows that the members are trained on in place of those of the data, read block by block; the validation rows must not be
   * among them. The data are then a random sample of such rows: it decides the standardization, the mixtures of Gaussians,
   * the quantiles and which columns have steps.
   */
  readonly stream?: RowStream | undefined;
  /**
   * Trains the members in place of this thread, at the same time those that do not depend on each other: on other machines,
   * for instance. The model is the same. Not with a `stream`.
   */
  readonly memberTrainer?: MemberTrainer | undefined;
  /** Ends the work soon, with the best model so far. */
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
  kernelBaseline: true,
  columnNames: true,
  epochs: true,
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

/** The members of each quality; those of `fast` depend on the table. */
const MEMBERS: Readonly<Record<Exclude<Quality, "fast">, readonly MemberKind[]>> = {
  default: ["mixture", "quantile"],
  best: [...KINDS, "mixture", "quantile"],
};

/** Columns up to which Gaussians can be laid out over the whole space. */
const FEW_COLUMNS = 2;
/** Rows below which layers learn little beyond where they start. */
const FEW_ROWS = 2000;

/** What a row of the rows that the model is for costs at most: −ln(1 − 0.001) nats. */
const DEFENSIVE_WEIGHT = 1e-3;

/**
 * The kinds of the members that are trained in any case, in order, for so many training rows and columns. For `fast`, which
 * trains one, there may be several to choose from, by {@link choosesByStart}.
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

/** Whether only the one kind of the members is trained that starts best on the validation rows. */
export function choosesByStart({ quality, members }: FitAutoOptions): boolean {
  return quality === "fast" && members === undefined;
}

/** The weight of the defensive component. */
export function defensiveWeightOf({ defensiveWeight, select = false }: FitAutoOptions): number {
  return defensiveWeight ?? (select ? 0 : DEFENSIVE_WEIGHT);
}

/** Whether what the first members come to may call for another one. */
export function mayAddMember({ quality = "default", members }: FitAutoOptions): boolean {
  return quality === "default" && members === undefined;
}

/**
 * Checks what can be checked without the data.
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
  for (const name of ["epochs", "patience", "batchSize", "transforms"] as const) count(name, options[name]);
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
