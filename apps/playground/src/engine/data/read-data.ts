import { createTable, joinCsvTables } from "@pushforward/datasets/extend";
import { chooseColumns, type RowLayout } from "@pushforward/tables/extend";
import {
  type Column,
  type CsvOptions,
  type CsvTable,
  createKey,
  csvChunks,
  DataError,
  MISSING_VALUES,
  type Table,
  toyDataset,
} from "pushforward";
import { typedFormat } from "../../shared/options.ts";
import { PageError } from "../../shared/page-error.ts";
import { DRAWING, type Range, type Settings, TOY_NAMES, type ToyName } from "../../shared/settings.ts";

/** Columns that the page reads from a file. */
interface UsedColumns {
  /** Columns to model. */
  readonly columns: readonly string[];
  readonly given: readonly string[];
}

/**
 * Converts an error of the CSV reader to the words of the page, with a remedy for a button; other errors stay
 * unchanged.
 */
export function csvProblem(error: unknown, { columns, given }: UsedColumns): unknown {
  if (!(error instanceof DataError)) return error;
  const { row, column } = error.location;
  // Remedies name options of the library, which the page does not have.
  const text = error.tell(() => undefined);
  if (error.mentions("missing")) {
    return new PageError(`${text} Fill it in, or leave out the rows with missing values.`, { kind: "drop-missing" });
  }
  if (row !== undefined && column !== undefined) {
    const others = {
      columns: columns.filter((name) => name !== column),
      given: given.filter((name) => name !== column),
    };
    if (others.columns.length === 0) return new PageError(text, undefined, { cause: error });
    return new PageError(
      `${text} Correct the file, or leave the column out.`,
      { kind: "leave-out", column, ...others },
      { cause: error },
    );
  }
  if (error.mentions("header")) {
    return new PageError(
      `${text} Write the names of the columns into the first line, or choose its header under “How the file is read”.`,
      { kind: "no-names" },
      { cause: error },
    );
  }
  return error;
}

/** Files that were turned into text: a table is read several times. */
const texts: WeakMap<File, Promise<Uint8Array>> = new WeakMap();

/** Yields the bytes of a CSV file in pieces; a Parquet or Arrow file is converted to CSV text. */
export async function* filePieces(file: File): AsyncGenerator<Uint8Array> {
  const format = typedFormat(new Uint8Array(await file.slice(0, 6).arrayBuffer()));
  if (format === undefined) {
    yield* bytesOf(file);
    return;
  }
  const text =
    texts.get(file) ?? import("../typed-file-text.ts").then(({ typedFileText }) => typedFileText(file, format));
  texts.set(file, text);
  yield await text;
}

/** Not every browser can iterate over a stream. */
async function* bytesOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

/** Converts settings to options of the reader of CSV files. */
export function readingOptions({ data, encoding, header, na }: Settings): CsvOptions {
  // A table of the library is read as it is.
  if (data !== "file") return {};
  return {
    ...(encoding !== "found" && { encoding }),
    ...(header !== "found" && { header: header === "names" }),
    ...(na.length > 0 && { missingValues: [...MISSING_VALUES, ...na] }),
  };
}

/**
 * Returns the file of the visitor, if it exists and is not empty.
 *
 * @throws {PageError} no usable file: a link names a file and does not contain it.
 */
export function usableFile({ columns, given }: Settings, file: File | undefined): File {
  if (file === undefined) {
    const names = columns.length === 0 ? "" : ` It uses the columns ${columns.join(", ")}.`;
    const context = given.length === 0 ? "" : ` Given columns: ${given.join(", ")}.`;
    throw new PageError(
      `This link was made with a file, which no link contains.${names}${context} Open the file to go on.`,
      { kind: "open-file" },
    );
  }
  if (file.size === 0) {
    throw new PageError(`${file.name} is empty. Choose a CSV file with the names of its columns in the first line.`);
  }
  return file;
}

/** A table to learn from. */
export interface ReadData {
  readonly name: string;
  readonly table: Table;
  /** All columns, including columns that were not read. */
  readonly columns: readonly { readonly name: string; readonly kind: "number" | "text" }[];
  readonly dropped: number;
  /** The encoding of a file. */
  readonly encoding?: CsvTable["encoding"];
  /** Columns of the settings that the table does not have. */
  readonly absent: readonly string[];
  readonly entropy?: number;
  /** Ranges to show, unless the rows define the ranges. */
  readonly ranges?: readonly Range[];
}

/** Most columns that are modeled when the visitor has chosen none. */
const MOST_COLUMNS = 8;

/**
 * The rows that settings name.
 *
 * @throws {PageError} a file that can't be read, in words of the page.
 */
export async function readData(settings: Settings, file: File | undefined): Promise<ReadData> {
  const { data } = settings;
  if (isToy(data)) {
    const set = toyDataset(data);
    const { data: values } = set.sample(createKey(settings.seed).fold("data"), settings.rows);
    const { x, y } = set.bounds;
    return {
      ...known(data, pointsTable(values)),
      ranges: [x, y],
      ...(set.entropy === undefined ? {} : { entropy: set.entropy }),
    };
  }
  if (data === "earthquakes" || data === "penguins") {
    const shipped = await import("../shipped-tables.ts");
    return known(data, shipped[data]());
  }
  if (data === "drawn") {
    const ranges: Range[] = [
      [-DRAWING, DRAWING],
      [-DRAWING, DRAWING],
    ];
    return { ...known("your points", pointsTable(settings.points)), ranges };
  }
  return await readFile(usableFile(settings, file), settings);
}

