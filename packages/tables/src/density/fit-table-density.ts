import { checkKey, cpuSeconds, DataError, type Key, mapEvents, OptionError, runToEnd } from "@pushforward/core";
import { type Column, type NumberColumn, splitIndices, type Table, takeTableRows } from "@pushforward/datasets";
import type { TrainEvent } from "@pushforward/training";
import type { DependentColumn } from "../columns/dependent/dependent-column.ts";
import { categoryCoding } from "./category-coding.ts";
import type { CellCoding } from "./cell-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import { columnLogProb } from "./column-log-prob.ts";
import type { DensityColumn } from "./density-column.ts";
import { type DependentCells, dependentCells } from "./dependent-cells.ts";
import { dependentLogProb } from "./dependent-log-prob.ts";
import { EncodedColumns } from "./encoded-columns.ts";
import { fitColumn } from "./fit-column.ts";
import { numberCoding } from "./number-coding.ts";
import { ParentChoice } from "./parent-choice.ts";
import type { TableCheckpoint, TableCheckpointOptions, TableFitIdentity } from "./table-checkpoint.ts";
import { TableCheckpoints } from "./table-checkpoints.ts";
import { columnOf, TableDensity } from "./table-density.ts";
import { type ColumnRows, type ColumnTraining, columnTraining } from "./train-column.ts";

