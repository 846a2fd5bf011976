import type { DependentColumn, TypedTable } from "@pushforward/columns";
import { DataError, type Key } from "@pushforward/core";
import { checkKey, checkOptions, type OptionNames } from "@pushforward/core/extend";
import { cpuSeconds, runToEnd, runTogether } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { codingOf } from "../coding/coding-of.ts";
import { TableDensity } from "../table-density.ts";
import { type TableParts, tableParts } from "./column-evidence.ts";
import type { ColumnEvent, FitTableDensityEvent, TableRowCounts } from "./fit-rows.ts";
import { learnable, type TableCheckpoint, type TableCheckpointOptions } from "./table-checkpoints.ts";
import { type NamedCoding, TableFit } from "./table-fit.ts";
import { type ColumnWorkers, openTrainers } from "./workers.ts";

/** Options of {@link fitTableDensity}. Only the key is required. */
export interface FitTableDensityOptions {
  /** Decides validation rows, initial weights and batches. */
  readonly key: Key;
  /** The columns to learn; each reads the previous ones. Default: all columns with a density. */
  readonly columns?: readonly string[] | undefined;
  /**
   * Context columns: read, not learned. The model is the density of the remaining columns given these. Default: none.
   */
  readonly context?: readonly string[] | undefined;
  /**
   * Spacing of the numbers of a column, by column name; 0 for real numbers. Default: the spacing of its variable.
   * Without variables the default is 1 if all numbers are integers, else 0.
   */
  readonly steps?: ReadonlyMap<string, number> | undefined;
  /**
   * Dependent columns: computed, not learned. Default: the result of `findDependentColumns` for a table with variables,
   * otherwise none.
   */
  readonly relations?: readonly DependentColumn[] | undefined;
  /**
   * `true` for columns that recall cells of training rows with the same cells in up to four earlier columns, if that
   * improves the validation rows. Default: true.
   */
  readonly recall?: boolean | undefined;
  /** Validation rows, for early stopping. Default: a twentieth of the rows, but at least the smaller of 450 rows and a fifth. */
  readonly validation?: Table | undefined;
  /**
   * Number of cross-validation folds. All networks of a column are averaged. With 1, rows are held out. Default: 5 for tables
   * of up to 2,250 rows and 64 columns without validation rows, otherwise 1.
   */
  readonly folds?: number | undefined;
  /**
   * Width of the hidden layers of each network: one number, because all have the same width. Default: [64], or [128] for a
   * column that is hard to learn; [32] in wide tables of few rows.
   */
  readonly hidden?: readonly number[] | undefined;
  /**
   * Maximum number of networks per column, averaged. Default: one per fold, or up to 3 while the loss improves; 1 in wide
   * tables with few rows.
   */
  readonly members?: number | undefined;
  /**
   * Maximum number of epochs, also of the flow that `fitTable` fits. Default: enough for 1,400 steps, between 10 and 150 (50 in
   * wide tables with few rows).
   */
  readonly maxEpochs?: number | undefined;
  /**
   * Workers that train columns in parallel: `columnWorkers` of `pushforward`, the default of its functions. Default: none.
   */
  readonly workers?: ColumnWorkers | undefined;
  /**
   * Number of workers; 1 trains all columns in this thread. The model is bit-for-bit identical for any number. Default:
   * "auto", the smaller of the numbers of cores and columns, or 1 if workers do not save time.
   */
  readonly threads?: number | "auto" | undefined;
  /** The columns that are left keep their distribution in the training rows. */
  readonly signal?: AbortSignal | undefined;
  /** Saves the fit after each network, so that it can be resumed. */
  readonly checkpoint?: TableCheckpointOptions | undefined;
  /** Checkpoint to resume: the same rows, key and options produce the same bits. */
  readonly resume?: TableCheckpoint | undefined;
}

const OPTIONS: OptionNames<FitTableDensityOptions> = {
  key: true,
  columns: true,
  context: true,
  steps: true,
  relations: true,
  recall: true,
  validation: true,
  folds: true,
  hidden: true,
  members: true,
  maxEpochs: true,
  workers: true,
  threads: true,
  signal: true,
  checkpoint: true,
  resume: true,
};

