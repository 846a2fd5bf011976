import type { FitAutoOptions } from "./fit-auto-options.ts";
import type { MemberKind } from "./member-kind.ts";

/** What a member is made of and how it is trained; it depends on the kind, the training rows and the columns. */
export interface MemberSettings {
  readonly transforms: number;
  readonly hidden: readonly number[];
  /** What the layers are made of. */
  readonly family: "spline" | "affine" | "gaussianization";
  /** Bins of the splines of the layers; undefined where there are none. */
  readonly bins: number | undefined;
  /** Knots of the quantile splines; undefined where there are none. */
  readonly knots: number | undefined;
  readonly dropout: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Epochs without improvement before it goes back to its best weights. */
  readonly patience: number;
  readonly learningRate: number;
}

/** Rows from which on over-fitting is no danger for a few thousand steps. */
const MANY_ROWS = 20_000;
const SOME_ROWS = 5000;
const FEW_ROWS = 1000;

const MOST_EPOCHS = 200;
const LEAST_PATIENCE = 4;
/** A share of the epochs. */
const PATIENCE = 0.08;

/** Columns up to which layers see enough of each one that few knots do. */
const FEW_COLUMNS = 2;
const FEW_KNOTS = 17;

/** The settings of a member, where the user has not said otherwise. */
export function memberSettings(
  kind: MemberKind,
  [rows, columns]: readonly [rows: number, columns: number],
  options: FitAutoOptions,
): MemberSettings {
  const isMixture = kind === "mixture";
  const family = kind === "affine" || kind === "gaussianization" ? kind : "spline";
  const isSpline = family === "spline";
  const batchSize = Math.min(rows, options.batchSize ?? (isMixture || rows < SOME_ROWS ? 64 : 128));
  const steps = isMixture ? 4000 : rows < MANY_ROWS ? 4500 : 6000;
  const epochs = options.epochs ?? Math.max(1, Math.min(MOST_EPOCHS, Math.round(steps / Math.ceil(rows / batchSize))));
  const knots = !isSpline || rows < FEW_ROWS || columns <= FEW_COLUMNS ? FEW_KNOTS : rows < SOME_ROWS ? 33 : 65;
  return {
    transforms: options.transforms ?? 3,
    hidden: options.hidden ?? [64, 64],
    family,
    bins: isSpline ? (options.bins ?? (isMixture ? 8 : 12)) : undefined,
    knots: isMixture ? undefined : knots,
    dropout: rows < MANY_ROWS ? 0.1 : 0,
    batchSize,
    epochs,
    patience: options.patience ?? Math.max(LEAST_PATIENCE, Math.floor(PATIENCE * epochs)),
    learningRate: options.learningRate ?? 5e-3,
  };
}