function isToy(name: string): name is ToyName {
  return (TOY_NAMES as readonly string[]).includes(name);
}

function known(name: string, from: Table): ReadData {
  return {
    name,
    table: from,
    columns: from.columns.map((c) => ({ name: c.name, kind: c.kind })),
    dropped: 0,
    absent: [],
  };
}

function pointsTable(values: ArrayLike<number>): Table {
  const column = (name: string, j: number): Column => ({
    name,
    kind: "number",
    values: Float64Array.from({ length: values.length / 2 }, (_, i) => values[2 * i + j] as number),
  });
  return createTable([column("x", 0), column("y", 1)]);
}

async function readFile(file: File, settings: Settings): Promise<ReadData> {
  const { name } = file;
  const columns = await columnsOf(file, settings);
  const used = usedColumns(columns, settings);
  if (used.columns.length + used.given.length === 0) {
    const texts = columns.map((column) => `“${column.name}”`).join(", ");
    throw new PageError(`${name}: expected a column of numbers, got only text in ${texts}. A flow learns numbers.`);
  }
  const chunks: CsvTable[] = [];
  const missing = settings.dropMissing ? "drop" : "error";
  try {
    const options = { file: name, columns: [...new Set([...used.columns, ...used.given])], missing } as const;
    const pieces = filePieces(file);
    for await (const chunk of csvChunks(pieces, { ...readingOptions(settings), ...options })) chunks.push(chunk);
  } catch (error) {
    throw csvProblem(error, used);
  }
  const joined = joinCsvTables(chunks);
  if (joined === undefined || joined.rows === 0) {
    throw new PageError(
      joined?.dropped
        ? `${name}: every row has a missing value. Choose another file, or leave out a column.`
        : `${name}: expected rows, got only a header.`,
    );
  }
  const names = columns.map((column) => column.name);
  const absent = [...settings.columns, ...settings.given].filter((column) => !names.includes(column));
  const { dropped, encoding } = joined;
  return { name, table: joined, columns, dropped, absent, ...(encoding !== undefined && { encoding }) };
}

/** Returns the columns of a file, judged by its first rows. Errors in a column do not matter here: it may be unused. */
export async function columnsOf(file: File, settings: Settings): Promise<ReadData["columns"]> {
  const { name } = file;
  const reading = { ...readingOptions(settings), file: name, missing: "drop", chunkRows: 1 } as const;
  const broken = new Set<string>();
  for (;;) {
    try {
      const kinds = Object.fromEntries(Array.from(broken, (column) => [column, "text"] as const));
      for await (const head of csvChunks(filePieces(file), { ...reading, kinds })) {
        return head.columns.map((c) => ({ name: c.name, kind: broken.has(c.name) ? "number" : c.kind }));
      }
      throw new PageError(`${name}: expected rows, got only a header.`);
    } catch (error) {
      const column = error instanceof DataError ? error.location.column : undefined;
      if (column === undefined || broken.has(column)) throw csvProblem(error, { columns: [], given: [] });
      // Numbers with an error among them: as texts they can be passed over.
      broken.add(column);
    }
  }
}

/**
 * Returns the columns to read from a file: the columns of the settings, or the first columns of numbers if the settings
 * name no column of the file.
 */
function usedColumns(columns: ReadData["columns"], settings: Settings): UsedColumns {
  const own = (names: readonly string[]): string[] => names.filter((name) => columns.some((c) => c.name === name));
  const given = own(settings.given);
  const chosen = own(settings.columns);
  const numbers = columns.filter((c) => c.kind === "number").map((c) => c.name);
  const isChosen = chosen.length > 0 || numbers.length === 0;
  return { given, columns: isChosen ? chosen : numbers.filter((n) => !given.includes(n)).slice(0, MOST_COLUMNS) };
}

/** Notes for the visitor on the encoding used for a file. */
export function encodingNotes(name: string, encoding: CsvTable["encoding"], settings: Settings): string[] {
  if (encoding !== "windows-1252" || settings.encoding !== "found") return [];
  return [`${name} is not UTF-8, and was read as Windows-1252.`];
}

/** Maximum number of categories of a given column. */
const MAX_CATEGORIES = 40;

/**
 * Returns the roles of the columns of a table in the model of these settings. Columns that the table does not have are
 * ignored.
 *
 * @throws {DataError} no column is left to model, or a column has too many categories.
 */
export function chooseLayout(table: Table, settings: Settings): RowLayout {
  const context = settings.given.filter((name) => table.columns.some((c) => c.name === name));
  const numbers = table.columns.filter((c) => c.kind === "number" && !context.includes(c.name)).map((c) => c.name);
  const chosen = settings.columns.filter((name) => numbers.includes(name));
  const columns = chosen.length > 0 ? chosen : numbers;
  if (columns.length === 0) {
    throw new DataError(
      "Expected at least one column of numbers to learn, got none. Set a column of numbers to “learn”.",
    );
  }
  return chooseColumns(table, { columns, context, maxCategories: MAX_CATEGORIES });
}

/** Returns settings that read the columns of a model, if the table has the columns. */
export function withColumnsOf({ columns, context }: RowLayout, settings: Settings): Settings {
  return { ...settings, columns, given: context.map(({ name }) => name) };
}

/** Returns `true` if settings require a flow: toy sets and drawn points, and requests that only flows support. */
export function isForFlow({ data, way, given, dropMissing }: Settings): boolean {
  if (data !== "file" && data !== "earthquakes" && data !== "penguins") return true;
  if (way !== "auto") return way === "flow";
  // The tables of the library show what flows do with them.
  return data !== "file" || given.length > 0 || dropMissing;
}