/** Result of `fitTableDensity`. */
export interface FitTableDensityResult extends TableRowCounts {
  readonly model: TableDensity;
  readonly reason: "completed" | "aborted";
  /** In the order of the columns. */
  readonly columns: readonly ColumnEvent[];
  /** Nats per row. */
  readonly validationNll: number;
  /**
   * Log-probabilities of the validation cells given the previous cells, per column; with folds from the networks trained
   * without the row.
   */
  readonly validationLogProb: ReadonlyMap<string, Float64Array>;
  /** Of the columns as if they were independent. */
  readonly marginalNll: number;
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
}

/**
 * Learns the density of a table of numbers, categories and missing cells. For each column, a small residual network reads the
 * previous columns; it is trained by maximum likelihood with early stopping. A column without gain keeps its marginal
 * distribution. A resumed fit also yields the events of completed columns.
 *
 * @param data a table, or a table with column types from `findVariables` or `table`, which include bounds, orders and periods.
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range, or a checkpoint of a different fit.
 */
export async function* fitTableDensityEvents(
  data: Table | TypedTable,
  options: FitTableDensityOptions,
): AsyncGenerator<FitTableDensityEvent, FitTableDensityResult, void> {
  checkKey("fitTableDensity", options);
  checkOptions("fitTableDensity", options, OPTIONS);
  const start = { wall: performance.now(), cpu: cpuSeconds() };
  const { table, chosen, context, relations, variables } = learnable(data, options);
  const names = ordered(chosen, relations);
  if (names.length === 0) throw new DataError("fitTableDensity: expected columns to learn, got none.");
  if (table.rows === 0) throw new DataError("fitTableDensity: expected rows, got none.");
  const parts = tableParts(table, names.length, options);
  const coded = names.map(
    (name): NamedCoding => ({ name, coding: codingOf(parts.train, name, { ...options, variables }, parts.validation) }),
  );
  const scored = names.slice(context.length);
  const counts = rowCounts(parts);
  const fit = new TableFit(coded, parts, { ...options, context, relations }, start.wall);
  const { trainers, workers, note, close } = await openTrainers(options.workers, options.threads ?? "auto", fit.work);
  let isDone = false;
  try {
    yield { type: "start", columns: scored, ...counts, workers, ...(note !== undefined && { workersNote: note }) };
    yield* runTogether(
      trainers,
      scored.map((_, k) => (trainer) => fit.column(context.length + k, trainer, workers > 0)),
    );
    isDone = true;
  } finally {
    if (!isDone) fit.dispose();
    await close();
  }
  const { events } = fit;
  const sum = (of: (event: ColumnEvent) => number): number => events.reduce((total, event) => total + of(event), 0);
  const cpu = cpuSeconds();
  return {
    model: new TableDensity(fit.columns),
    reason: options.signal?.aborted ? "aborted" : "completed",
    columns: events,
    validationNll: sum(({ validationNll }) => validationNll),
    marginalNll: sum(({ marginalNll }) => marginalNll),
    ...counts,
    validationLogProb: fit.validationLogProb,
    seconds: fit.seconds,
    cpuSeconds: cpu === undefined || start.cpu === undefined ? undefined : cpu - start.cpu,
  };
}

/**
 * Runs {@link fitTableDensityEvents} and returns the result.
 *
 * @throws the errors of `fitTableDensityEvents`.
 * @example
 * const { model, validationNll } = await fitTableDensity(penguins(), { key, maxEpochs: 2 });
 * const rows = model.sample(key, 3);
 */
export function fitTableDensity(
  data: Table | TypedTable,
  options: FitTableDensityOptions,
): Promise<FitTableDensityResult> {
  return runToEnd(fitTableDensityEvents(data, options));
}

function rowCounts({ train, validation, folds }: TableParts): TableRowCounts {
  const isFolded = folds.length > 0;
  return {
    trainRows: train.rows,
    validationRows: isFolded ? train.rows : validation.rows,
    folds: Math.max(folds.length, 1),
  };
}

/** The columns in an order with dependent columns after their sources. */
function ordered(names: readonly string[], relations: readonly DependentColumn[]): string[] {
  const sources = new Map(relations.map(({ column, from }) => [column, from]));
  const chosen = new Set(names);
  const order = new Set<string>();
  const place = (name: string, above: readonly string[]): void => {
    if (order.has(name) || above.includes(name) || !chosen.has(name)) return;
    for (const source of sources.get(name) ?? []) place(source, [...above, name]);
    order.add(name);
  };
  for (const name of names) place(name, []);
  return [...order];
}
