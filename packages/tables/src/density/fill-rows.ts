import type { Key } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import type { FreeCells } from "../mixtures/hole-rows.ts";
import { type CodedColumn, columnOf } from "./coding/category-coding.ts";
import { columnLogProb, headsOf, takeCoded } from "./column-heads.ts";
import { mayCopy, withCopies } from "./copied-cells.ts";
import { type DensityColumn, followingColumn } from "./density-column.ts";
import { cellAt, columnFromCells } from "./dependent-cells.ts";
import { fillDetermined } from "./determined-cells.ts";
import { drawColumnOf } from "./draw-cells.ts";

/** Options of `fillRows`. */
export interface FillOptions {
  /** `true` if a free cell may be drawn as a missing cell. Default: true. */
  readonly mayBeMissing?: boolean | undefined;
}

/** Rows with cells that were drawn. */
export interface FilledRows {
  readonly table: Table;
  /** The log-density of the drawn cells of each row as they were drawn, in nats; −∞ where a cell could not be drawn. */
  readonly logProposal: Float64Array;
}

/** How often a cell is drawn again that came out as a missing one. */
const MOST_TRIES = 16;

/**
 * Draws the free cells of rows, one column after the next. Each cell is conditioned on the cells before it, drawn or
 * given. The values in the table at free cells are ignored.
 */
export function fillRows(
  columns: readonly DensityColumn[],
  asked: Table,
  asksFor: FreeCells,
  key: Key,
  { mayBeMissing = true }: FillOptions = {},
): FilledRows {
  const { table, holes: free } = fillDetermined(columns, { table: asked, holes: asksFor });
  const { rows } = table;
  const logProposal = new Float64Array(rows);
  const filled: Column[] = [];
  const coded: CodedColumn[] = [];
  for (const column of columns) {
    const own = columnOf(table, column.name);
    const mask = free.get(column.name);
    const values =
      mask === undefined ? own : fillColumn({ column, own, mask, filled, coded, key, logProposal, mayBeMissing });
    filled.push(values);
    coded.push(column.coding.encode(values));
  }
  return { table: { rows, columns: filled }, logProposal };
}

interface ColumnToFill {
  readonly column: DensityColumn;
  readonly own: Column;
  readonly mask: Uint8Array;
  readonly filled: readonly Column[];
  readonly coded: readonly CodedColumn[];
  readonly key: Key;
  readonly logProposal: Float64Array;
  readonly mayBeMissing: boolean;
}

function fillColumn(task: ColumnToFill): Column {
  const { column, own, mask, filled, coded, key, logProposal, mayBeMissing } = task;
  const { coding, dependent, name } = column;
  const rows = mask.length;
  const wanted = Array.from(mask.keys()).filter((row) => mask[row] === 1);
  const drawn = new Map<number, string | number | undefined>();
  let pending = wanted;
  for (let attempt = 0; attempt < MOST_TRIES && pending.length > 0; attempt++) {
    const inputs = coded.map((one) => takeCoded(one, pending));
    const attemptKey = key.fold(name).fold(attempt);
    const heads = headsOf(column, inputs, pending.length, attemptKey);
    const decoded = drawColumnOf(name, coding, heads, attemptKey);
    const coins = (): ArrayLike<number> => attemptKey.fold("copy").uniform(pending.length);
    const cells = mayCopy(column) ? withCopies(column, inputs, decoded, coins()) : decoded;
    const rest: number[] = [];
    for (const [i, row] of pending.entries()) {
      const cell = cellAt(cells, i);
      if (!mayBeMissing && cell === undefined) rest.push(row);
      else drawn.set(row, cell);
    }
    pending = rest;
  }
  for (const row of pending) logProposal[row] = Number.NEGATIVE_INFINITY;
  const merged = columnFromCells(
    name,
    own.kind,
    Array.from({ length: rows }, (_, row) => (mask[row] === 1 ? drawn.get(row) : cellAt(own, row))),
  );
  if (dependent !== undefined) {
    const sources = dependent.from.map((place) => filled[place] as Column);
    const following = followingColumn({ ...column, dependent }, sources, merged);
    return columnFromCells(
      name,
      own.kind,
      Array.from({ length: rows }, (_, row) => (mask[row] === 1 ? cellAt(following, row) : cellAt(own, row))),
    );
  }
  addProposal(task, wanted, merged);
  return merged;
}

/** Adds the log-densities of drawn cells, given that they are not missing where they may not be. */
function addProposal(
  { column, coded, logProposal, mayBeMissing }: ColumnToFill,
  wanted: readonly number[],
  merged: Column,
): void {
  const { coding } = column;
  const inputs = coded.map((one) => takeCoded(one, wanted));
  const own = coding.encode(
    takeTableRows({ rows: merged.values.length, columns: [merged] }, wanted).columns[0] as Column,
  );
  const logProb = columnLogProb(column, inputs, own, wanted.length);
  const logMissing =
    mayBeMissing || coding.missingCode === undefined
      ? undefined
      : columnLogProb(column, inputs, coding.encode(missingColumn(merged, wanted.length)), wanted.length);
  for (const [i, row] of wanted.entries()) {
    const present = logMissing === undefined ? 0 : Math.log1p(-Math.min(Math.exp(logMissing[i] as number), 1 - 1e-12));
    logProposal[row] = (logProposal[row] as number) + (logProb[i] as number) - present;
  }
}

function missingColumn({ name, kind }: Column, rows: number): Column {
  return columnFromCells(name, kind, new Array<undefined>(rows).fill(undefined));
}
