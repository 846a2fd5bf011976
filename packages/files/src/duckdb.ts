import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { DataError } from "@pushforward/core";
import { importOptional } from "@pushforward/core/node";
import type { TypedBlock, TypedColumn } from "./typed/typed-block.ts";
import type { FileColumn, TypedFile, WantedColumn } from "./typed/typed-file.ts";

/** Memory that the engine may use before it spills to disk. */
const MEMORY_LIMIT = "1GB";

/** A connection to a database of its own. */
export interface OpenDuckdb {
  readonly connection: DuckDBConnection;
  /** Closes the connection and the database. */
  close(): void;
}

/**
 * Opens a database in memory or in a file. Data that exceeds its memory spills to the folder for temporary files.
 *
 * @param where name of the caller, for the message when the engine is not installed.
 * @param path of the database. Default: in memory.
 * @param folder base of relative paths in queries. Default: the folder of the process.
 * @throws {MissingPackageError} the engine, `@duckdb/node-api`, is not installed.
 */
export async function openDuckdb(where: string, path: string = ":memory:", folder?: string): Promise<OpenDuckdb> {
  const { DuckDBInstance } = await importOptional(where, "@duckdb/node-api", () => import("@duckdb/node-api"));
  const instance = await DuckDBInstance.create(path, {
    ...{ memory_limit: MEMORY_LIMIT, temp_directory: join(tmpdir(), `pushforward-${process.pid}`) },
    // Nothing is fetched: what is not built in is an error.
    ...(folder !== undefined && { file_search_path: folder }),
    ...{ autoinstall_known_extensions: "false", autoload_known_extensions: "false" },
  });
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as SQL has it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL has it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Types of SQL that are numbers. */
const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\))$/;
/** Integers that may be too large for float64. */
const WIDE = /^(U?BIGINT|U?HUGEINT)$/;
/** Rows of a block: several of the vectors of the engine. */
const BLOCK_ROWS = 1 << 14;

/** A table of the engine, with the types of its columns. */
export interface DuckdbFile extends TypedFile {
  /** The types of the columns in SQL, by their names. */
  readonly types: ReadonlyMap<string, string>;
  countRows(): Promise<number>;
}

/**
 * Opens the rows of a relation of SQL, for instance `read_parquet('x.parquet')` or `(SELECT …)`.
 *
 * @param name of the file, for messages.
 * @param folder base of relative paths in the relation. Default: the folder of the process.
 * @throws {DataError} the engine cannot read the relation.
 */
export async function openDuckdbFile(name: string, relation: string, folder?: string): Promise<DuckdbFile> {
  const types = await sqlTypes(name, relation, folder);
  const exact = await wideColumns(name, relation, types, folder);
  const columns = Array.from(types, ([column, type]): FileColumn => {
    const isNumber = NUMBERS.test(type) && !exact.has(column);
    return { name: column, kind: isNumber ? "number" : "text" };
  });
  return {
    ...{ name, columns, types },
    blocks: (wanted) => readBlocks(name, relation, types, wanted, folder),
    countRows: async () => {
      const [[count] = []] = await withConnection(
        name,
        async (connection) => (await connection.runAndReadAll(`SELECT count(*) FROM ${relation}`)).getRows(),
        folder,
      );
      return Number(count);
    },
  };
}

