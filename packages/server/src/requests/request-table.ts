import type { VariableKind } from "@pushforward/columns";
import type { Column } from "@pushforward/datasets";
import { listNames, MissingMarkers } from "@pushforward/datasets/extend";
import type { LoadedModel } from "@pushforward/questions/extend";
import type { Table } from "pushforward";
import type { WorkerRequest } from "../workers/messages.ts";
import type { SentRows } from "./checked-request.ts";
import { RequestError } from "./read-json.ts";

/**
 * Reads the rows of a request.
 *
 * @throws {RequestError} the rows do not fit the model.
 */
export async function requestTable(
  request: WorkerRequest,
  sent: SentRows,
  layout: ColumnLayout,
  options: TableOptions,
): Promise<Table> {
  if (request.bodyType === "arrow") return await arrowTable(request.body, layout, options);
  return jsonTable(sent.rows, sent.columns, layout, options);
}

/**
 * Refuses missing cells if the model is a flow, which has no density for missing cells.
 *
 * @throws {RequestError} a cell of a column of numbers is missing.
 */
export function refuseMissing(
  { columns }: Table,
  { model }: { readonly model: Pick<LoadedModel, "allowsMissing"> },
): void {
  if (model.allowsMissing) return;
  for (const column of columns) {
    const row =
      column.kind === "number" ? column.values.findIndex(Number.isNaN) : ([...(column.missing ?? [])][0] ?? -1);
    if (row < 0) continue;
    throw new RequestError(
      `body, row ${row + 1}, column "${column.name}": expected a value, got a missing cell. This model cannot score rows with missing cells.`,
    );
  }
}

/**
 * Reads the table of an Arrow IPC body.
 *
 * @throws {RequestError | DataError} the body is not Arrow, has too many rows, or a column does not fit the model.
 */
async function arrowTable(body: Uint8Array, layout: ColumnLayout, options: TableOptions): Promise<Table> {
  // Apache Arrow is loaded when it is used.
  const [{ checkArrow }, { readArrow }] = await Promise.all([
    import("./check-arrow.ts"),
    import("@pushforward/files/arrow"),
  ]);
  checkArrow(body, options.maxRows);
  const { rows, columns } = readArrow(body);
  if (rows === 0) throw new RequestError("body: expected at least one row, got none.");
  const names = columns.map(({ name }) => name);
  const unknown = names.find((name) => !layout.has(name));
  if (unknown !== undefined && options.others === "refuse") {
    const shown = JSON.stringify(unknown.slice(0, 60));
    throw new RequestError(`columns: expected the columns ${listNames([...layout.keys()])}, got ${shown}.`);
  }
  const lacking = options.needed.find((name) => !names.includes(name));
  if (lacking !== undefined) {
    throw new RequestError(`body: expected a column "${lacking}", got the columns ${listNames(names)}.`);
  }
  const used = columns.filter(({ name }) => options.others === "keep" || layout.get(name)?.isUsed === true);
  return { rows, columns: used.map((column) => checkedColumn(column, layout)) };
}

function checkedColumn(column: Column, layout: ColumnLayout): Column {
  if (column.kind === "text") return column;
  const { name, values } = column;
  const marks = new MissingMarkers(layout.get(name)?.markers ?? []);
  const known = values.map((value) => (marks.hasNumber(value) ? Number.NaN : value));
  const row = known.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (row >= 0) {
    throw new RequestError(`body, row ${row + 1}, column "${name}": expected a finite number, got ${values[row]}.`);
  }
  return { ...column, values: known };
}

type Cells = Map<string, unknown[]>;

/**
 * Reads the table of a body: `{"rows": [{"a": 1}, …]}` or `{"columns": {"a": [1, …]}}`. Numbers and texts are cells,
 * and null is a missing cell. Texts are read as in the file that the model was fitted to.
 *
 * @throws {RequestError} the body has no rows or too many, or a column or cell does not fit the model.
 */
function jsonTable(rows: unknown, columns: unknown, layout: ColumnLayout, options: TableOptions): Table {
  if ((rows === undefined) === (columns === undefined)) {
    throw new RequestError('body: expected "rows", a list of objects, or "columns", an object of lists.');
  }
  const { cells, count } = rows === undefined ? cellsOfColumns(columns, options) : cellsOfRows(rows, layout, options);
  if (count === 0) throw new RequestError("body: expected at least one row, got none.");
  const unknown = [...cells.keys()].find((name) => !layout.has(name));
  if (unknown !== undefined && options.others === "refuse") throw unknownColumn(unknown, layout);
  const lacking = options.needed.find((name) => !cells.has(name));
  if (lacking !== undefined) {
    throw new RequestError(`body: expected a column "${lacking}", got the columns ${listNames([...cells.keys()])}.`);
  }
  const read: Column[] = [];
  for (const [name, own] of cells) {
    const laid = layout.get(name);
    if (laid === undefined ? options.others === "keep" : laid.isUsed || options.others === "keep") {
      read.push(columnOf(name, own, laid));
    }
  }
  return { rows: count, columns: read };
}

