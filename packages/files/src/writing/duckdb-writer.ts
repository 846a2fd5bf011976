import { rm } from "node:fs/promises";
import type { DuckDBAppender, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import type { Column, Table } from "@pushforward/datasets";
import { type OpenDuckdb, openDuckdb } from "../duckdb/open-duckdb.ts";
import { sqlName, sqlText } from "../duckdb/sql-text.ts";

/** Rows of a vector of the engine. */
const VECTOR_ROWS = 2048;

/** Types that are written back as they were read. */
const KEPT_TYPES = /^(BOOLEAN|DATE|TIME|TIMESTAMP.*|UUID|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(.*\))$/;
const INTEGERS = /INT/;

/** What is written by the engine. */
export interface DuckdbWriterOptions {
  readonly format: "parquet" | "json";
  readonly types: ReadonlyMap<string, string>;
}

/** Collects rows in a database on disk, so that memory does not grow with them, and writes them as one file. */
export class DuckdbWriter {
  private readonly path: string;
  private readonly database: string;
  private readonly options: DuckdbWriterOptions;
  private open: OpenDuckdb | undefined;
  private appender: DuckDBAppender | undefined;
  private chunk: DuckDBDataChunk | undefined;
  private columns: readonly Column[] = [];
  /** For each column of numbers whether all of them are integers so far. */
  private wholes: boolean[] = [];

  constructor(path: string, options: DuckdbWriterOptions) {
    this.path = path;
    this.database = `${path}.rows`;
    this.options = options;
  }

  async write(table: Table): Promise<void> {
    const chunk = this.chunk ?? (await this.start(table));
    for (let from = 0; from < table.rows; from += VECTOR_ROWS) {
      const rows = Math.min(VECTOR_ROWS, table.rows - from);
      chunk.reset();
      chunk.rowCount = rows;
      for (const [k, column] of table.columns.entries()) chunk.setColumnValues(k, this.cells(k, column, from, rows));
      this.appender?.appendDataChunk(chunk);
    }
  }

  async end(): Promise<void> {
    const { format, types } = this.options;
    this.appender?.closeSync();
    this.appender = undefined;
    const list = this.columns.map(({ name, kind }, k) => {
      const type = types.get(name);
      const fits =
        type !== undefined && KEPT_TYPES.test(type) && (kind === "text" || (INTEGERS.test(type) && this.wholes[k]));
      return fits ? `CAST(${sqlName(name)} AS ${type}) AS ${sqlName(name)}` : sqlName(name);
    });
    await this.open?.connection.run(
      `COPY (SELECT ${list.join(", ")} FROM rows) TO ${sqlText(this.path)} (FORMAT ${format})`,
    );
  }

  /** Removes what is only needed while it writes. */
  async close(): Promise<void> {
    this.appender?.closeSync();
    this.open?.close();
    this.open = undefined;
    await Promise.all(["", ".wal"].map((end) => rm(`${this.database}${end}`, { force: true })));
  }

  private async start({ columns }: Table): Promise<DuckDBDataChunk> {
    const { DuckDBDataChunk, DOUBLE, VARCHAR } = await import("@duckdb/node-api");
    this.open = await openDuckdb(this.database);
    const { connection } = this.open;
    this.columns = columns;
    this.wholes = columns.map(() => true);
    const list = columns.map(({ name, kind }) => `${sqlName(name)} ${kind === "number" ? "DOUBLE" : "VARCHAR"}`);
    await connection.run(`CREATE TABLE rows (${list.join(", ")})`);
    this.appender = await connection.createAppender("rows");
    // One for all rows: its memory is not that of JavaScript, which would not notice that it collects many of them.
    this.chunk = DuckDBDataChunk.create(columns.map(({ kind }): DuckDBType => (kind === "number" ? DOUBLE : VARCHAR)));
    return this.chunk;
  }

  private cells(k: number, column: Column, from: number, rows: number): (number | string | null)[] {
    if (column.kind === "text") {
      const { values, missing } = column;
      return Array.from({ length: rows }, (_, i) => (missing?.has(from + i) ? null : (values[from + i] as string)));
    }
    const { values } = column;
    let isWhole = this.wholes[k] as boolean;
    const cells = Array.from({ length: rows }, (_, i) => {
      const value = values[from + i] as number;
      if (Number.isNaN(value)) return null;
      isWhole &&= Number.isSafeInteger(value);
      return value;
    });
    this.wholes[k] = isWhole;
    return cells;
  }
}
