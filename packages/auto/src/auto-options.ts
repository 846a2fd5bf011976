import { type Key, type NdArray, OptionError } from "@pushforward/core";

/** Rows of a table in its own units. */
export interface AutoRows {
  /** `[rows, columns]`. */
  readonly x: NdArray;
  /** `[rows, context]`: numbers as they are, categories as blocks of ones and zeros, see `contextClasses`. */
  readonly context?: NdArray | undefined;
}

/** How much is spent: one member, two of different kinds, or four, two of each kind. */
export type Quality = "fast" | "default" | "best";

/** Options of `auto` and `fitAuto`. Only the key is required. */
export interface AutoOptions {
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
  /** The columns of each one-hot block of the context. */
  readonly contextClasses?: readonly (readonly number[])[] | undefined;
  /**
   * Columns of integers, to which noise of ±½ is added before the model learns from them: `auto` finds them, an empty
   * list leaves all as they are.
   */
  readonly dequantise?: "auto" | readonly number[] | undefined;
  /** Also measures a kernel density estimate on the validation rows, for comparison. */
  readonly kernelBaseline?: boolean | undefined;
  /** Names of the columns, for the log. */
  readonly columnNames?: readonly string[] | undefined;
  /** Most passes over the data of each member: as many as give 4,000 to 6,000 steps, but at most 200. */
  readonly epochs?: number | undefined;
  /** Epochs without improvement before a member goes back to its best weights: 4, or 8 % of the epochs. */
  readonly patience?: number | undefined;
  /** Rows of a step: 64, or for quantile members 128 from 5,000 rows on. */
  readonly batchSize?: number | undefined;
  /** The highest rate: 5e-3. */
  readonly learningRate?: number | undefined;
  /** Autoregressive layers of each member: 3. */
  readonly transforms?: number | undefined;
  /** Widths of the residual networks, a block for each entry after the first: [64, 64]. */
  readonly hidden?: readonly number[] | undefined;
  /** Bins of the splines of the layers: 8, or 12 for quantile members. */
  readonly bins?: number | undefined;
  /** Threads that train, see `fit`: `auto`. */
  readonly threads?: "auto" | number | undefined;
  /** Ends the work soon, with the best model so far. */
  readonly signal?: AbortSignal | undefined;
}

/** The two kinds of members: layers over a mixture of Gaussians, and quantile splines and layers over one Gaussian. */
export type MemberKind = "mixture" | "quantile";

/** The members of each quality. */
const MEMBERS: Readonly<Record<Quality, readonly MemberKind[]>> = {
  fast: ["mixture"],
  default: ["mixture", "quantile"],
  best: ["mixture", "quantile", "mixture", "quantile"],
};

/** The kinds of the members, in order. */
export function membersOf({ quality = "default", members = MEMBERS[quality] }: AutoOptions): readonly MemberKind[] {
  return members;
}

/** Checks what can be checked without the data. */
export function checkAutoOptions(options: AutoOptions): void {
  if (typeof options?.key?.fold !== "function") {
    throw new OptionError("auto: expected options.key, got none. Pass { key: createKey(0) }.");
  }
  const { validation, quality = "default" } = options;
  if (!(quality in MEMBERS)) {
    const names = Object.keys(MEMBERS).join(", ");
    throw new OptionError(`auto: expected quality to be one of ${names}, got ${JSON.stringify(quality)}.`);
  }
  if (typeof validation === "number" && !(validation > 0 && validation < 1)) {
    throw new OptionError(
      `auto: expected validation between 0 and 1, got ${validation}. Every choice is made on the validation rows.`,
    );
  }
}