function cellsOfRows(rows: unknown, layout: ColumnLayout, options: TableOptions): { cells: Cells; count: number } {
  if (!Array.isArray(rows)) throw new RequestError("rows: expected a list of objects, got a different value.");
  checkCount(rows.length, options);
  const cells: Cells = new Map();
  for (const [i, row] of rows.entries()) {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new RequestError(`rows, row ${i + 1}: expected an object of cells by column, got ${nameOf(row)}.`);
    }
    for (const [name, cell] of Object.entries(row)) {
      let own = cells.get(name);
      if (own === undefined) {
        if (!layout.has(name) && options.others === "refuse") throw unknownColumn(name, layout, i);
        own = new Array(rows.length).fill(undefined);
        cells.set(name, own);
      }
      own[i] = cell;
    }
  }
  if (!options.mayLack) {
    for (const name of options.needed) {
      const row = cells.get(name)?.indexOf(undefined) ?? -1;
      if (row >= 0)
        throw new RequestError(`rows, row ${row + 1}: expected a cell "${name}", or null for a missing one.`);
    }
  }
  return { cells, count: rows.length };
}

function cellsOfColumns(columns: unknown, options: TableOptions): { cells: Cells; count: number } {
  if (typeof columns !== "object" || columns === null || Array.isArray(columns)) {
    throw new RequestError("columns: expected an object of lists by name, got a different value.");
  }
  const cells: Cells = new Map();
  let count: number | undefined;
  for (const [name, own] of Object.entries(columns)) {
    if (!Array.isArray(own)) throw new RequestError(`columns: expected a list for "${name}", got ${nameOf(own)}.`);
    count ??= own.length;
    checkCount(count, options);
    if (own.length !== count) {
      throw new RequestError(
        `columns: expected ${count} cells for "${name}", like the first column, got ${own.length}.`,
      );
    }
    cells.set(name, own);
  }
  return { cells, count: count ?? 0 };
}

function checkCount(count: number, { maxRows }: TableOptions): void {
  if (count > maxRows) throw new RequestError(`body: expected at most ${maxRows} rows, got ${count}.`, 413);
}

function columnOf(name: string, cells: readonly unknown[], laid: LaidColumn | undefined): Column {
  const row = cells.findIndex((cell) => typeof cell === "object" && cell !== null);
  if (row >= 0) throw wrongCell(name, row, "a number, a text, true, false or null", cells[row]);
  const isNumbers = cells.every((cell) => typeof cell === "number" || cell === null || cell === undefined);
  if (
    laid === undefined ? isNumbers : laid.isNumeric && (isNumbers || cells.some((cell) => typeof cell === "number"))
  ) {
    return numbersOf(name, cells, laid?.markers ?? []);
  }
  const missing = new Set<number>();
  const values = cells.map((cell, i) => {
    if (cell === null || cell === undefined) missing.add(i);
    else if (typeof cell === "number" && !Number.isFinite(cell)) throw wrongCell(name, i, "a finite number", cell);
    return cell === null || cell === undefined ? "" : String(cell);
  });
  return { name, kind: "text", values, ...(missing.size > 0 && { missing }) };
}

function numbersOf(name: string, cells: readonly unknown[], markers: readonly string[]): Column {
  const marks = new MissingMarkers(markers);
  const values = Float64Array.from(cells, (cell, i) => {
    if (cell === null || cell === undefined) return Number.NaN;
    // Whether "1,234" is a number of the file depends on its format: numbers and texts in one column are a mistake.
    if (typeof cell !== "number") throw wrongCell(name, i, "a number as in other rows", cell);
    if (!Number.isFinite(cell)) throw wrongCell(name, i, "a finite number", cell);
    return marks.hasNumber(cell) ? Number.NaN : cell;
  });
  return { name, kind: "number", values };
}

function wrongCell(name: string, row: number, expected: string, cell: unknown): RequestError {
  const got = typeof cell === "number" ? "one beyond 1.8e308" : nameOf(cell);
  return new RequestError(`body, row ${row + 1}, column "${name}": expected ${expected}, got ${got}.`);
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  return typeof value === "string"
    ? `the text ${JSON.stringify(value.slice(0, 60))}`
    : `a value of type ${typeof value}`;
}

function unknownColumn(name: string, layout: ColumnLayout, row?: number): RequestError {
  const where = row === undefined ? "columns" : `rows, row ${row + 1}`;
  const shown = JSON.stringify(name.slice(0, 60));
  return new RequestError(`${where}: expected the columns ${listNames([...layout.keys()])}, got ${shown}.`);
}

/** Allowed cells of a column. */
export interface LaidColumn {
  readonly name: string;
  readonly kind: VariableKind;
  /** `true` if the cells are numbers or dates. */
  readonly isNumeric: boolean;
  /** Texts that mark a missing cell in the file that the model was fitted to. */
  readonly markers: readonly string[];
  /** `true` if the model reads the column. Requests may contain unused columns, which are ignored. */
  readonly isUsed: boolean;
}

/** The columns of a model, by name, in the order of its file. */
export type ColumnLayout = ReadonlyMap<string, LaidColumn>;

/** How the rows of a body are read. */
interface TableOptions {
  /** Treatment of columns that the model does not know. */
  readonly others: "refuse" | "ignore" | "keep";
  /** `true` if a row may omit a cell, which is then missing. */
  readonly mayLack: boolean;
  /** Columns that must be there. */
  readonly needed: readonly string[];
  readonly maxRows: number;
}
