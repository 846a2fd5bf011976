import type { OddRow } from "./odd-rows.ts";

/** Similarity of synthetic rows to a second set of rows; 1 is best. */
export interface QualityReport {
  /** Rows of each table in the classifier test. */
  readonly rows: number;
  readonly shape: number;
  /** Null for a single column. */
  readonly trend: number | null;
  readonly c2st: number;
  /** The area under the ROC curve in each fold of the classifier test. */
  readonly areas: readonly number[];
  readonly shapes: readonly { readonly column: string; readonly score: number }[];
  readonly trends: readonly { readonly columns: readonly [string, string]; readonly score: number }[];
}

/** Ranks of the observed values among draws of the model. */
export interface RanksReport {
  readonly counts: readonly number[];
  readonly band: readonly [low: number, high: number];
  readonly statistic: number;
  readonly pValue: number;
}

/** Calibration of the density. */
export interface CalibrationReport {
  /** `true` if the rows were held out from training, according to the options of the command. */
  readonly isHeldOut: boolean;
  readonly rows: number;
  /** Of all tests together, by Bonferroni. */
  readonly pValue: number;
  readonly logDensity: RanksReport;
  readonly columns: readonly {
    readonly column: string;
    /** Ranks of the values of the column; null for a context column. */
    readonly values: RanksReport | null;
    /** Its log-probabilities given the columns before it; null where the model has none. */
    readonly conditional: RanksReport | null;
  }[];
}

/** Ranks of its log-probabilities given the earlier columns; null for a model without such log-probabilities. */
export interface AttackReport {
  readonly area: number;
  readonly standardError: number;
}

/** Result of an attack by the log-probabilities of the cells of a column, each given the earlier cells. */
export interface ColumnAttackReport {
  readonly column: string;
  /** Of an attack by this column alone. */
  readonly area: number;
  /** Of an attack by all other columns. */
  readonly areaWithout: number;
  /** Mean of training rows minus mean of held-out rows, in nats; null for an infinite difference. */
  readonly difference: number | null;
  /** The share of held-out values that some training row has; null where all are missing. */
  readonly seen: number | null;
}

/** Memorization: density of rows that is only due to their presence in the fit. */
export interface MemorizationReport {
  /** Rows that were looked at. */
  readonly rows: number;
  readonly folds: number;
  /** Of the mixture of products that was fitted to all folds but one. */
  readonly components: number;
  /** Of the rows, in nats. */
  readonly median: number;
  /** The 99 % quantile. */
  readonly high: number;
  /** The rows that are memorized most. */
  readonly largest: readonly {
    /** In the file, from 1. */
    readonly row: number;
    readonly value: number;
    /** The most memorized cells given the other cells of the row, in nats. */
    readonly cells: readonly { readonly column: string; readonly cell: string; readonly value: number }[];
  }[];
}

/** Information that the model and its samples reveal. */
export interface PrivacyReport {
  readonly copies: {
    /** Synthetic rows. */
    readonly rows: number;
    readonly count: number;
    readonly unique: number;
    readonly expectedUnique: number;
    readonly pValue: number;
    /** Smallest share of copied rows that would be detected in 95 % of all cases. */
    readonly detectable: number;
    /** `true` if more unique rows were copied than new rows would repeat. */
    readonly found: boolean;
  };
  /**
   * Synthetic rows that equal a training row in all cells but one, and the number expected for new rows; null for a
   * single column.
   */
  readonly nearCopies: { readonly rows: number; readonly count: number; readonly expected: number } | null;
  /** Held-out rows that equal a row of the data, and are left out. */
  readonly overlap: number;
  /** Null without held-out rows. */
  readonly closestRecords: { readonly share: number; readonly standardError: number } | null;
  /** Null without held-out rows. */
  readonly membership: {
    readonly logDensity: AttackReport;
    readonly distance: AttackReport;
    /** Columns of a model with densities of cells, the most revealing first. */
    readonly columns: readonly ColumnAttackReport[];
  } | null;
  /** Null for very few rows. */
  readonly memorization: MemorizationReport | null;
}

/** Complete contents of a report, as JSON. */
export interface TableReport {
  readonly model: string;
  readonly data: string;
  readonly seed: number;
  readonly rows: { readonly training: number; readonly heldOut: number; readonly synthetic: number };
  /** Number of unused rows of the data, above the maximum. */
  readonly unusedRows: number;
  readonly columns: readonly { readonly name: string; readonly description: string; readonly isGiven: boolean }[];
  readonly meanLogDensity: {
    readonly training: number | null;
    readonly heldOut: number | null;
    /** The measure of the log-densities, in words. */
    readonly measure: string;
  };
  /** Mutual information of pairs of columns in nats, the largest first. */
  readonly dependencies: readonly { readonly columns: readonly [string, string]; readonly information: number }[];
  readonly quality: { readonly training: QualityReport; readonly heldOut: QualityReport | null };
  readonly calibration: CalibrationReport;
  readonly oddRows: readonly OddRow[];
  readonly privacy: PrivacyReport;
  readonly seconds: number;
  readonly cpuSeconds: number;
}
