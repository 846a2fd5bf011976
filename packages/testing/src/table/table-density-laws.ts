import { createKey } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import { chiSquaredTail } from "@pushforward/ops";
import type { LawOptions } from "../bijection/bijection-case.ts";
import type { CheckOptions } from "../bijection/bijection-laws.ts";
import { Comparison, formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { checkLaws, type Law, type LawReport, type MeasuredLaw, pooledChiSquared, requireP } from "../law/law.ts";
import { LawList, withSubject } from "../law/law-list.ts";
import {
  backendsAgree,
  cellsSumToRow,
  codecRoundTrip,
  minusInfinityOutside,
  neverNan,
  noLeak,
  rowsAreScoredAlone,
} from "./densities.ts";
import { holesFollowDensity } from "./hole-draws.ts";
import { rowBoxes } from "./row-grid.ts";
import { cellOf, columnNamed, firstDifference, formatCell, formatRow, pickRows, requireSameRows } from "./rows.ts";
import type { Cell, TableColumnCase, TableDensityCase, TableDensityLike } from "./table-density-case.ts";
import {
  densityOf,
  drawRows,
  type ProbabilityCache,
  probabilities,
  type TableDensityTrial,
} from "./table-density-trial.ts";

const SAMPLES = 2_000;

function drawsCanOccur(trial: TableDensityTrial): Measurement {
  const drawn = drawRows(trial, SAMPLES);
  const rows = SAMPLES * (trial.theCase.context?.rows ?? 1);
  if (drawn.rows !== rows) throw new Violation(`${rows} drawn rows`, String(drawn.rows));
  for (const column of trial.theCase.columns) {
    const canOccur = occurring(column);
    const own = columnNamed(drawn, column.name);
    for (let row = 0; row < rows; row++) {
      const cell = cellOf(own, row);
      if (!canOccur(cell)) throw new Violation(`cells of "${column.name}" that can occur`, formatCell(cell));
    }
  }
  for (const given of trial.theCase.context?.columns ?? []) {
    const own = columnNamed(drawn, given.name);
    for (let row = 0; row < rows; row++) {
      const [expected, got] = [cellOf(given, Math.floor(row / SAMPLES)), cellOf(own, row)];
      if (!Object.is(got, expected)) {
        throw new Violation(`the given ${formatCell(expected)} in "${given.name}"`, formatCell(got), `row ${row}`);
      }
    }
  }
  for (const [row, value] of trial.density.logProb(drawn).entries()) {
    if (!Number.isFinite(value)) {
      throw new Violation("a finite log-density of a drawn row", formatNumber(value), formatRow(drawn, row));
    }
  }
  return KEPT;
}

function occurring({ cells = [], integrate, bounds }: TableColumnCase): (cell: Cell) => boolean {
  const known = new Set(cells);
  const [low, high] = bounds ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  return (cell) =>
    known.has(cell) || (integrate !== undefined && typeof cell === "number" && cell >= low && cell <= high);
}

function sameKeySameRows(trial: TableDensityTrial): Measurement {
  const [otherKey] = trial.key.split(1);
  const first = drawRows(trial, trial.points);
  requireSameRows(drawRows(trial, trial.points), first, "the same rows for the same key");
  if (firstDifference(drawRows({ ...trial, key: otherKey }, trial.points), first) === undefined) {
    throw new Violation("other rows for another key", "the same");
  }
  return KEPT;
}

const COMPARED_SAMPLES = 10_000;

function samplesFollowDensity(trial: TableDensityTrial): Measurement {
  const { grid, all } = probabilities(trial);
  const drawn = drawRows(trial, COMPARED_SAMPLES);
  for (const [k, own] of all.entries()) {
    const boxes = rowBoxes(grid, own);
    const part = pickRows(
      drawn,
      Array.from({ length: COMPARED_SAMPLES }, (_, i) => k * COMPARED_SAMPLES + i),
    );
    const counts = boxes.count(part);
    const { undrawn = 0 } = trial.theCase;
    const { statistic, degrees } = pooledChiSquared(counts, boxes.probabilities, COMPARED_SAMPLES, undrawn);
    const where = all.length > 1 ? `, given row ${k}` : "";
    requireP(
      chiSquaredTail(statistic, degrees),
      all.length,
      `χ² ${formatNumber(statistic)} with ${degrees} degrees of freedom${where}`,
    );
  }
  return KEPT;
}

function totalIsOne(trial: TableDensityTrial): Measurement {
  const { context } = trial.theCase;
  const comparison = new Comparison(trial.tolerances.total);
  for (const [k, own] of probabilities(trial).all.entries()) {
    const total = own.reduce((sum, p) => sum + p, 0);
    comparison.add(total, 1, () =>
      context === undefined ? "the sum over all rows" : `given ${formatRow(context, k)}`,
    );
  }
  return comparison.result();
}

/**
 * Returns the laws of a density of the rows of a table. Each law can be run separately and uses the active backend.
 *
 * The probabilities of all rows sum to 1, with an integral over numbers that have a density; the log-densities of cells
 * sum to the log-density of their row; samples follow the density, and are possible rows; weighted draws of holes follow
 * the density given any known cells; `-Infinity` for impossible rows, never NaN; the score of a row does not depend on
 * other rows; the same key draws the same rows; no tensor leaks; the codec; both backends agree.
 * @example
 * const { model } = await fitProductMixture(penguins(), { key, columns: ["species", "island"], components: 2 });
 * const theCase: TableDensityCase = {
 *   // A law disposes what it is given: of one model that all share, only the methods.
 *   make: () => ({ logProb: (rows) => model.logProb(rows), sample: (key, count) => model.sample(key, count) }),
 *   columns: [
 *     { name: "species", kind: "text", cells: ["Adelie", "Chinstrap", "Gentoo"], unseen: ["a new one", undefined] },
 *     { name: "island", kind: "text", cells: ["Biscoe", "Dream", "Torgersen"], unseen: ["a new one", undefined] },
 *   ],
 * };
 * for (const law of tableDensityLaws("mixture", theCase)) await law.run();
 */
export function tableDensityLaws<T extends object = TableDensityLike>(
  name: string,
  theCase: TableDensityCase<T>,
  options: LawOptions = {},
): Law[] {
  return measuredTableDensityLaws(name, theCase, options);
}

const POINTS = 64;

/** {@link tableDensityLaws} with their measurements. */
function measuredTableDensityLaws<T extends object>(
  name: string,
  theCase: TableDensityCase<T>,
  options: LawOptions = {},
): MeasuredLaw[] {
  const key = (options.key ?? createKey(20261127)).fold(name);
  const isDiscrete = theCase.columns.every(({ integrate }) => integrate === undefined);
  const tolerances = { total: isDiscrete ? 1e-6 : 1e-3, same: 1e-6, backends: 1e-4, ...theCase.tolerances };
  const cache: ProbabilityCache = { entry: undefined };
  const laws = new LawList<T, TableDensityTrial>({
    caseName: name,
    knownLimits: theCase.knownLimits,
    make: theCase.make,
    key,
    perturbation: theCase.perturbation ?? 0.1,
    trialOf: (subject, law) => ({
      ...subject,
      theCase,
      density: densityOf(theCase, subject.value),
      tolerances,
      points: options.points ?? POINTS,
      key: key.fold(law),
      cache,
    }),
  });
  // No backend may run yet while laws are listed: nothing here makes a tensor.
  const { hasCells, drawsHoles, module } = withSubject(theCase.make, key.fold("subject"), 0, ({ value }) => ({
    hasCells: densityOf(theCase, value).cellLogProb !== undefined,
    drawsHoles: densityOf(theCase, value).drawHoles !== undefined,
    module: isModule(value),
  }));
  laws.add("probabilities sum to 1", totalIsOne);
  if (hasCells) laws.add("cells sum to the row", cellsSumToRow);
  laws.add("samples follow the density", samplesFollowDensity);
  laws.add("draws can occur", drawsCanOccur);
  if (drawsHoles) laws.add("weighted draws of holes follow the density", holesFollowDensity);
  if (theCase.outside !== undefined) laws.add("-Infinity outside the support", minusInfinityOutside);
  laws.add("never NaN", neverNan);
  laws.add("rows are scored alone", rowsAreScoredAlone);
  laws.add("same key, same rows", sameKeySameRows);
  laws.add("no leak", noLeak);
  if (module)
    laws.addDispose(
      (value) => void densityOf(theCase, value).sample(key, 2, theCase.context && { context: theCase.context }),
    );
  const { registry } = options;
  if (registry !== undefined)
    laws.add("codec round trip", (trial) => codecRoundTrip(trial, registry, (copy) => densityOf(theCase, copy as T)));
  laws.addAsync("backends agree", backendsAgree);
  return laws.all();
}

/**
 * Runs all laws of a density of the rows of a table on the active backend and reports the errors of each law: see
 * `tableDensityLaws`.
 *
 * @throws {LawError} laws are broken; the message lists all broken laws.
 * @example
 * const { model } = await fitProductMixture(penguins(), { key, columns: ["species"], components: 1 });
 * const { columns, components } = model;
 * const cells = ["Adelie", "Chinstrap", "Gentoo"];
 * await checkTableDensity({
 *   make: () => new ProductMixture({ columns, components }),
 *   columns: [{ name: "species", kind: "text", cells, unseen: ["a new one", undefined] }],
 * });
 */
export function checkTableDensity<T extends object = TableDensityLike>(
  theCase: TableDensityCase<T>,
  options: CheckOptions = {},
): Promise<LawReport[]> {
  const name = options.name ?? "table density";
  return checkLaws(name, measuredTableDensityLaws(name, theCase, options));
}
