import { getColumn, takeTableRows } from "@pushforward/datasets/extend";
import {
  closestRecords,
  columnAttacks,
  membershipAttack,
  type RowDensity,
  rowCopies,
  rowMemorization,
} from "@pushforward/diagnostics";
import { fitProductMixture, type Key, type ProductMixture, type Table } from "pushforward";
import { nearRows } from "./near-copies.ts";
import { type ReportModel, type RowScores, writtenCell } from "./report-model.ts";
import type { ReportRows } from "./report-rows.ts";
import type { ColumnAttackReport, MemorizationReport, PrivacyReport } from "./table-report.ts";

/** Below it copies are reported as found. */
const COPIES_LEVEL = 1e-3;

/** The log-densities of the rows that an attack compares. */
interface AttackedScores {
  readonly training: RowScores;
  readonly heldOut: RowScores | undefined;
}

/** Measures the information about training rows that the model and its samples reveal. */
export async function privacyOf(
  model: ReportModel,
  { training, rowNumbers, heldOut, overlap }: ReportRows,
  synthetic: Table,
  scores: AttackedScores,
  key: Key,
): Promise<PrivacyReport> {
  const { rows: _, ...counts } = rowCopies(training, synthetic);
  const copies = { ...counts, rows: synthetic.rows, found: counts.pValue < COPIES_LEVEL };
  const { near, expectedNear } = nearRows(training, synthetic);
  const hasNear = training.columns.length > 1;
  const nearCopies = hasNear ? { count: near, expected: expectedNear, rows: synthetic.rows } : null;
  const always = { copies, nearCopies, overlap };
  const memorization = await memorizedRows(model, training, rowNumbers, key.fold("memorization"));
  if (heldOut === undefined || scores.heldOut === undefined) {
    return { ...always, closestRecords: null, membership: null, memorization };
  }
  const closest = closestRecords({ training, heldOut, synthetic }, { key });
  return {
    ...always,
    closestRecords: { share: closest.share, standardError: closest.standardError },
    membership: {
      logDensity: membershipAttack(scores.training.logDensity, scores.heldOut.logDensity),
      distance: membershipAttack(closest.trainingScores, closest.heldOutScores),
      columns: attackedColumns({ training, heldOut }, scores.training, scores.heldOut),
    },
    memorization,
  };
}

function attackedColumns(
  { training, heldOut }: { readonly training: Table; readonly heldOut: Table },
  own: RowScores,
  others: RowScores,
): ColumnAttackReport[] {
  return columnAttacks(own.cells, others.cells).map(({ name, area, areaWithout, difference }) => ({
    ...{ column: name, area, areaWithout, difference: Number.isFinite(difference) ? difference : null },
    seen: seenShare(training, heldOut, name),
  }));
}

/** Of more rows than these, some are drawn: each takes half a millisecond. */
const MOST_ROWS = 10_000;
const FOLDS = 5;
const COMPONENTS = 16;
const LARGEST = 10;
const MOST_CELLS = 3;
/** A cell that is memorized by less, in nats, is no reason. */
const LEAST_REASON = 0.5;
/** A column with this number of values never has all values in a single fold. */
const ENOUGH = 50;

/**
 * How much of each row a density of a fixed size memorizes, see `rowMemorization`: a mixture of 16 products, which is fitted
 * in a second, for the model, which would take minutes. Null for fewer rows than folds, and where no column has enough
 * values.
 */
export async function memorizedRows(
  model: ReportModel,
  table: Table,
  rowNumbers: ArrayLike<number>,
  key: Key,
): Promise<MemorizationReport | null> {
  const places = key.fold("rows").permutation(table.rows).subarray(0, MOST_ROWS).sort();
  const rows = takeTableRows(table, Array.from(places));
  const { context, learned, steps } = model.parts;
  const asked = learned.filter((name) => hasEnough(rows, name));
  if (asked.length === 0 || rows.rows < 2 * FOLDS) return null;
  const columns = [...context.filter((name) => hasEnough(rows, name)), ...asked];
  const known = columns.slice(0, columns.length - asked.length);
  const fit = async (others: Table, fold: number): Promise<FoldDensity> => {
    const { model: mixture } = await fitProductMixture(others, {
      ...{ key: key.fold(`fold ${fold}`), columns, steps, validation: takeTableRows(others, []) },
      ...{ components: COMPONENTS, smoothing: 5, starts: 1 },
    });
    return { mixture, logProb: (some) => mixture.conditional(some, known, asked).logProb() };
  };
  const { values, folds, densities } = await rowMemorization(rows, fit, { key: key.fold("folds"), folds: FOLDS });
  const sorted = values.slice().sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  const largest = Array.from(values, (_, row) => row)
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, LARGEST);
  const cells = memorizedCells(takeTableRows(rows, largest), asked, columns, densities);
  for (const { mixture } of densities) mixture.dispose();
  return {
    ...{ rows: rows.rows, folds: FOLDS, components: COMPONENTS },
    ...{ median: at(0.5), high: at(0.99) },
    largest: largest.map((row, k) => ({
      row: rowNumbers[places[row] as number] as number,
      value: values[row] as number,
      cells: cells(k, folds[row] as number).map(({ column, value }) => ({
        ...{ column, cell: writtenCell(rows, model.columns, column, row), value },
      })),
    })),
  };
}

interface FoldDensity extends RowDensity {
  readonly mixture: ProductMixture;
}

/** Returns `true` if a column has values in the rows of any four folds. */
function hasEnough({ rows, columns }: Table, name: string): boolean {
  const column = columns.find((candidate) => candidate.name === name);
  if (column?.kind !== "number") return column !== undefined;
  const present = column.values.reduce((sum, value) => sum + Number(!Number.isNaN(value)), 0);
  return present >= Math.min(ENOUGH, Math.ceil(rows / FOLDS) + 1);
}

/** Returns the most memorized cells of a row given all other cells, by the same difference. */
function memorizedCells(
  rows: Table,
  asked: readonly string[],
  columns: readonly string[],
  densities: readonly FoldDensity[],
): (row: number, fold: number) => readonly { readonly column: string; readonly value: number }[] {
  const scores = asked.map((name) => {
    const others = columns.filter((other) => other !== name);
    return densities.map(({ mixture }) => mixture.conditional(rows, others, [name]).logProb());
  });
  return (row, fold) =>
    asked
      .map((column, j) => {
        const own = (scores[j] ?? []).map((values) => values[row] as number);
        const without = own[fold] as number;
        const all = own.reduce((sum, value) => sum + value, 0);
        return { column, value: (all - without) / (own.length - 1) - without };
      })
      .filter(({ value }) => value >= LEAST_REASON)
      .sort((a, b) => b.value - a.value)
      .slice(0, MOST_CELLS);
}

/** Share of the present cells of a column with a value that occurs in training rows; null if all cells are missing. */
function seenShare(training: Table, heldOut: Table, name: string): number | null {
  const known = new Set(presentValues(training, name));
  const values = presentValues(heldOut, name);
  return values.length === 0 ? null : values.filter((value) => known.has(value)).length / values.length;
}

function presentValues(table: Table, name: string): (number | string)[] {
  const column = getColumn(table, name);
  if (column.kind === "number") return Array.from(column.values).filter((value) => !Number.isNaN(value));
  return column.values.filter((_, row) => column.missing?.has(row) !== true);
}
