import type { ReadTableOptions, TableSource } from "@pushforward/columns";
import type { Key } from "@pushforward/core";
import type { CsvTable } from "@pushforward/datasets";
import { joinCsvTables, takeCsvRows } from "@pushforward/datasets/extend";

/** Rows sampled from a table that may not fit into memory. */
export interface SampledTable {
  /** The requested number of rows, or all rows, in the order of the file. */
  readonly table: CsvTable;
  /** Number of rows of the file, without dropped rows. */
  readonly totalRows: number;
}

/** How a table is sampled. */
export interface SampleTableOptions extends ReadTableOptions {
  /** Number of rows. */
  readonly count: number;
  readonly key: Key;
}

/**
 * Draws a random sample of the rows of a table without replacement, in one pass. Each row draws a number, and the rows
 * with the lowest numbers are kept. The same key selects the same rows, whatever the chunks.
 * @example
 * await writeTable("penguins.parquet", penguins());
 * const source = await openTable("penguins.parquet");
 * const { totalRows } = await sampleTable(source, { count: 100, key, missing: "keep" });
 */
export async function sampleTable(source: TableSource, options: SampleTableOptions): Promise<SampledTable> {
  const { count, key, ...reading } = options;
  let kept: Piece[] = [];
  let [rows, limit, totalRows] = [0, Number.POSITIVE_INFINITY, 0];
  let first: CsvTable | undefined;
  const draws = new RowDraws(key);
  for await (const table of source.chunks(reading)) {
    first ??= table;
    totalRows += table.rows;
    const piece = below({ table, draws: draws.next(table.rows) }, limit);
    kept.push(piece);
    rows += piece.table.rows;
    if (rows < 2 * count) continue;
    limit = lowestDraws(kept, count);
    kept = kept.map((one) => below(one, limit));
    rows = kept.reduce((sum, one) => sum + one.table.rows, 0);
  }
  if (rows > count) {
    limit = lowestDraws(kept, count);
    kept = kept.map((one) => below(one, limit));
  }
  const table = joinCsvTables(kept.map((one) => one.table)) ?? first;
  return { table: table as CsvTable, totalRows };
}

/** Some rows and their random numbers. */
interface Piece {
  readonly table: CsvTable;
  readonly draws: Float64Array;
}

/** The numbers of the rows of a file, one after the other, in blocks that do not depend on its chunks. */
class RowDraws {
  private readonly key: Key;
  private block = 0;
  private values: Float64Array = new Float64Array(0);
  private at = 0;

  constructor(key: Key) {
    this.key = key;
  }

  next(count: number): Float64Array {
    return Float64Array.from({ length: count }, () => {
      if (this.at === this.values.length) this.refill();
      return this.values[this.at++] as number;
    });
  }

  /** Combines two numbers of 24 bits to one of 48, so that the numbers of a billion rows are almost surely distinct. */
  private refill(): void {
    const uniform = this.key.fold(this.block++).uniform(2 * BLOCK);
    this.values = Float64Array.from(
      { length: BLOCK },
      (_, i) => (uniform[2 * i] as number) + (uniform[2 * i + 1] as number) * 2 ** -24,
    );
    this.at = 0;
  }
}

const BLOCK = 1 << 14;

/** The number below which `count` rows drew. */
function lowestDraws(pieces: readonly Piece[], count: number): number {
  const all = new Float64Array(pieces.reduce((sum, { draws }) => sum + draws.length, 0));
  let at = 0;
  for (const { draws } of pieces) {
    all.set(draws, at);
    at += draws.length;
  }
  return all.sort()[count] as number;
}

function below({ table, draws }: Piece, limit: number): Piece {
  const rows = Array.from(draws.keys()).filter((i) => (draws[i] as number) < limit);
  if (rows.length === draws.length) return { table, draws };
  return { table: takeCsvRows(table, rows), draws: Float64Array.from(rows, (i) => draws[i] as number) };
}
