import { takeTableRows } from "@pushforward/datasets/extend";
import {
  columnShapes,
  columnTrends,
  mutualInformation,
  type RankCalibration,
  rankCalibration,
  tableC2st,
} from "@pushforward/diagnostics";
import { createKey, type Key, type Table } from "pushforward";
import { oddestRows } from "./odd-rows.ts";
import { privacyOf } from "./privacy-of.ts";
import type { ReportModel, RowScores } from "./report-model.ts";
import type { ReportRows } from "./report-rows.ts";
import type { CalibrationReport, QualityReport, RanksReport, TableReport } from "./table-report.ts";

/** Numbers of a report that are computed from rows, and the samples used. */
export interface MadeReport {
  readonly report: Omit<TableReport, "model" | "data" | "seed" | "seconds" | "cpuSeconds">;
  readonly synthetic: Table;
}

/** Maximum number of synthetic rows for ranking the log-densities of real rows: a rank is then accurate to 1 %. */
const MOST_SCORED = 10_000;

/**
 * Draws a sample as large as the training rows, and compares both.
 *
 * @param tell receives progress messages.
 */
export async function makeReport(
  model: ReportModel,
  rows: ReportRows,
  seed: number,
  tell: (what: string) => void,
): Promise<MadeReport> {
  const { training, heldOut } = rows;
  const key = createKey(seed).fold("report");
  tell(`${training.rows} synthetic rows are drawn`);
  const synthetic = model.sample(training, seed);
  tell("rows are scored");
  const scores = {
    training: model.score(training),
    synthetic: model.score(drawnRows(synthetic, MOST_SCORED, key.fold("scored"))),
    heldOut: heldOut && model.score(heldOut),
  };
  tell("synthetic rows are compared with real ones");
  const quality = {
    training: qualityOf(training, synthetic, key.fold("quality")),
    heldOut: heldOut === undefined ? null : qualityOf(heldOut, synthetic, key.fold("held-out quality")),
  };
  tell("calibration and privacy");
  return {
    synthetic,
    report: {
      rows: { training: training.rows, heldOut: heldOut?.rows ?? 0, synthetic: synthetic.rows },
      unusedRows: rows.unusedRows,
      columns: model.columns.map(({ name, description, isGiven }) => ({ name, description, isGiven })),
      meanLogDensity: {
        training: meanOf(scores.training.logDensity),
        heldOut: scores.heldOut === undefined ? null : meanOf(scores.heldOut.logDensity),
        measure: model.measure,
      },
      dependencies: mutualInformation(synthetic).map(({ names, information }) => ({ columns: names, information })),
      quality,
      calibration: calibrationOf(model, heldOut ?? training, synthetic, {
        observed: scores.heldOut ?? scores.training,
        drawn: scores.synthetic,
        isHeldOut: heldOut !== undefined,
        key: key.fold("calibration"),
      }),
      oddRows: oddestRows({
        ...{ table: training, rowNumbers: rows.rowNumbers, scores: scores.training },
        ...{ columns: model.columns, anomalies: model.anomalies, rules: model.rules },
      }),
      privacy: await privacyOf(model, rows, synthetic, scores, key.fold("privacy")),
    },
  };
}

function qualityOf(real: Table, synthetic: Table, key: Key): QualityReport {
  const shapes = columnShapes(real, synthetic);
  const trends = columnTrends(real, synthetic);
  const { score, areas, rows } = tableC2st(real, synthetic, { key });
  return {
    rows,
    shape: shapes.score,
    trend: Number.isNaN(trends.score) ? null : trends.score,
    c2st: score,
    areas,
    shapes: shapes.columns.map(({ name, score }) => ({ column: name, score })),
    trends: trends.pairs.map(({ names, score }) => ({ columns: names, score })),
  };
}

interface CalibrationParts {
  readonly observed: RowScores;
  readonly drawn: RowScores;
  readonly isHeldOut: boolean;
  readonly key: Key;
}

function calibrationOf(
  model: ReportModel,
  real: Table,
  synthetic: Table,
  { observed, drawn, isHeldOut, key }: CalibrationParts,
): CalibrationReport {
  const ranks = (name: string, a: ArrayLike<number>, b: ArrayLike<number>): RanksReport =>
    ranksToJson(rankCalibration(a, b, { key: key.fold(name) }));
  const logDensity = ranks("log-density", observed.logDensity, drawn.logDensity);
  const columns = model.columns.map(({ name, isGiven, plotted }) => {
    const { valuesOf } = plotted(synthetic);
    const cells = [observed, drawn].map((scores) => scores.cells.find((column) => column.name === name)?.values);
    const [own, other] = cells;
    return {
      column: name,
      values: isGiven ? null : ranks(`values of ${name}`, valuesOf(real), valuesOf(synthetic)),
      conditional: own === undefined || other === undefined ? null : ranks(`cells of ${name}`, own, other),
    };
  });
  const tests = [logDensity, ...columns.flatMap(({ values, conditional }) => [values, conditional])];
  const pValues = tests.flatMap((test) => test?.pValue ?? []);
  const pValue = Math.min(1, pValues.length * Math.min(...pValues));
  return { isHeldOut, rows: real.rows, pValue, logDensity, columns };
}

function ranksToJson({ counts, band, statistic, pValue }: RankCalibration): RanksReport {
  return { counts: [...counts], band, statistic, pValue };
}

/** Returns at most `most` rows, drawn at random. */
function drawnRows(table: Table, most: number, key: Key): Table {
  if (table.rows <= most) return table;
  return takeTableRows(table, Array.from(key.permutation(table.rows).subarray(0, most)));
}

function meanOf(values: Float64Array): number | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Number.isFinite(mean) ? mean : null;
}