/** Options of {@link tableDensity}. Only the key is required. */
export interface TableDensityOptions {
  /** Decides validation rows, initial weights and batches. */
  readonly key: Key;
  /** The columns to learn, in the order in which each reads those before it. Default: all, in the order of the table. */
  readonly columns?: readonly string[] | undefined;
  /** Spacing of the numbers of a column, by its name; 0 for real numbers. Default: 1 where all are integers, else 0. */
  readonly steps?: ReadonlyMap<string, number> | undefined;
  /** Columns that follow from others, as `findDependentColumns` finds them: they are computed, not learned. */
  readonly relations?: readonly DependentColumn[] | undefined;
  /** Validation rows, for early stopping. Default: a twentieth of the rows, but at least the smaller of 450 rows and a fifth. */
  readonly validation?: Table | undefined;
  /**
   * Width of the hidden layers of each network. Default: 64, or 128 for a column that is hard to learn; 32 in wide tables of
   * few rows.
   */
  readonly hidden?: number | undefined;
  /**
   * Networks per column, whose probabilities are averaged. Default: up to 3, as long as they help; 1 in wide tables of few
   * rows.
   */
  readonly members?: number | undefined;
  /** Maximum number of epochs. Default: as many as give 2,400 steps, from 20 to 150, or to 50 in wide tables of few rows. */
  readonly epochs?: number | undefined;
  /** Threads that train; see `fit`. Default: "auto". */
  readonly threads?: number | "auto" | undefined;
  /** The columns that are left keep their distribution in the training rows. */
  readonly signal?: AbortSignal | undefined;
  /** Saves the fit after each network, so that it can be resumed. */
  readonly checkpoint?: TableCheckpointOptions | undefined;
  /** Goes on from a checkpoint of a fit with the same rows, key and options, to the same bits. */
  readonly resume?: TableCheckpoint | undefined;
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
 * own. A column that gains nothing from the others keeps its distribution. A fit that is resumed tells the columns that it
 * has learned before, too.
 *
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range, or a checkpoint of another fit.
 */
export async function* fitTableDensity(
  table: Table,
  options: TableDensityOptions,
): AsyncGenerator<TableDensityEvent, TableDensityResult, void> {
  checkKey("tableDensity", options);
  const start = { wall: performance.now(), cpu: cpuSeconds() };
  const chosen = options.columns ?? table.columns.map(({ name }) => name);
  const names = ordered(chosen, options.relations ?? []);
  if (names.length === 0) throw new DataError("tableDensity: expected columns to learn, got none.");
  if (table.rows === 0) throw new DataError("tableDensity: expected rows, got none.");
  const parts = splitTable(table, options);
  const coded = names.map(
    (name): NamedCoding => ({ name, coding: codingOf(parts.train, name, options.steps, parts.validation) }),
  );
  yield { type: "start", columns: names, trainRows: parts.train.rows, validationRows: parts.validation.rows };
  const fit = new TableFit(coded, parts, options, start.wall);
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
    seconds: fit.seconds,
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
export function tableDensity(table: Table, options: TableDensityOptions): Promise<TableDensityResult> {
  return runToEnd(fitTableDensity(table, options));
}

interface NamedCoding {
  readonly name: string;
  readonly coding: CellCoding;
}

/** Rows of a table to learn from. */
export interface TableParts {
  /** All rows, which show how columns follow from others. */
  readonly all: Table;
  readonly train: Table;
  readonly validation: Table;
}

class TableFit {
  readonly columns: DensityColumn[] = [];
  private readonly codings: readonly NamedCoding[];
  private readonly options: TableDensityOptions;
  private readonly training: ColumnTraining;
  private readonly checkpoints: TableCheckpoints;
  private readonly parents: ParentChoice;
  private readonly all: Table;
  private readonly train: EncodedColumns;
  private readonly validation: EncodedColumns;

  constructor(
    codings: readonly NamedCoding[],
    { all, train, validation }: TableParts,
    options: TableDensityOptions,
    start: number,
  ) {
    this.all = all;
    this.codings = codings;
    this.options = options;
    this.training = columnTraining(train.rows, codings.length, options);
    this.train = new EncodedColumns(train, codings);
    this.validation = new EncodedColumns(validation, codings);
    this.parents = new ParentChoice(codings, train.rows, (k) => this.train.at(k));
    this.checkpoints = new TableCheckpoints(start, this.identity(), options.checkpoint, options.resume);
  }

  /** Seconds of the fit, those before the checkpoint that is resumed included. */
  get seconds(): number {
    return this.checkpoints.seconds;
  }

  async *column(index: number): AsyncGenerator<ColumnTrainingEvent, ColumnEvent, void> {
    const start = performance.now();
    const { name, coding } = this.codings[index] as NamedCoding;
    const bare: DensityColumn = { name, coding, parents: [], members: [] };
    const dependent = this.dependentOf(index);
    const marginalNll = this.nll(bare, index);
    const finish = (column: DensityColumn, validationNll: number): ColumnEvent => {
      this.columns.push(column);
      const seconds = (performance.now() - start) / 1000;
      return { type: "column", column: name, index, validationNll, marginalNll, seconds };
    };
    if (dependent !== undefined)
      return finish({ ...bare, dependent }, this.dependentNll({ ...bare, dependent }, index));
    const free = this.parents.parentsOf(index, (k) => this.columns[k]?.dependent === undefined);
    const isTrained = free.length > 0 && coding.codes > 1 && this.train.rows >= MIN_ROWS && this.validation.rows > 0;
    if (!isTrained) return finish(bare, marginalNll);
    const { codings, checkpoints, training } = this;
    const read = (columns: EncodedColumns): ColumnRows => ({
      coded: columns.pick([...free, index]),
      rows: columns.rows,
    });
    const columnWith = (members: readonly ColumnDensity[]): DensityColumn =>
      members.length === 0 ? bare : { ...bare, parents: free, members };
    const events = fitColumn(
      {
        task: { index, parents: free, codings, train: read(this.train), validation: read(this.validation) },
        ...{ training, checkpoints, key: this.options.key.fold(name), signal: this.options.signal },
        nll: (members) => this.nll(columnWith(members), index),
      },
      marginalNll,
    );
    const fitted = yield* mapEvents(events, (event) => ({ type: "training", column: name, ...event }));
    return finish(columnWith(fitted.members), fitted.validationNll);
  }

  dispose(): void {
    for (const { members } of this.columns) for (const member of members) member.dispose();
  }

  /** How a column follows from columns before it, if it does. */
  private dependentOf(index: number): DependentCells | undefined {
    const { name } = this.codings[index] as NamedCoding;
    const found = this.options.relations?.find(({ column }) => column === name);
    if (found === undefined || found.relation.type === "constant") return undefined;
    const from = found.from.map((source) => this.codings.findIndex((coding) => coding.name === source));
    if (from.some((place) => place < 0 || place >= index)) return undefined;
    const columnAt = (place: number): Column => columnOf(this.all, (this.codings[place] as NamedCoding).name);
    const { step } = (this.codings[index] as NamedCoding).coding;
    return dependentCells(found.relation, from, from.map(columnAt), columnAt(index), step);
  }

  private dependentNll(column: DensityColumn & { readonly dependent: DependentCells }, index: number): number {
    const { table } = this.judges;
    const sources = column.dependent.from.map((place) => columnOf(table, (this.codings[place] as NamedCoding).name));
    return meanNll(dependentLogProb(column, sources, columnOf(table, column.name), this.judges.at(index)));
  }

  private identity(): TableFitIdentity {
    const { codings, options, training } = this;
    return {
      columns: codings.map(({ name }) => name),
      codes: codings.map(({ coding }) => coding.codes),
      ...{ trainRows: this.train.rows, validationRows: this.validation.rows },
      ...{ hidden: training.hidden, members: training.members, epochs: training.options.epochs as number },
      key: options.key.fold("checkpoint").uniform(1)[0] as number,
    };
  }

  private nll(column: DensityColumn, index: number): number {
    const { judges } = this;
    return meanNll(columnLogProb(column, judges.pick(column.parents), judges.at(index), judges.rows));
  }

  /** The rows by which columns are judged. */
  private get judges(): EncodedColumns {
    return this.validation.rows > 0 ? this.validation : this.train;
  }
}

function meanNll(logProb: Float64Array): number {
  return -logProb.reduce((sum, value) => sum + value / logProb.length, 0);
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

/**
 * The coding of a column of a table: categories of text, and numbers with a step.
 *
 * @param support rows whose values have codes as well, but no share in the frequencies.
 */
export function codingOf(
  table: Table,
  name: string,
  steps: ReadonlyMap<string, number> | undefined,
  support?: Table,
): CellCoding {
  const column = columnOf(table, name);
  const other = support && columnOf(support, name);
  if (column.kind === "text") return categoryCoding(column, other?.kind === "text" ? other : undefined);
  const more = other?.kind === "number" ? other : undefined;
  const isInteger = ({ values }: NumberColumn): boolean => values.every((x) => Number.isNaN(x) || Number.isInteger(x));
  const step = steps?.get(name) ?? (isInteger(column) && (more === undefined || isInteger(more)) ? 1 : 0);
  if (!(step >= 0 && Number.isFinite(step))) {
    throw new OptionError(`table: expected a step of at least 0 for column "${name}", got ${step}.`);
  }
  return numberCoding(column, step, more);
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
