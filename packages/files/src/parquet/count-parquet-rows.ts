import { withConnection } from "../duckdb/duckdb-file.ts";
import { sqlText } from "../duckdb/sql-text.ts";

/**
 * The rows of a Parquet file, as its footer has them: no row is read.
 *
 * @throws {DataError} it cannot be read.
 * @example
 * await writeTable("penguins.parquet", penguins());
 * await countParquetRows("penguins.parquet"); // → 342
 */
export async function countParquetRows(path: string): Promise<number> {
  const [[count] = []] = await withConnection(path, async (connection) =>
    (await connection.runAndReadAll(`SELECT sum(num_rows) FROM parquet_file_metadata([${sqlText(path)}])`)).getRows(),
  );
  return Number(count);
}
