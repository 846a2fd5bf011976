import { DataError } from "@pushforward/core";
import { type Compression, fileBytes } from "../reading/find-format.ts";
import type { TypedBlock, TypedColumn } from "../typed/typed-block.ts";
import type { FileColumn, TypedFile, WantedColumn } from "../typed/typed-file.ts";
import { type CellPlace, unreadableCell } from "../typed/typed-rows.ts";

const BLOCK_ROWS = 1 << 14;

/** A table of JSON. */
export interface JsonFile extends TypedFile {
  readonly rows: number;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Opens JSON lines, or an array of objects, which is read whole. The first pass finds the columns and their kinds: a
 * column is numeric if all of its values are numbers. Otherwise its values are text, and lists and records are JSON
 * text. A key that an object lacks is a missing cell.
 *
 * @throws {DataError} a line is not a JSON object; the message names the line.
 */
export async function openJsonFile(path: string, compression: Compression): Promise<JsonFile> {
  const found = new Map<string, ColumnFacts>();
  let rows = 0;
  for await (const row of readRows(path, compression)) {
    rows++;
    for (const name of Object.keys(row)) {
      const facts = found.get(name) ?? new ColumnFacts();
      facts.add(row[name]);
      found.set(name, facts);
    }
  }
  if (rows === 0) throw new DataError(`${path}: expected at least one JSON object, got none.`, { file: path });
  return {
    ...{ name: path, rows },
    columns: Array.from(found, ([name, { kind }]): FileColumn => ({ name, kind })),
    types: new Map(
      Array.from(found).flatMap(([name, { sqlType }]) => (sqlType === undefined ? [] : [[name, sqlType]])),
    ),
    blocks: (wanted) => readBlocks(path, compression, wanted),
  };
}

/** Collects the kinds of the values of a column. */
class ColumnFacts {
  private readonly seen = new Set<"boolean" | "integer" | "large" | "number" | "text">();

  add(value: unknown): void {
    if (value === null || value === undefined) return;
    if (typeof value === "number") this.seen.add(Number.isInteger(value) ? "integer" : "number");
    else if (isLarge(value)) this.seen.add("large");
    else this.seen.add(typeof value === "boolean" ? "boolean" : "text");
  }

  /** Integers beyond 2⁵³ are read as text, so that no digit is lost. */
  get kind(): FileColumn["kind"] {
    return this.areNumbers && !this.seen.has("large") ? "number" : "text";
  }

  /** Undefined for texts: JSON has no other type for dates. */
  get sqlType(): string | undefined {
    if (this.areNumbers) return this.seen.has("number") ? "DOUBLE" : "BIGINT";
    return this.seen.has("boolean") && this.seen.size === 1 ? "BOOLEAN" : undefined;
  }

  private get areNumbers(): boolean {
    return this.seen.size > 0 && !this.seen.has("text") && !this.seen.has("boolean");
  }
}

async function* readBlocks(
  path: string,
  compression: Compression,
  wanted: readonly WantedColumn[],
): AsyncGenerator<TypedBlock> {
  let rows: Row[] = [];
  let rowsBefore = 0;
  for await (const row of readRows(path, compression)) {
    if (rows.push(row) < BLOCK_ROWS) continue;
    yield blockOf(path, rows, wanted, rowsBefore);
    rowsBefore += rows.length;
    rows = [];
  }
  if (rows.length > 0) yield blockOf(path, rows, wanted, rowsBefore);
}

function blockOf(path: string, rows: readonly Row[], wanted: readonly WantedColumn[], rowsBefore: number): TypedBlock {
  const columns = wanted.map(({ name, kind }): TypedColumn => {
    const values = rows.map((row) => (Object.hasOwn(row, name) ? (row[name] ?? null) : null));
    // Texts that are wanted as numbers are read where their rows are known.
    return kind === "number" && values.every((value) => value === null || typeof value === "number")
      ? { name, kind, values: Float64Array.from(values, (value) => (value === null ? Number.NaN : (value as number))) }
      : { name, kind: "text", values: textsOf(values, { file: path, column: name, rowsBefore }) };
  });
  return { rows: rows.length, columns };
}

function textsOf(values: readonly unknown[], place: CellPlace): (string | null)[] {
  const texts: (string | null)[] = [];
  try {
    for (const value of values) texts.push(value === null ? null : textOf(value));
  } catch (cause) {
    // The engine reads records to any depth, but writes them to some thousand levels only.
    throw unreadableCell(
      place,
      texts.length,
      cause instanceof RangeError ? new RangeError(TOO_DEEP, { cause }) : cause,
    );
  }
  return texts;
}

const TOO_DEEP = "lists or records of too many levels";

function textOf(value: unknown): string {
  if (isLarge(value)) return value.slice(LARGE.length);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

async function* readRows(path: string, compression: Compression): AsyncGenerator<Row> {
  const lines = readLines(path, compression);
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() === "") continue;
    if (text.trimStart().startsWith("[")) {
      yield* readArray(path, line, text, lines);
      return;
    }
    yield objectOf(path, line, parse(path, line, text));
  }
}

/** The objects of an array, which may have lines of its own. */
async function* readArray(
  path: string,
  line: number,
  first: string,
  lines: AsyncIterable<string>,
): AsyncGenerator<Row> {
  const all = [first];
  for await (const text of lines) all.push(text);
  const values = parse(path, line, all.join("\n")) as readonly unknown[];
  for (const value of values) yield objectOf(path, line, value);
}

function parse(path: string, line: number, text: string): unknown {
  try {
    return JSON.parse(/\d{16}/.test(text) ? withExactIntegers(text) : text);
  } catch (cause) {
    throw new DataError(
      `${path}, line ${line}: expected a JSON object, got ${(cause as Error).message}.`,
      { file: path, line },
      { cause },
    );
  }
}

/** Prefix of the digits of an integer beyond 2⁵³ while it is read. No text of a file begins with it. */
const LARGE = "\u0000integer ";

function isLarge(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(LARGE);
}

/** Integers beyond 2⁵³ as marked texts, so that no digit is lost. */
function withExactIntegers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])|-?\d+\.\d+/g, (found) => {
    return /^-?\d+$/.test(found) && !Number.isSafeInteger(Number(found)) ? JSON.stringify(LARGE + found) : found;
  });
}

function objectOf(path: string, line: number, value: unknown): Row {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Row;
  const shown = JSON.stringify(value)?.slice(0, 60);
  throw new DataError(`${path}, line ${line}: expected a JSON object, got ${shown}.`, { file: path, line });
}

async function* readLines(path: string, compression: Compression): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of fileBytes(path, compression)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() as string;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
