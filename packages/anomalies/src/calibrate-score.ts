import type { Key } from "@pushforward/core";
import { areaUnderCurve } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { joinNumbers, takeTableRows } from "@pushforward/datasets/extend";
import { type AnomalyParts, type RawScores, UNKNOWN } from "./anomaly-parts.ts";
import { AnomalyScore, surpriseOfModel } from "./anomaly-score.ts";
import { type SurpriseScale, surpriseScale, tailRanks } from "./calibration.ts";

/** A model whose log-density tells how anomalous rows are. */
export interface JudgingModel {
  /** Log-density of each row of a table with the columns of the training rows. */
  logProb(table: Table): Float64Array;
  /** Log-densities of rows outside of the fit of the model. */
  readonly heldOut: Float64Array;
}

/** Log-densities of rows by a model. */
export interface ModelScores {
  /** Of the training rows, which are higher than for fresh rows if the model overfits. */
  readonly training: Float64Array;
  readonly heldOut: Float64Array;
  /** Of mixed training rows, as {@link mixedRows} of the table of training rows. */
  mixed(places: readonly number[], key: Key): Float64Array;
}

/**
 * @param rows the training rows of the score, with all columns of the model.
 * @param contaminated share of the held-out rows that may be anomalous: the lowest log-densities are left out.
 */
export function scoresOfModel(model: JudgingModel, rows: Table, contaminated = 0): ModelScores {
  const { heldOut } = model;
  return {
    training: model.logProb(rows),
    heldOut:
      contaminated === 0
        ? heldOut
        : heldOut
            .slice()
            .sort()
            .slice(Math.floor(contaminated * heldOut.length)),
    mixed: (places, key) => model.logProb(mixedRows(rows, places, key)),
  };
}

/**
 * Surprise of the training rows to a model, compared with all training rows. Thus it has the same distribution as the
 * surprise of fresh rows compared with held-out rows.
 */
export function ofTraining({ training }: ModelScores): Float64Array {
  return surpriseOfModel(scaleOfModel(training), training, Math.log(training.length + 1));
}

function scaleOfModel(logProb: Float64Array): SurpriseScale {
  return surpriseScale(logProb.map((value) => -value));
}

/** The scores of some successive rows. */
export function takeScores(
  { detectors, distances, columns, isNew, rows }: RawScores,
  from: number,
  to: number = rows,
): RawScores {
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
export function medianShift(
  from: RawScores,
  places: readonly number[],
  to: RawScores,
): (scores: RawScores) => RawScores {
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
export interface HeldOutRows {
  readonly places: readonly number[];
  readonly scores: RawScores;
  /** Scores of some of the rows, mixed with other rows, and their log-densities by the model. */
  readonly mixed: RawScores;
  readonly mixedLogProb: Float64Array | undefined;
}

/** Compares detectors, columns, opinions and scores with their values for held-out rows. */
export function calibrated(
  parts: AnomalyParts,
  heldOut: readonly HeldOutRows[],
  modelScores: ModelScores | undefined,
): AnomalyScore {
  const scalesOf = (values: readonly Float64Array[]): SurpriseScale[] => values.map(surpriseScale);
  const noRanks = tailRanks(new Float64Array(0));
  const all = {
    parts,
    scales: scalesOf(joined(heldOut.map(({ scores }) => scores.detectors))),
    columnScales: scalesOf(joined(heldOut.map(({ scores }) => scores.columns))),
  };
  // Opinions need the scales of detectors and columns, and ranks need the scales of opinions.
  const bare = new AnomalyScore({ ...all, ranks: noRanks });
  const usual = parts.opinions === 0 ? [] : joined(heldOut.map(({ scores }) => bare.opinions(scores)));
  const opinionScales = scalesOf(usual);
  const mixed = joined(heldOut.map((fold) => bare.opinions(fold.mixed)));
  const areas = usual.map((values, k) => areaUnderCurve(values, mixed[k] as Float64Array));
  if (modelScores !== undefined) {
    // Not training rows: their log-densities are too high if the model overfits.
    const ofMixed = joinNumbers(heldOut.flatMap(({ mixedLogProb }) => mixedLogProb ?? []));
    areas.push(areaUnderCurve(ofMixed, modelScores.heldOut));
  }
  const weighted = { ...all, weights: usual.length === 0 ? undefined : opinionWeights(areas) };
  const unranked = new AnomalyScore({ ...weighted, opinionScales, ranks: noRanks });
  const training = modelScores && ofTraining(modelScores);
  const ranked = heldOut.map(({ places, scores }) =>
    unranked.combineSurprises(scores, training && Float64Array.from(places, (row) => training[row] as number)),
  );
  return new AnomalyScore({
    ...weighted,
    opinionScales: modelScores ? [...opinionScales, scaleOfModel(modelScores.heldOut)] : opinionScales,
    usesModel: modelScores !== undefined,
    ranks: tailRanks(joinNumbers(ranked)),
  });
}

/** Arrays of folds, joined by their place. */
function joined(folds: readonly (readonly Float64Array[])[]): Float64Array[] {
  return (folds[0] ?? []).map((_, k) => joinNumbers(folds.map((fold) => fold[k] as Float64Array)));
}

/**
 * Returns rows with about half of their cells from other rows: usual cells in unusual combinations, which an opinion
 * should find. Columns are mixed by their names, so that tables that share rows and columns agree.
 */
export function mixedRows(table: Table, places: readonly number[], key: Key): Table {
  const others = Array.from(key.fold("rows").uniform(places.length), (u) => Math.floor(u * table.rows));
  return {
    rows: places.length,
    columns: table.columns.flatMap((column) => {
      const coins = key.fold("cells").fold(column.name).uniform(places.length);
      const from = places.map((place, row) => ((coins[row] as number) < 0.5 ? place : (others[row] as number)));
      return takeTableRows({ rows: table.rows, columns: [column] }, from).columns;
    }),
  };
}

/** Number subtracted from an area, and the power of the difference. */
const [LEAST_AREA, POWER] = [0.4, 8];

/**
 * The weight of each opinion in the mean of all, by the area A under the ROC curve of its values for usual and for mixed
 * rows: `(max(A, ½) − 0.4)⁸`, divided by the sum. Opinions with an area of at most ½ have equal weights.
 */
function opinionWeights(areas: readonly number[]): number[] {
  const powers = areas.map((area) => (Math.max(area, 0.5) - LEAST_AREA) ** POWER);
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
