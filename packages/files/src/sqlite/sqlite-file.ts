import { DataError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { listNames } from "@pushforward/datasets/extend";
import { sqlName } from "../duckdb.ts";
import type { TypedBlock, TypedColumn } from "../typed/typed-block.ts";
import type { FileColumn, TypedFile, WantedColumn } from "../typed/typed-file.ts";

type Database = import("node-sqlite3-wasm").Database;

const BLOCK_ROWS = 1 << 13;

/**
 * Opens a table of an SQLite database, or the rows of a query to it.
 *
 * @param query in the SQL of SQLite. Default: the only table of the database.
 * @throws {DataError} the database cannot be read, or it has several tables and no query is given.
 */
export async function openSqliteFile(path: string, query?: string): Promise<TypedFile> {
  const { default: sqlite } = await import("node-sqlite3-wasm");
  const open = (): Database => new sqlite.Database(path, { fileMustExist: true, readOnly: true });
  return reading(path, open, (database) => {
    const sql = query ?? `SELECT * FROM ${sqlName(onlyTable(path, database))}`;
    return {
      name: path,
      ...describe(path, database, sql),
      blocks: (wanted) => readBlocks(path, open, sql, wanted),
    };
  });
}

function onlyTable(path: string, database: Database): string {
  const found = database.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  const names = found.map(({ name }) => String(name));
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  const got = names.length === 0 ? "none" : listNames(names);
  throw new DataError(`${path}: expected a database of one table, or a query that says which rows, got ${got}.`, {
    file: path,
  });
}

/**
 * Describes the columns. A column is numeric if all of its values are numbers, because SQLite does not enforce declared
 * types.
 */
function describe(path: string, database: Database, sql: string): Pick<TypedFile, "columns" | "types"> {
  const first = database.get(`SELECT * FROM (${sql}) LIMIT 1`);
  if (first === null) throw new DataError(`${path}: expected at least one row, got none.`, { file: path });
  const names = Object.keys(first);
  const safe = Number.MAX_SAFE_INTEGER;
  const sums = names.map((name) => {
    const c = sqlName(name);
    const count = (test: string): string => `coalesce(sum(${test}), 0)`;
    const isOther = count(`typeof(${c}) = 'text' OR typeof(${c}) = 'blob'`);
    const isLarge = count(`typeof(${c}) = 'integer' AND (${c} > ${safe} OR ${c} < -${safe})`);
    return [isOther, isLarge, count(`typeof(${c}) = 'real'`), count(`typeof(${c}) = 'integer'`)] as const;
  });
  const facts = sums.map((own) =>
    // One column after the other: a statement has at most 2,000 results.
    Object.values(database.get(`SELECT ${own.map((sum, k) => `${sum} AS c${k}`).join(", ")} FROM (${sql})`) ?? {}).map(
      Number,
    ),
  );
  const types = new Map<string, string>();
  const columns = names.map((name, j): FileColumn => {
    const [others = 0, large = 0, reals = 0, integers = 0] = facts[j] as number[];
    if (others === 0 && reals + integers > 0) types.set(name, reals > 0 ? "DOUBLE" : "BIGINT");
    return { name, kind: others + large === 0 ? "number" : "text" };
  });
  return { columns, types };
}

function* readBlocks(
  path: string,
  open: () => Database,
  sql: string,
  wanted: readonly WantedColumn[],
): Generator<TypedBlock> {
  const database = open();
  const statement = database.prepare(
    `SELECT ${wanted.map(({ name }) => sqlName(name)).join(", ") || "1"} FROM (${sql})`,
  );
  try {
    let cells: unknown[][] = wanted.map(() => []);
    let [rows, start] = [0, 0];
    for (const row of statement.iterate()) {
      for (const [k, { name }] of wanted.entries())
        (cells[k] as unknown[]).push((row as Record<string, unknown>)[name]);
      if (++rows < BLOCK_ROWS) continue;
      yield block(path, wanted, cells, rows, start);
      start += rows;
      cells = wanted.map(() => []);
      rows = 0;
    }
    if (rows > 0) yield block(path, wanted, cells, rows, start);
  } catch (cause) {
    throw asDataError(path, cause);
  } finally {
    statement.finalize();
    database.close();
  }
}

/** @param start row of the table before the first of the block. */
function block(
  path: string,
  wanted: readonly WantedColumn[],
  cells: readonly (readonly unknown[])[],
  rows: number,
  start: number,
): TypedBlock {
  const columns = wanted.map(({ name, kind }, k): TypedColumn => {
    const values = cells[k] as readonly unknown[];
    const bytes = values.findIndex((value) => value instanceof Uint8Array);
    if (bytes >= 0) {
      const row = start + bytes + 1;
      throw new DataError(
        [
          `${path} row ${row}, column "${name}": expected a number or a text, got bytes (BLOB).`,
          mention("query", { words: "a query (query)", sentence: (words) => ` Name the other columns in ${words}.` }),
        ],
        { file: path, row, column: name },
      );
    }
    const isNumber = kind === "number" && values.every((value) => typeof value !== "string");
    return isNumber
      ? { name, kind: "number", values: Float64Array.from(values, (x) => (x === null ? Number.NaN : Number(x))) }
      : { name, kind: "text", values: values.map((x) => (x === null ? null : String(x))) };
  });
  return { rows, columns };
}

function reading<T>(path: string, open: () => Database, use: (database: Database) => T): T {
  let database: Database | undefined;
  try {
    database = open();
    return use(database);
  } catch (cause) {
    throw asDataError(path, cause);
  } finally {
    database?.close();
  }
}

function asDataError(path: string, cause: unknown): unknown {
  if (cause instanceof DataError || !(cause instanceof Error)) return cause;
  return new DataError(
    `${path}: expected an SQLite database that can be read, got ${cause.message}.`,
    { file: path },
    { cause },
  );
}
