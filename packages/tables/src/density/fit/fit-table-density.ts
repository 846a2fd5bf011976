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
  /** The columns to learn, in the order in which each reads those before it. Default: all that have a density. */
  readonly columns?: readonly string[] | undefined;
  /**
   * Columns of the context, not learned: the others read them, and the density is that of the others given them. Default:
   * none.
   */
  readonly context?: readonly string[] | undefined;
  /**
   * Spacing of the numbers of a column, by its name; 0 for real numbers. Default: that of its variable, and without
   * variables 1 where all numbers are integers, else 0.
   */
  readonly steps?: ReadonlyMap<string, number> | undefined;
  /**
   * Columns that follow from others: they are computed, not learned. Default: those that `findDependentColumns` finds in a
   * table with variables, and none without.
   */
  readonly relations?: readonly DependentColumn[] | undefined;
  /** Validation rows, for early stopping. Default: a twentieth of the rows, but at least the smaller of 450 rows and a fifth. */
  readonly validation?: Table | undefined;
  /**
   * Parts of the rows that take turns: each validates networks that are trained on the others, and all networks of a column
   * are averaged. With 1 some rows are held out. Default: 5 for tables up to 2,250 rows and 64 columns without validation
   * rows, else 1.
   */
  readonly folds?: number | undefined;
  /**
   * Width of the hidden layers of each network: one number, because all have the same width. Default: [64], or [128] for a
   * column that is hard to learn; [32] in wide tables of few rows.
   */
  readonly hidden?: readonly number[] | undefined;
  /**
   * Networks per column, whose probabilities are averaged. Default: one for each fold, or up to 3, as long as they help; 1 in
   * wide tables of few rows.
   */
  readonly members?: number | undefined;
  /**
   * Maximum number of epochs, also of the flow that `fitTable` fits beside the networks. Default: as many as give 1,400
   * steps, from 10 to 150, or to 50 in wide tables of few rows.
   */
  readonly epochs?: number | undefined;
  /**
   * Where columns are trained beside this thread, at the same time: `columnWorkers` of `pushforward`, whose functions take
   * them by themselves. Default: none.
   */
  readonly workers?: ColumnWorkers | undefined;
  /**
   * How many workers; 1 for none: all columns are trained in this thread. The model is the same, bit for bit, for any
   * number. Default: "auto", as many as there are cores and columns, and none where they would not save some seconds.
   */
  readonly threads?: number | "auto" | undefined;
  /** The columns that are left keep their distribution in the training rows. */
  readonly signal?: AbortSignal | undefined;
  /** Saves the fit after each network, so that it can be resumed. */
  readonly checkpoint?: TableCheckpointOptions | undefined;
  /** Goes on from a checkpoint of a fit with the same rows, key and options, to the same bits. */
  readonly resume?: TableCheckpoint | undefined;
}

const OPTIONS: OptionNames<FitTableDensityOptions> = {
  key: true,
  columns: true,
  context: true,
  steps: true,
  relations: true,
  validation: true,
  folds: true,
  hidden: true,
  members: true,
  epochs: true,
  workers: true,
  threads: true,
  signal: true,
  checkpoint: true,
  resume: true,
};

/** What `fitTableDensity` found. */
export interface FitTableDensityResult extends TableRowCounts {
  readonly model: TableDensity;
  readonly reason: "completed" | "aborted";
  /** In the order of the columns. */
  readonly columns: readonly ColumnEvent[];
  /** Nats per row. */
  readonly validationNll: number;
  /**
   * The log-probabilities of the validation cells given those before them, of each column that does not follow from others;
   * with folds by the networks that were trained without their row.
   */
  readonly validationLogProb: ReadonlyMap<string, Float64Array>;
  /** Of the columns as if they were independent. */
  readonly marginalNll: number;
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
}

/**
 * Learns the density of a table whose columns may be numbers or categories with missing cells: for each column a small
 * residual network that reads the columns before it, trained by maximum likelihood and stopped by validation rows of its
 * own. A column that gains nothing from the others keeps its distribution. A fit that is resumed tells the columns that it
 * has learned before, too.
 *
 * @param data a table, or one whose columns are understood, as `findVariables` and `table` give it: then the density knows
 * their bounds, orders and cycles.
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range, or a checkpoint of another fit.
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
 * Runs {@link fitTableDensityEvents} to its end and gives the result, without the events.
 *
 * @throws what `fitTableDensityEvents` throws.
 * @example
 * const { model, validationNll } = await fitTableDensity(penguins(), { key, epochs: 2 });
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

/** The columns in an order in which each dependent one comes after those that it follows from. */
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
