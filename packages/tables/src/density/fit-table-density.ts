import { checkKey, cpuSeconds, DataError, type Key, OptionError } from "@pushforward/core";
import { splitIndices, type Table, takeTableRows } from "@pushforward/datasets";
import type { TrainEvent } from "@pushforward/training";
import { categoryCoding } from "./category-coding.ts";
import type { CellCoding, CodedColumn } from "./cell-coding.ts";
import { chooseParents } from "./choose-parents.ts";
import type { ColumnDensity } from "./column-density.ts";
import { columnLogProb } from "./column-log-prob.ts";
import type { DensityColumn } from "./density-column.ts";
import { numberCoding } from "./number-coding.ts";
import { columnOf, TableDensity } from "./table-density.ts";
import { type ColumnRows, type ColumnTraining, columnTraining, trainColumn } from "./train-column.ts";

/** Options of {@link tableDensity}. Only the key is required. */
export interface TableDensityOptions {
  /** Decides validation rows, initial weights and batches. */
  readonly key: Key;
  /** The columns to learn, in the order in which each reads those before it. Default: all, in the order of the table. */
  readonly columns?: readonly string[] | undefined;
  /** Spacing of the numbers of a column, by its name; 0 for real numbers. Default: 1 where all are integers, else 0. */
  readonly steps?: ReadonlyMap<string, number> | undefined;
  /** Validation rows, for early stopping. Default: a twentieth of the rows, but at least the smaller of 450 rows and a fifth. */
  readonly validation?: Table | undefined;
  /** Width of the hidden layers of each network. Default: 64. */
  readonly hidden?: number | undefined;
  /** Networks per column, whose probabilities are averaged. Default: 2. */
  readonly members?: number | undefined;
  /** Maximum number of epochs. Default: as many as give 2,400 steps, from 12 to 150. */
  readonly epochs?: number | undefined;
  /** Threads that train; see `fit`. Default: "auto". */
  readonly threads?: number | "auto" | undefined;
  /** The columns that are left keep their distribution in the training rows. */
  readonly signal?: AbortSignal | undefined;
}

/** Before the first column. */
export interface TableStartEvent {
  readonly type: "start";
  readonly columns: readonly string[];
  readonly trainRows: number;
  readonly validationRows: number;
}

/** While a network of a column is trained. */
export interface ColumnTrainingEvent {
  readonly type: "training";
  readonly column: string;
  readonly member: number;
  readonly event: TrainEvent;
}

/** After a column: mean negative log-probability of its validation cells, in nats per row. */
export interface ColumnEvent {
  readonly type: "column";
  readonly column: string;
  /** From 0. */
  readonly index: number;
  readonly validationNll: number;
  /** By the frequencies of its values alone. */
  readonly marginalNll: number;
  readonly seconds: number;
}

/** What `fitTableDensity` tells while it runs. */
export type TableDensityEvent = TableStartEvent | ColumnTrainingEvent | ColumnEvent;

/** What `tableDensity` found. */
export interface TableDensityResult {
  readonly model: TableDensity;
  readonly reason: "completed" | "aborted";
  readonly columns: readonly ColumnEvent[];
  /** Nats per row. */
  readonly validationNll: number;
  /** Of the columns as if they were independent. */
  readonly marginalNll: number;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
}

/** With fewer rows networks would learn noise: columns keep their own distributions. */
const MIN_ROWS = 20;

/**
 * Learns the density of a table whose columns may be numbers or categories with missing cells: for each column a small
 * residual network that reads the columns before it, trained by maximum likelihood and stopped by validation rows of its
 * own. A column that gains nothing from the others keeps its distribution.
 *
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range.
 */
export async function* fitTableDensity(
  table: Table,
  options: TableDensityOptions,
): AsyncGenerator<TableDensityEvent, TableDensityResult, void> {
  checkKey("tableDensity", options);
  const start = { wall: performance.now(), cpu: cpuSeconds() };
  const names = options.columns ?? table.columns.map(({ name }) => name);
  if (names.length === 0) throw new DataError("tableDensity: expected columns to learn, got none.");
  if (table.rows === 0) throw new DataError("tableDensity: expected rows, got none.");
  const parts = splitTable(table, options);
  const coded = names.map((name): NamedCoding => ({ name, coding: codingOf(parts.all, name, options.steps) }));
  yield { type: "start", columns: names, trainRows: parts.train.rows, validationRows: parts.validation.rows };
  const fit = new TableFit(coded, parts, options);
  const events: ColumnEvent[] = [];
  let isDone = false;
  try {
    for (const index of names.keys()) {
      const event = yield* fit.column(index);
      events.push(event);
      yield event;
    }
    isDone = true;
  } finally {
    if (!isDone) fit.dispose();
  }
  const sum = (of: (event: ColumnEvent) => number): number => events.reduce((total, event) => total + of(event), 0);
  const cpu = cpuSeconds();
  return {
    model: new TableDensity(fit.columns),
    reason: options.signal?.aborted ? "aborted" : "completed",
    columns: events,
    validationNll: sum(({ validationNll }) => validationNll),
    marginalNll: sum(({ marginalNll }) => marginalNll),
    trainRows: parts.train.rows,
    validationRows: parts.validation.rows,
    seconds: (performance.now() - start.wall) / 1000,
    cpuSeconds: cpu === undefined || start.cpu === undefined ? undefined : cpu - start.cpu,
  };
}

