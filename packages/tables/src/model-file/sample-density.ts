import { writeVariables } from "@pushforward/columns";
import { blockRows } from "@pushforward/columns/extend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { checkBlockStart, SAMPLE_BLOCK_ROWS } from "../flow/sample-blocks.ts";
import type { TableDensityModel } from "./table-density-model.ts";
import type { TableModel } from "./table-model.ts";

/** What is drawn from a density. */
export interface SampleDensityOptions {
  /** Number of rows; of a model with given columns, the number for each row of them. */
  readonly count: number;
  readonly seed: number;
  /** The given columns, as `readVariables` gives them. */
  readonly given?: Table | undefined;
  /** The first row that is wanted, a multiple of the rows of a block: those before it are not drawn. Default: 0. */
  readonly from?: number | undefined;
  /** Most rows that are drawn at once. Default: what fits into some megabytes. */
  readonly block?: number | undefined;
}

/**
 * New rows of a table as its file has them, in blocks, the given columns first. The same seed gives the same rows, also where
 * they are drawn in several parts by `from` and `count`.
 *
 * @throws {OptionError} `from` is not where a block begins.
 * @example
 * const { variables, table } = findVariables(parseCsv("fruit\napple\npear\n", { kinds: "text", missing: "keep" }));
 * const { model: density } = await tableDensity(table, { key });
 * const blocks = [...sampleDensity({ density, variables, learned: variables }, { count: 3, seed: 0 })];
 * blocks.map(({ rows }) => rows); // → [3]
 */
export function* sampleDensity(model: TableDensityModel, options: SampleDensityOptions): Generator<Table> {
  const { density, learned } = model;
  const { count, seed, given, from: first = 0 } = options;
  const key = createKey(seed);
  const size = Math.min(options.block ?? Number.POSITIVE_INFINITY, blockRows(learned.length));
  const total = count * (given?.rows ?? 1);
  checkBlockStart("sampleDensity", first, size);
  const names = new Set(density.given);
  const variables = [
    ...learned.filter(({ name }) => names.has(name)),
    ...learned.filter(({ name }) => !names.has(name)),
  ];
  for (let from = first, block = first / size; from < total; from += size, block++) {
    const rows = Math.min(size, total - from);
    // Those of one row that is given after the other.
    const indices = Array.from({ length: given === undefined ? 0 : rows }, (_, i) => Math.floor((from + i) / count));
    const drawn =
      given === undefined
        ? density.sample(key.fold(block), rows)
        : density.sample(key.fold(block), 1, { given: takeTableRows(given, indices) });
    const byName = new Map(drawn.columns.map((column) => [column.name, column]));
    const columns = variables.flatMap(({ name }) => byName.get(name) ?? []);
    yield writeVariables({ variables, table: { rows: drawn.rows, columns } });
  }
}

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
