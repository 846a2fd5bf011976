import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { writeVariables } from "../columns/write-variables.ts";
import type { TableDensityModel } from "../table-density-model.ts";
import { blockRows } from "./row-blocks.ts";

/**
 * New rows of a table as its file has them, in blocks. The same seed gives the same rows.
 *
 * @param count number of rows.
 * @example
 * const { variables, table } = findVariables(parseCsv("fruit\napple\npear\n", { kinds: "text", missing: "keep" }));
 * const { model: density } = await tableDensity(table, { key });
 * const blocks = [...sampleDensity({ density, variables, learned: variables }, 3, 0)];
 * blocks.map(({ rows }) => rows); // → [3]
 */
export function* sampleDensity({ density, learned }: TableDensityModel, count: number, seed: number): Generator<Table> {
  const key = createKey(seed);
  const size = blockRows(learned.length);
  for (let from = 0, block = 0; from < count; from += size, block++) {
    const drawn = density.sample(key.fold(block), Math.min(size, count - from));
    const byName = new Map(drawn.columns.map((column) => [column.name, column]));
    const columns = learned.flatMap(({ name }) => byName.get(name) ?? []);
    yield writeVariables({ variables: learned, table: { rows: drawn.rows, columns } });
  }
}
