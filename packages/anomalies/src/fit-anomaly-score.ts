import { DataError, type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { AnomalyParts, type ViewParts } from "./anomaly-parts.ts";
import type { AnomalyScore } from "./anomaly-score.ts";
import {
  calibrated,
  type HeldOutRows,
  type JudgingModel,
  type ModelScores,
  medianShift,
  mixedRows,
  ofTraining,
  scoresOfModel,
  takeScores,
} from "./calibrate-score.ts";
import { fitEmbedding } from "./embedding/table-embedding.ts";
import { constantFeatures, normalView, standardView, varyingFeatures, viewRows } from "./embedding/view.ts";
import { Neighbors } from "./neighbors.ts";
import { fitViewMixtures } from "./view-detectors.ts";

/** Options of {@link fitAnomalyScore}. Only the key is required. */
export interface FitAnomalyScoreOptions {
  /** Decides the folds, and where the components of mixtures start. */
  readonly key: Key;
  /** Names of the columns that are looked at. Default: all. */
  readonly columns?: readonly string[] | undefined;
  /**
   * Grid spacing of the columns of numbers, 0 for columns without a grid. A number off its grid is as anomalous as a
   * new category. Default: 1 for columns of integers.
   */
  readonly steps?: ReadonlyMap<string, number> | undefined;
  /** Of more rows a sample is used. Default: 10,000, and fewer for more than 44 features, but at least 2,000. */
  readonly maxRows?: number | undefined;
  /**
   * The share of training rows that may be anomalous. The score is fitted twice, the second time without the rows that
   * the first fit scores highest. Default: 0.
   */
  readonly contaminated?: number | undefined;
  /** A model of the same table. Its log-density becomes an opinion of the score. */
  readonly model?: JudgingModel | undefined;
  /** Stops the fit soon; the mixtures keep their current state. */
  readonly signal?: AbortSignal | undefined;
}

/** Sample size: maximum, minimum, and maximum product of the rows with the square of the number of features. */
const [MAX_ROWS, LEAST_SAMPLE, MOST_PRODUCTS] = [10_000, 2000, 2e7];
/** Features of the widest table. The time rises with their square. */
const MOST_FEATURES = 100;
/** Number of rows from which a single fold is enough for calibration. */
const MANY_ROWS = 5000;
const FOLDS = 5;
/** Number of rows that show by how much the scores of the fits differ. */
const COMPARED = 500;
/** Maximum number of held-out rows of a fold that are mixed with other rows. */
const MIXED = 500;
/** Minimum number of rows for learning the usual pattern. */
const LEAST_ROWS = 20;

/**
 * Learns to detect anomalous rows of a table: mixtures of normals and reference rows in two views of its columns, and
 * scales for the surprise of their scores, from rows that they were not fitted to.
 *
 * @param table columns of numbers and text, with missing cells.
 * @throws {DataError} fewer than 20 rows, no columns, a column that does not exist, or more than 100 features: one for
 * each column of numbers and for each frequent category but one.
 * @throws {OptionError} an option is out of range.
 * @example
 * const odd = await fitAnomalyScore(penguins(), { key });
 * odd.score(penguins()).length; // → 342
 */
export async function fitAnomalyScore(table: Table, options: FitAnomalyScoreOptions): Promise<AnomalyScore> {
  checkOptions("fitAnomalyScore", options, {
    key: true,
    columns: true,
    steps: true,
    maxRows: true,
    contaminated: true,
    model: true,
    signal: true,
  });
  checkKey("fitAnomalyScore", options);
  const { key, contaminated = 0, maxRows } = options;
  if (!(contaminated >= 0 && contaminated < 0.5)) {
    throw new OptionError(
      `fitAnomalyScore: expected contaminated of at least 0 and below 0.5, got ${describeValue(contaminated)}.`,
    );
  }
  if (maxRows !== undefined && !(Number.isSafeInteger(maxRows) && maxRows >= LEAST_ROWS)) {
    throw new OptionError(
      `fitAnomalyScore: expected maxRows to be an integer from ${LEAST_ROWS}, got ${describeValue(maxRows)}.`,
    );
  }
  const chosen = chosenColumns(table, options.columns);
  if (chosen.rows < LEAST_ROWS || chosen.columns.length === 0) {
    throw new DataError(
      `fitAnomalyScore: expected at least ${LEAST_ROWS} rows and a column, got ${chosen.rows} rows and ${chosen.columns.length} columns.`,
    );
  }
  const steps = new Map(
    chosen.columns.map((column) => [column.name, options.steps?.get(column.name) ?? stepOf(column)]),
  );
  const features = fitEmbedding(chosen).owners.length;
  if (features > MOST_FEATURES) {
    throw new DataError(
      `fitAnomalyScore: expected at most ${MOST_FEATURES} features, one for each column of numbers and each frequent category but one, got ${features}. Choose fewer columns.`,
    );
  }
  const most = maxRows ?? Math.min(MAX_ROWS, Math.max(LEAST_SAMPLE, Math.floor(MOST_PRODUCTS / features ** 2)));
  const sample = Array.from(key.fold("rows").permutation(chosen.rows).subarray(0, most));
  const rows = takeTableRows(chosen, sample);
  const { model, signal } = options;
  const modelScores = model && scoresOfModel(model, takeTableRows(table, sample));
  const first = await fitRows(rows, { steps, key, signal, modelScores });
  if (contaminated === 0) return first;
  const scores = first.combineSurprises(first.parts.rawScores(rows), modelScores && ofTraining(modelScores));
  const kept = lowest(scores, Math.max(LEAST_ROWS, Math.ceil((1 - contaminated) * rows.rows)));
  first.dispose();
  const usual = kept.map((row) => sample[row] as number);
  const cleanScores = model && scoresOfModel(model, takeTableRows(table, usual), contaminated);
  return fitRows(takeTableRows(rows, kept), { steps, key, signal, modelScores: cleanScores });
}

/** Places of the lowest of some numbers, in increasing order. */
function lowest(values: Float64Array, count: number): number[] {
  const order = [...values.keys()].sort((a, b) => (values[a] as number) - (values[b] as number));
  return order.slice(0, count).sort((a, b) => a - b);
}

function chosenColumns(table: Table, names: readonly string[] | undefined): Table {
  if (names === undefined) return table;
  return {
    rows: table.rows,
    columns: names.map((name) => {
      const column = table.columns.find((own) => own.name === name);
      if (column === undefined) {
        throw new DataError(`fitAnomalyScore: expected a column "${name}", got none.`, { column: name });
      }
      return column;
    }),
  };
}

/** Default grid spacing of a column without a given spacing. */
function stepOf({ kind, values }: Column): number {
  return kind === "number" && values.every((x) => Number.isNaN(x) || Number.isInteger(x)) ? 1 : 0;
}

interface FitRowsOptions {
  readonly steps: ReadonlyMap<string, number>;
  readonly key: Key;
  readonly signal: AbortSignal | undefined;
  readonly modelScores: ModelScores | undefined;
}

/** Fits to all rows, and calibrates with held-out rows of fits to the rest. */
async function fitRows(table: Table, { modelScores, ...settings }: FitRowsOptions): Promise<AnomalyScore> {
  const { rows } = table;
  const folds = rows < MANY_ROWS ? FOLDS : 1;
  // All fits have the same number of references: distances to more references are smaller.
  const shared = { ...settings, references: rows - Math.ceil(rows / FOLDS) };
  const all = Array.from({ length: rows }, (_, row) => row);
  const parts = await fitParts(table, shared);
  const compared = all.slice(0, COMPARED);
  const whole = parts.rawScores(takeTableRows(table, compared));
  const heldOut: HeldOutRows[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const held = all.filter((row) => row % FOLDS === fold);
    const kept = all.filter((row) => row % FOLDS !== fold);
    const own = await fitParts(takeTableRows(table, kept), shared);
    const common = compared.filter((row) => row % FOLDS !== fold);
    const scores = own.rawScores(takeTableRows(table, [...held, ...common]));
    const [ofHeld, ofCommon] = [takeScores(scores, 0, held.length), takeScores(scores, held.length)];
    const shift = medianShift(ofCommon, common, whole);
    const [mixed, key] = [held.slice(0, MIXED), settings.key.fold("mixed").fold(fold)];
    heldOut.push({
      ...{ places: held, scores: shift(ofHeld) },
      mixed: shift(own.rawScores(mixedRows(table, mixed, key))),
      mixedLogProb: modelScores?.mixed(mixed, key),
    });
    own.dispose();
    for (const { mixtures, neighbors } of own.views)
      for (const part of [...mixtures.clusters, mixtures.centers, neighbors]) part?.dispose();
  }
  return calibrated(parts, heldOut, modelScores);
}

interface FitPartsOptions {
  readonly steps: ReadonlyMap<string, number>;
  readonly key: Key;
  readonly signal: AbortSignal | undefined;
  /** Maximum number of reference rows. */
  readonly references: number;
}

async function fitParts(table: Table, { steps, key, signal, references }: FitPartsOptions): Promise<AnomalyParts> {
  const embedding = fitEmbedding(table, steps);
  const embedded = embedding.embed(table);
  const standard = standardView(embedded);
  const views: ViewParts[] = [];
  for (const view of [standard, normalView(embedded)]) {
    const width = varyingFeatures(view).length;
    if (width === 0) continue;
    const seen = viewRows(view, embedded);
    const mixtures = await fitViewMixtures(seen, width, { key: key.fold(views.length), signal });
    views.push({ view, mixtures, neighbors: Neighbors.fit(seen, width, references) });
  }
  return new AnomalyParts(embedding, constantFeatures(standard), views);
}