/**
 * Runs {@link fitTableDensity} to its end and gives the result, without the events.
 *
 * @throws what `fitTableDensity` throws.
 * @example
 * const { model, validationNll } = await tableDensity(penguins(), { key, epochs: 2 });
 * const rows = model.sample(key, 3);
 */
export async function tableDensity(table: Table, options: TableDensityOptions): Promise<TableDensityResult> {
  const events = fitTableDensity(table, options);
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}

interface NamedCoding {
  readonly name: string;
  readonly coding: CellCoding;
}

/** Rows of a table to learn from. */
export interface TableParts {
  /** All rows, from which codes are made: a category that is only among the validation rows is none that never occurs. */
  readonly all: Table;
  readonly train: Table;
  readonly validation: Table;
}

class TableFit {
  readonly columns: DensityColumn[] = [];
  private readonly codings: readonly NamedCoding[];
  private readonly options: TableDensityOptions;
  private readonly training: ColumnTraining;
  private readonly train: ColumnRows;
  private readonly validation: ColumnRows;

  constructor(codings: readonly NamedCoding[], { train, validation }: TableParts, options: TableDensityOptions) {
    this.codings = codings;
    this.options = options;
    this.training = columnTraining(train.rows, options);
    const encode = (table: Table): CodedColumn[] =>
      codings.map(({ name, coding }) => coding.encode(columnOf(table, name)));
    this.train = { coded: encode(train), rows: train.rows };
    this.validation = { coded: encode(validation), rows: validation.rows };
  }

  async *column(index: number): AsyncGenerator<ColumnTrainingEvent, ColumnEvent, void> {
    const start = performance.now();
    const { name, coding } = this.codings[index] as NamedCoding;
    const key = this.options.key.fold(name);
    const bare: DensityColumn = { name, coding, parents: [], members: [] };
    const marginalNll = this.nll(bare, index);
    const parents = chooseParents(this.codings, this.train.coded, index);
    const members: ColumnDensity[] = [];
    const isTrained = parents.length > 0 && coding.codes > 1 && this.train.rows >= MIN_ROWS && this.validation.rows > 0;
    for (let member = 0; isTrained && member < this.training.members && !this.options.signal?.aborted; member++) {
      const task = { index, parents, codings: this.codings, train: this.train, validation: this.validation };
      const events = trainColumn(task, this.training, key.fold(member), this.options.signal);
      for (;;) {
        const next = await events.next();
        if (next.done) {
          if (next.value !== undefined) members.push(next.value);
          break;
        }
        yield { type: "training", column: name, member, event: next.value };
      }
      // The first network found nothing, so a second one would not either.
      if (members.length === 0) break;
    }
    const column = members.length > 0 ? { name, coding, parents, members } : bare;
    this.columns.push(column);
    const validationNll = members.length > 0 ? this.nll(column, index) : marginalNll;
    return {
      type: "column",
      column: name,
      index,
      validationNll,
      marginalNll,
      seconds: (performance.now() - start) / 1000,
    };
  }

  dispose(): void {
    for (const { members } of this.columns) for (const member of members) member.dispose();
  }

  private nll(column: DensityColumn, index: number): number {
    const { coded, rows } = this.validation.rows > 0 ? this.validation : this.train;
    const logProb = columnLogProb(column, coded, coded[index] as CodedColumn, rows);
    return -logProb.reduce((sum, value) => sum + value / rows, 0);
  }
}

/** The coding of a column of a table: categories of text, and numbers with a step. */
export function codingOf(table: Table, name: string, steps: ReadonlyMap<string, number> | undefined): CellCoding {
  const column = columnOf(table, name);
  if (column.kind === "text") return categoryCoding(column);
  const step = steps?.get(name) ?? (column.values.every((x) => Number.isNaN(x) || Number.isInteger(x)) ? 1 : 0);
  if (!(step >= 0 && Number.isFinite(step))) {
    throw new OptionError(`table: expected a step of at least 0 for column "${name}", got ${step}.`);
  }
  return numberCoding(column, step);
}

/** Training and validation rows of a table. */
export function splitTable(
  table: Table,
  { validation, key }: Pick<TableDensityOptions, "validation" | "key">,
): TableParts {
  if (validation !== undefined) return { all: table, train: table, validation };
  const { rows } = table;
  const held = Math.max(Math.round(rows / 20), Math.min(450, Math.round(rows / 5)));
  const parts = splitIndices(rows, { validation: held / rows, key: key.fold("validation") });
  return { all: table, train: takeTableRows(table, parts.train), validation: takeTableRows(table, parts.validation) };
}
