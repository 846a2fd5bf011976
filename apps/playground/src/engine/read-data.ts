import { createTable, joinCsvTables } from "@pushforward/datasets/extend";
import { type Column, type CsvTable, createKey, csvChunks, DataError, type Table, toyDataset } from "pushforward";
import { PageError } from "../shared/page-error.ts";
import type { Range } from "../shared/range.ts";
import { DRAWING, type Settings, TOY_NAMES, type ToyName } from "../shared/settings.ts";
import { csvProblem, type UsedColumns } from "./csv-problem.ts";
import { filePieces } from "./file-pieces.ts";
import { readingOptions } from "./reading-options.ts";
import { usableFile } from "./usable-file.ts";

/** A table to learn from. */
export interface ReadData {
  readonly name: string;
  readonly table: Table;
  /** All columns, also those that were not read. */
  readonly columns: readonly { readonly name: string; readonly kind: "number" | "text" }[];
  readonly dropped: number;
  /** The encoding of a file. */
  readonly encoding?: CsvTable["encoding"];
  /** Columns of the settings that the table does not have. */
  readonly absent: readonly string[];
  readonly entropy?: number;
  /** What to show, where it does not follow from the rows. */
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
    const shipped = await import("./shipped-tables.ts");
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

/** The columns of a file, judged by its first rows. What is wrong in a column is no matter here: it may be unused. */
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

/** What is read of a file: the columns of the settings, or the first columns of numbers where they name none of its own. */
function usedColumns(columns: ReadData["columns"], settings: Settings): UsedColumns {
  const own = (names: readonly string[]): string[] => names.filter((name) => columns.some((c) => c.name === name));
  const given = own(settings.given);
  const chosen = own(settings.columns);
  const numbers = columns.filter((c) => c.kind === "number").map((c) => c.name);
  const isChosen = chosen.length > 0 || numbers.length === 0;
  return { given, columns: isChosen ? chosen : numbers.filter((n) => !given.includes(n)).slice(0, MOST_COLUMNS) };
}
