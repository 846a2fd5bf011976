import {
  type Column,
  type CsvTable,
  createKey,
  csvChunks,
  DataError,
  earthquakes,
  penguins,
  type Table,
  table,
  toyDataset,
} from "pushforward";
import type { Range } from "../shared/protocol.ts";
import { DRAWING, type Settings, TOY_NAMES, type ToyName } from "../shared/settings.ts";

/** A table to learn from. */
export interface ReadData {
  readonly name: string;
  readonly table: Table;
  /** All columns, also those that were not read. */
  readonly columns: readonly { readonly name: string; readonly kind: "number" | "text" }[];
  readonly dropped: number;
  readonly entropy?: number;
  /** What to show, where it does not follow from the rows. */
  readonly ranges?: readonly Range[];
}

/** Most columns that are modelled when the visitor has chosen none. */
const MOST_COLUMNS = 8;

/**
 * The rows that settings name.
 *
 * @throws {DataError} a file that can't be read, with line, row and column.
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
  if (data === "earthquakes") return known("earthquakes", earthquakes());
  if (data === "penguins") return known("penguins", penguins());
  if (data === "drawn") {
    const ranges: Range[] = [
      [-DRAWING, DRAWING],
      [-DRAWING, DRAWING],
    ];
    return { ...known("your points", pointsTable(settings.points)), ranges };
  }
  if (file === undefined) {
    throw new DataError("The data of this link are a file that is not part of it. Choose the file to go on.");
  }
  return await readFile(file, settings);
}

function isToy(name: string): name is ToyName {
  return (TOY_NAMES as readonly string[]).includes(name);
}

function known(name: string, from: Table): ReadData {
  return { name, table: from, columns: from.columns.map((c) => ({ name: c.name, kind: c.kind })), dropped: 0 };
}

function pointsTable(values: ArrayLike<number>): Table {
  const column = (name: string, j: number): Column => ({
    name,
    kind: "number",
    values: Float64Array.from({ length: values.length / 2 }, (_, i) => values[2 * i + j] as number),
  });
  return table([column("x", 0), column("y", 1)]);
}

async function readFile(file: File, settings: Settings): Promise<ReadData> {
  const { name } = file;
  if (file.size === 0) throw new DataError(`${name}: expected a table, got an empty file.`);
  let head: CsvTable | undefined;
  // Missing values are no matter here: they may be in columns that nobody uses.
  for await (const chunk of csvChunks(pieces(file), { file: name, missing: "drop", chunkRows: 1 })) {
    head = chunk;
    break;
  }
  if (head === undefined) throw new DataError(`${name}: expected rows, got only a header.`);
  const columns = head.columns.map((c) => ({ name: c.name, kind: c.kind }));
  const names = columns.map((c) => c.name);
  const wanted = [...settings.columns, ...settings.given].filter((column) => names.includes(column));
  const numbers = columns.filter((c) => c.kind === "number").map((c) => c.name);
  const used =
    settings.columns.some((column) => names.includes(column)) || numbers.length === 0
      ? wanted
      : [...new Set([...wanted, ...numbers.slice(0, MOST_COLUMNS)])];
  if (used.length === 0) {
    throw new DataError(
      `${name}: expected a column of numbers, got only text in ${names.map((n) => `"${n}"`).join(", ")}. A density is one of numbers.`,
    );
  }
  const chunks: CsvTable[] = [];
  const missing = settings.dropMissing ? "drop" : "error";
  for await (const chunk of csvChunks(pieces(file), { file: name, columns: used, missing })) chunks.push(chunk);
  const joined = joinChunks(chunks);
  if (joined === undefined || joined.rows === 0) {
    throw new DataError(`${name}: expected rows, got ${joined?.dropped ? "only rows with missing values" : "none"}.`);
  }
  return { name, table: joined, columns, dropped: joined.dropped };
}

function joinChunks(chunks: readonly CsvTable[]): CsvTable | undefined {
  const [first] = chunks;
  if (first === undefined) return undefined;
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const columns = first.columns.map((column, j): Column => {
    const parts = chunks.map((chunk) => chunk.columns[j] as Column);
    if (column.kind === "text") return { ...column, values: parts.flatMap((part) => part.values as readonly string[]) };
    const values = new Float64Array(rows);
    let at = 0;
    for (const part of parts) {
      values.set(part.values as Float64Array, at);
      at += part.values.length;
    }
    return { ...column, values };
  });
  return { rows, columns, dropped: chunks.reduce((sum, chunk) => sum + chunk.dropped, 0) };
}

// Not every browser can iterate over a stream.
async function* pieces(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