/** The types of the columns of a relation, by their names. */
async function sqlTypes(name: string, relation: string, folder?: string): Promise<Map<string, string>> {
  const described = await withConnection(
    name,
    async (connection) => (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${relation}`)).getRows(),
    folder,
  );
  return new Map(described.map(([column, type]) => [String(column), String(type)]));
}

/** Columns of integers that would lose digits in float64; they are read as text. */
async function wideColumns(
  name: string,
  relation: string,
  types: ReadonlyMap<string, string>,
  folder: string | undefined,
): Promise<ReadonlySet<string>> {
  const wide = [...types].filter(([, type]) => WIDE.test(type)).map(([column]) => column);
  if (wide.length === 0) return new Set();
  const limit = String(Number.MAX_SAFE_INTEGER);
  const sums = wide.map((c) => `count(*) FILTER (${sqlName(c)} > ${limit} OR ${sqlName(c)} < -${limit})`);
  const [counts = []] = await withConnection(
    name,
    async (connection) => (await connection.runAndReadAll(`SELECT ${sums.join(", ")} FROM ${relation}`)).getRows(),
    folder,
  );
  return new Set(wide.filter((_, k) => Number(counts[k]) > 0));
}

async function* readBlocks(
  file: string,
  relation: string,
  types: ReadonlyMap<string, string>,
  wanted: readonly WantedColumn[],
  folder: string | undefined,
): AsyncGenerator<TypedBlock> {
  const { connection, close } = await openDuckdb(file, ":memory:", folder);
  try {
    // A table without columns has no rows to tell of.
    const list = wanted.map(({ name, kind }) => readAs(name, kind, types.get(name) as string));
    const result = await connection.stream(`SELECT ${list.join(", ") || "1"} FROM ${relation}`);
    let block = new BlockBuilder(wanted);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      block.add(chunk);
      if (block.rows < BLOCK_ROWS) continue;
      yield block.end();
      block = new BlockBuilder(wanted);
    }
    if (block.rows > 0) yield block.end();
  } catch (cause) {
    throw asDataError(file, cause);
  } finally {
    close();
  }
}

/** A column as float64 or as text. */
function readAs(name: string, kind: FileColumn["kind"], type: string): string {
  const column = sqlName(name);
  // Without this, a time would be written in the time zone of the machine.
  if (type === "TIMESTAMP WITH TIME ZONE") return `CAST(${column} AT TIME ZONE 'UTC' AS VARCHAR)`;
  if (kind === "text" || !NUMBERS.test(type)) return `CAST(${column} AS VARCHAR)`;
  // A float32 of 0.1 means 0.1: its shortest decimal, as in a text file, and not 0.10000000149.
  return type === "FLOAT" ? `CAST(CAST(${column} AS VARCHAR) AS DOUBLE)` : `CAST(${column} AS DOUBLE)`;
}

type Chunk = NonNullable<Awaited<ReturnType<Awaited<ReturnType<DuckDBConnection["stream"]>>["fetchChunk"]>>>;

/** Collects vectors of the engine into one block. */
class BlockBuilder {
  rows = 0;
  private readonly wanted: readonly WantedColumn[];
  private readonly numbers: Float64Array[] = [];
  private readonly texts: (string | null)[][] = [];

  constructor(wanted: readonly WantedColumn[]) {
    this.wanted = wanted;
  }

  add(chunk: Chunk): void {
    const { rowCount } = chunk;
    for (const [k] of this.wanted.entries()) {
      const vector = chunk.getColumnVector(k);
      if (this.rows === 0) {
        this.numbers[k] = new Float64Array(vector.type.toString() === "DOUBLE" ? 2 * BLOCK_ROWS : 0);
        this.texts[k] = [];
      }
      const numbers = this.numbers[k] as Float64Array;
      if (numbers.length > 0) {
        for (let i = 0; i < rowCount; i++) {
          const value = vector.getItem(i);
          numbers[this.rows + i] = value === null ? Number.NaN : (value as number);
        }
      } else {
        const texts = this.texts[k] as (string | null)[];
        for (let i = 0; i < rowCount; i++) texts.push(vector.getItem(i) as string | null);
      }
    }
    this.rows += rowCount;
  }

  end(): TypedBlock {
    const columns = this.wanted.map(({ name }, k): TypedColumn => {
      const numbers = this.numbers[k] as Float64Array;
      return numbers.length > 0
        ? { name, kind: "number", values: numbers.subarray(0, this.rows) }
        : { name, kind: "text", values: this.texts[k] as (string | null)[] };
    });
    return { rows: this.rows, columns };
  }
}

async function withConnection<T>(
  file: string,
  use: (connection: DuckDBConnection) => Promise<T>,
  folder?: string,
): Promise<T> {
  const { connection, close } = await openDuckdb(file, ":memory:", folder);
  try {
    return await use(connection);
  } catch (cause) {
    throw asDataError(file, cause);
  } finally {
    close();
  }
}

function asDataError(file: string, cause: unknown): unknown {
  if (cause instanceof DataError || !(cause instanceof Error)) return cause;
  const [reason = ""] = cause.message.split("\n\n");
  return new DataError(`${file}: expected a table that can be read, got ${reason.trim()}`, { file }, { cause });
}
