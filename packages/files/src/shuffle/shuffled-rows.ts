import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBAppender, DuckDBDataChunk } from "@duckdb/node-api";
import { SaveError } from "@pushforward/core";
import { removeAtExit } from "@pushforward/core/node";
import { type OpenDuckdb, openDuckdb } from "../duckdb.ts";

/** Rows of a vector of the engine. */
const VECTOR_ROWS = 2048;

/**
 * Rows of numbers in random order, in a database in the folder for temporary files: for more rows than fit into memory.
 *
 * @example
 * const rows = await ShuffledRows.create(2);
 * rows.add(Float64Array.of(1, 2, 3, 4, 5, 6));
 * await rows.shuffle(0);
 * const block = await rows.read(0, 3);
 * await rows.close();
 * block.length; // → 6
 */
export class ShuffledRows {
  readonly width: number;
  private readonly folder: string;
  private readonly open: OpenDuckdb;
  private readonly chunk: DuckDBDataChunk;
  private readonly forget: () => void;
  private appender: DuckDBAppender | undefined;
  private count = 0;

  private constructor(width: number, folder: string, open: OpenDuckdb, chunk: DuckDBDataChunk, forget: () => void) {
    this.forget = forget;
    this.width = width;
    this.folder = folder;
    this.open = open;
    this.chunk = chunk;
  }

  /**
   * Creates an empty store for rows of `width` numbers.
   *
   * @throws {MissingPackageError} `@duckdb/node-api` is not installed.
   */
  static async create(width: number): Promise<ShuffledRows> {
    const folder = await mkdtemp(join(tmpdir(), "pushforward-rows-"));
    const forget = removeAtExit(folder);
    const open = await openDuckdb("rows on disk in random order", join(folder, "rows.db")).catch(async (error) => {
      await rm(folder, { recursive: true, force: true });
      forget();
      throw error;
    });
    const { DuckDBDataChunk, DOUBLE } = await import("@duckdb/node-api");
    // One for all rows: its memory is not that of JavaScript, which would not notice that it collects many of them.
    const chunk = DuckDBDataChunk.create(new Array(width + 1).fill(DOUBLE));
    const rows = new ShuffledRows(width, folder, open, chunk, forget);
    await open.connection.run(`CREATE TABLE added (n DOUBLE, ${rows.columns((name) => `${name} DOUBLE`)})`);
    rows.appender = await open.connection.createAppender("added");
    return rows;
  }

  /** Number of rows. */
  get rows(): number {
    return this.count;
  }

  /**
   * Adds rows, one after the other. Before {@link shuffle}.
   *
   * @throws {SaveError} the disk is full.
   */
  add(rows: Float64Array): void {
    const { width, chunk } = this;
    const total = rows.length / width;
    for (let from = 0; from < total; from += VECTOR_ROWS) {
      const length = Math.min(VECTOR_ROWS, total - from);
      chunk.reset();
      chunk.rowCount = length;
      const start = this.count;
      chunk.setColumnValues(
        0,
        Array.from({ length }, (_, i) => start + i),
      );
      for (let j = 0; j < width; j++) {
        chunk.setColumnValues(
          j + 1,
          Array.from({ length }, (_, i) => rows[(from + i) * width + j] as number),
        );
      }
      onDisk(() => this.appender?.appendDataChunk(chunk));
      this.count += length;
    }
  }

  /**
   * Puts the rows in an order that the seed alone decides.
   *
   * @throws {SaveError} the disk is full.
   */
  async shuffle(seed: number): Promise<void> {
    onDisk(() => this.appender?.closeSync());
    this.appender = undefined;
    const { connection } = this.open;
    const query = `CREATE TABLE shuffled AS SELECT ${this.columns((name) => name)} FROM added ORDER BY hash(n, ${seed}), n`;
    await connection.run(query).catch(notOnDisk);
    await connection.run("DROP TABLE added").catch(notOnDisk);
  }

  /** Some rows, `[count, width]`. After {@link shuffle}. */
  async read(from: number, count: number): Promise<Float64Array> {
    const { width } = this;
    const result = await this.open.connection.stream(
      `SELECT * FROM shuffled WHERE rowid BETWEEN ${from} AND ${from + count - 1}`,
    );
    const rows = new Float64Array(count * width);
    let at = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return rows;
      for (let j = 0; j < width; j++) {
        const vector = chunk.getColumnVector(j);
        for (let i = 0; i < chunk.rowCount; i++) rows[(at + i) * width + j] = vector.getItem(i) as number;
      }
      at += chunk.rowCount;
    }
  }

  /** Removes the rows from the disk. */
  async close(): Promise<void> {
    try {
      this.appender?.closeSync();
    } catch {
      // What could not be written is not missed.
    }
    this.open.close();
    await rm(this.folder, { recursive: true, force: true });
    this.forget();
  }

  private columns(write: (name: string) => string): string {
    return Array.from({ length: this.width }, (_, j) => write(`c${j}`)).join(", ");
  }
}

/** Runs a function that writes to the disk. */
function onDisk(write: () => void): void {
  try {
    write();
  } catch (error) {
    notOnDisk(error);
  }
}

/** @throws {SaveError} always: the errors of the engine are of no type. */
function notOnDisk(cause: unknown): never {
  const message = cause instanceof Error ? cause.message : String(cause);
  throw new SaveError(
    `ShuffledRows: expected to write rows to "${tmpdir()}", got ${(message.split("\n", 1)[0] as string).replace(/\.?$/, ".")} Free some disk space, or name another folder in the variable TMPDIR.`,
    { cause },
  );
}
