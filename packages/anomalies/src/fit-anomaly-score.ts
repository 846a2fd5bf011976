import { DataError, type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { AnomalyParts, type RawScores, UNKNOWN, type ViewParts } from "./anomaly-parts.ts";
import { AnomalyScore, surpriseOfModel } from "./anomaly-score.ts";
import { type SurpriseScale, surpriseScale, tailRanks } from "./calibration.ts";
import { fitEmbedding } from "./embedding/table-embedding.ts";
import { constantFeatures, normalView, standardView, varyingFeatures, viewRows } from "./embedding/view.ts";
import { Neighbors } from "./neighbors.ts";
import { fitViewMixtures } from "./view-detectors.ts";

/** A model whose log-density tells how anomalous rows are. */
interface JudgingModel {
  /** Log-density of each row of a table with the columns of the training rows. */
  logProb(table: Table): Float64Array;
  /** Log-densities of rows that the model was not fitted to. */
  readonly heldOut: Float64Array;
}

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
  const modelScores = model && {
    training: model.logProb(takeTableRows(table, sample)),
    heldOut: model.heldOut,
  };
  const first = await fitRows(rows, { steps, key, signal, modelScores });
  if (contaminated === 0) return first;
  const scores = first.combineSurprises(first.parts.rawScores(rows), modelScores && ofTraining(modelScores));
  const kept = lowest(scores, Math.max(LEAST_ROWS, Math.ceil((1 - contaminated) * rows.rows)));
  first.dispose();
  const cleanScores = modelScores && {
    training: Float64Array.from(kept, (row) => modelScores.training[row] as number),
    heldOut: modelScores.heldOut
      .slice()
      .sort()
      .slice(Math.floor(contaminated * modelScores.heldOut.length)),
  };
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

/** Log-densities of rows by a model. */
interface ModelScores {
  /** Of the training rows, which are higher than for fresh rows if the model overfits. */
  readonly training: Float64Array;
  readonly heldOut: Float64Array;
}

/**
 * Surprise of the training rows to a model, compared with all training rows. Thus it has the same distribution as the
 * surprise of fresh rows compared with held-out rows.
 */
function ofTraining({ training }: ModelScores): Float64Array {
  return surpriseOfModel(scaleOfModel(training), training, Math.log(training.length + 1));
}

function scaleOfModel(logProb: Float64Array): SurpriseScale {
  return surpriseScale(logProb.map((value) => -value));
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
    heldOut.push({ places: held, scores: shift(ofHeld) });
    own.dispose();
    for (const { mixtures, neighbors } of own.views)
      for (const part of [...mixtures.clusters, mixtures.centers, neighbors]) part?.dispose();
  }
  return calibrated(parts, heldOut, modelScores);
}

/** The scores of some successive rows. */
function takeScores({ detectors, distances, columns, isNew, rows }: RawScores, from: number, to = rows): RawScores {
  return {
    rows: to - from,
    detectors: detectors.map((values) => values.subarray(from, to)),
    distances: distances.map((values) => values.subarray(from, to)),
    columns: columns.map((values) => values.subarray(from, to)),
    isNew: isNew.map((values) => values.subarray(from, to)),
  };
}

/**
 * Shifts scores by the medians of the differences between two fits on rows of both. A feature that is nearly constant
 * can have any density where it is: fits differ in it by a constant.
 *
 * @param places of the rows of `from` among the rows of `to`.
 */
function medianShift(from: RawScores, places: readonly number[], to: RawScores): (scores: RawScores) => RawScores {
  const shifts = (["detectors", "columns"] as const).map((name) =>
    from[name].map((values, k) =>
      medianOf(places.map((place, row) => [values[row] as number, to[name][k]?.[place] as number])),
    ),
  );
  const shifted = (arrays: readonly Float64Array[], by: readonly number[]): Float64Array[] =>
    arrays.map((values, k) => values.map((value) => (value === UNKNOWN ? value : value + (by[k] as number))));
  return (scores) => ({
    ...scores,
    detectors: shifted(scores.detectors, shifts[0] as number[]),
    columns: shifted(scores.columns, shifts[1] as number[]),
  });
}

/** Median of the differences between pairs of scores, without unknown cells; 0 if all are unknown. */
function medianOf(pairs: readonly (readonly number[])[]): number {
  const differences = Float64Array.from(
    pairs.filter(([from]) => from !== UNKNOWN),
    ([from, to]) => (to as number) - (from as number),
  ).sort();
  return differences[differences.length >> 1] ?? 0;
}

/** Rows of a fold, with their scores by a fit to the remaining rows. */
interface HeldOutRows {
  readonly places: readonly number[];
  readonly scores: RawScores;
}

/** Compares detectors, columns, opinions and scores with their values for held-out rows. */
function calibrated(
  parts: AnomalyParts,
  heldOut: readonly HeldOutRows[],
  modelScores: ModelScores | undefined,
): AnomalyScore {
  const scalesOf = (pick: (scores: RawScores) => readonly Float64Array[]): SurpriseScale[] => {
    const folds = heldOut.map(({ scores }) => pick(scores));
    return (folds[0] as readonly Float64Array[]).map((_, k) =>
      surpriseScale(concat(folds.map((fold) => fold[k] as Float64Array))),
    );
  };
  const noRanks = tailRanks(new Float64Array(0));
  const all = {
    parts,
    scales: scalesOf(({ detectors }) => detectors),
    columnScales: scalesOf(({ columns }) => columns),
  };
  // Opinions need the scales of detectors and columns, and ranks need the scales of opinions.
  const bare = new AnomalyScore({ ...all, ranks: noRanks });
  const opinionScales = parts.opinions === 0 ? [] : scalesOf((scores) => bare.opinions(scores));
  const unranked = new AnomalyScore({ ...all, opinionScales, ranks: noRanks });
  const training = modelScores && ofTraining(modelScores);
  const ranked = heldOut.map(({ places, scores }) =>
    unranked.combineSurprises(scores, training && Float64Array.from(places, (row) => training[row] as number)),
  );
  return new AnomalyScore({
    ...all,
    opinionScales: modelScores ? [...opinionScales, scaleOfModel(modelScores.heldOut)] : opinionScales,
    usesModel: modelScores !== undefined,
    ranks: tailRanks(concat(ranked)),
  });
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

function concat(arrays: readonly Float64Array[]): Float64Array {
  const result = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}
