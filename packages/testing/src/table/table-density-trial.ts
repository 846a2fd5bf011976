import { type Key, OptionError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Subject } from "../law/law-list.ts";
import { gridProbabilities, type RowGrid, rowGrid } from "./row-grid.ts";
import { pickRows } from "./rows.ts";
import type { TableDensityCase, TableDensityLike, TableDensityTolerances, TableLike } from "./table-density-case.ts";

/** A density of tables under test, with the data that a law needs. */
export interface TableDensityTrial extends Subject<object> {
  readonly theCase: Omit<TableDensityCase, "make" | "ask">;
  readonly density: TableDensityLike;
  readonly tolerances: TableDensityTolerances;
  /** Rows that the laws of single rows are tried on, for each row that is given. */
  readonly points: number;
  readonly key: Key;
  readonly cache: ProbabilityCache;
}

/** Probabilities of the grid, shared by the laws of a case: parameters are the same for all laws. */
export interface ProbabilityCache {
  entry: { readonly backend: string; readonly grid: RowGrid; readonly all: readonly Float64Array[] } | undefined;
}

/** The density that an object of a case is. */
export function densityOf<T extends object>({ ask }: Pick<TableDensityCase<T>, "ask">, value: T): TableDensityLike {
  if (ask !== undefined) return ask(value);
  if (isTableDensityLike(value)) return value;
  throw new OptionError('tableDensityLaws: expected an object with "logProb" and "sample", or "ask", got neither.');
}

function isTableDensityLike(value: object): value is TableDensityLike {
  return "logProb" in value && typeof value.logProb === "function" && "sample" in value;
}

/** The rows that are given, one by one; undefined alone for a density without context columns. */
function givenRows({ context }: Pick<TableDensityCase, "context">): readonly (TableLike | undefined)[] {
  return context === undefined
    ? [undefined]
    : Array.from({ length: context.rows }, (_, row) => pickRows(context, [row]));
}

/** Draws `rows` rows for each context row. */
export function drawRows({ density, theCase, key }: Omit<TableDensityTrial, "cache">, rows: number): TableLike {
  return density.sample(key, rows, theCase.context && { context: theCase.context });
}

/** The probabilities of all rows of the grid of a case, for each row that is given. */
export function probabilities({ theCase, density, cache }: TableDensityTrial): {
  readonly grid: RowGrid;
  readonly all: readonly Float64Array[];
} {
  const backend = tf.getBackend();
  if (cache.entry?.backend !== backend) {
    const grid = rowGrid(theCase.columns);
    cache.entry = { backend, grid, all: givenRows(theCase).map((given) => gridProbabilities(grid, density, given)) };
  }
  return cache.entry;
}
