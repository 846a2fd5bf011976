import { createKey, type Table } from "pushforward";
import { type TableDensityModel, writeVariables } from "pushforward/extend";
import { blockRows } from "./row-blocks.ts";

/** New rows of a table as its file has them, in blocks. The same seed gives the same rows. */
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
