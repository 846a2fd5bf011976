import { blockRows } from "./files/row-blocks.ts";
import { SAMPLE_BLOCK_ROWS } from "./sample-blocks.ts";
import type { TableDensityModel } from "./table-density-model.ts";
import type { TableModel } from "./table-model.ts";

/**
 * The number of rows that `sampleDensity` or `sampleBlocks` draws at once from a model: samples in several parts (`from`) begin
 * at multiples of it.
 *
 * @example
 * const { variables, table } = findVariables(parseCsv("fruit\napple\npear\n", { kinds: "text", missing: "keep" }));
 * const { model: density } = await tableDensity(table, { key });
 * sampleBlockRows({ density, learned: variables }); // → 16384
 */
export function sampleBlockRows(
  model: Pick<TableModel, "flow"> | Pick<TableDensityModel, "density" | "learned">,
): number {
  return "density" in model ? blockRows(model.learned.length) : SAMPLE_BLOCK_ROWS;
}
