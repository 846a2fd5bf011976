import { checkKey, cpuSeconds, DataError, type Key, mapEvents, runToEnd } from "@pushforward/core";
import { type Column, splitIndices, type Table, takeTableRows } from "@pushforward/datasets";
import type { TrainEvent } from "@pushforward/training";
import type { DependentColumn } from "../columns/dependent/dependent-column.ts";
import type { TypedTable } from "../columns/variable.ts";
import type { CellCoding, CodedColumn } from "./cell-coding.ts";
import { chooseParents } from "./choose-parents.ts";
import { codingOf } from "./coding-of.ts";
import type { ColumnDensity } from "./column-density.ts";
import { columnLogProb } from "./column-log-prob.ts";
import { columnOf } from "./column-of.ts";
import type { DensityColumn } from "./density-column.ts";
import { type DependentCells, dependentCells } from "./dependent-cells.ts";
import { dependentLogProb } from "./dependent-log-prob.ts";
import { fitColumn } from "./fit-column.ts";
import { learnable } from "./learnable.ts";
import type { TableCheckpoint, TableCheckpointOptions, TableFitIdentity } from "./table-checkpoint.ts";
import { TableCheckpoints } from "./table-checkpoints.ts";
import { TableDensity } from "./table-density.ts";
import { type ColumnRows, type ColumnTraining, columnTraining } from "./train-column.ts";

/** Options of {@link tableDensity}. Only the key is required. */
export interface TableDensityOptions {
  /** Decides validation rows, initial weights and batches. */
  readonly key: Key;
  /** The columns to learn, in the order in which each reads those before it. Default: all that have a density. */
  readonly columns?: readonly string[] | undefined;
  /**
   * Columns that are given, not learned: the others read them, and the density is that of the others given them. Default:
   * none.
   */
  readonly given?: readonly string[] | undefined;
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
  /** Width of the hidden layers of each network. Default: 64, or 128 for a column that is hard to learn. */
  readonly hidden?: number | undefined;
  /** Networks per column, whose probabilities are averaged. Default: up to 3, as long as they help. */
  readonly members?: number | undefined;
  /** Maximum number of epochs. Default: as many as give 2,400 steps, from 20 to 150. */
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
  /** Those that are learned. */
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
  /** From 0, without the columns that are given. */
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
 * @param data a table, or one whose columns are understood, as `findVariables` and `table` give it: then the density knows
 * their bounds, orders and cycles.
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range, or a checkpoint of another fit.
 */
export async function* fitTableDensity(
  data: Table | TypedTable,
  options: TableDensityOptions,
): AsyncGenerator<TableDensityEvent, TableDensityResult, void> {
  checkKey("tableDensity", options);
  const start = { wall: performance.now(), cpu: cpuSeconds() };
  const { table, chosen, given, relations, variables } = learnable(data, options);
  const names = ordered(chosen, relations);
  if (names.length === 0) throw new DataError("tableDensity: expected columns to learn, got none.");
  if (table.rows === 0) throw new DataError("tableDensity: expected rows, got none.");
  const parts = splitTable(table, options);
  const coded = names.map(
    (name): NamedCoding => ({ name, coding: codingOf(parts.train, name, { ...options, variables }, parts.validation) }),
  );
  const scored = names.slice(given.length);
  yield { type: "start", columns: scored, trainRows: parts.train.rows, validationRows: parts.validation.rows };
  const fit = new TableFit(coded, parts, { ...options, given, relations }, start.wall);
  const events: ColumnEvent[] = [];
  let isDone = false;
  try {
    for (const name of scored) {
      const event = yield* fit.column(names.indexOf(name));
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
export function tableDensity(data: Table | TypedTable, options: TableDensityOptions): Promise<TableDensityResult> {
  return runToEnd(fitTableDensity(data, options));
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
  private readonly all: Table;
  private readonly train: ColumnRows & { readonly table: Table };
  private readonly validation: ColumnRows & { readonly table: Table };

  constructor(
    codings: readonly NamedCoding[],
    { all, train, validation }: TableParts,
    options: TableDensityOptions,
    start: number,
  ) {
    this.all = all;
    this.codings = codings;
    this.options = options;
    const { given = [] } = options;
    for (const one of codings.slice(0, given.length))
      this.columns.push({ ...one, parents: [], members: [], isGiven: true });
    this.training = columnTraining(train.rows, options);
    const encode = (table: Table): CodedColumn[] =>
      codings.map(({ name, coding }) => coding.encode(columnOf(table, name)));
    this.train = { coded: encode(train), rows: train.rows, table: train };
    this.validation = { coded: encode(validation), rows: validation.rows, table: validation };
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
      const { given = [] } = this.options;
      return { type: "column", column: name, index: index - given.length, validationNll, marginalNll, seconds };
    };
    if (dependent !== undefined)
      return finish({ ...bare, dependent }, this.dependentNll({ ...bare, dependent }, index));
    const free = chooseParents(this.codings, this.train.coded, index, (k) => this.columns[k]?.dependent === undefined);
    const isTrained = free.length > 0 && coding.codes > 1 && this.train.rows >= MIN_ROWS && this.validation.rows > 0;
    if (!isTrained) return finish(bare, marginalNll);
    const { train, validation, codings, checkpoints, training } = this;
    const columnWith = (members: readonly ColumnDensity[]): DensityColumn =>
      members.length === 0 ? bare : { ...bare, parents: free, members };
    const events = fitColumn(
      {
        task: { index, parents: free, codings, train, validation },
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
    const { coded, table } = this.validation.rows > 0 ? this.validation : this.train;
    const sources = column.dependent.from.map((place) => columnOf(table, (this.codings[place] as NamedCoding).name));
    return meanNll(dependentLogProb(column, sources, columnOf(table, column.name), coded[index] as CodedColumn));
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
    const { coded, rows } = this.validation.rows > 0 ? this.validation : this.train;
    return meanNll(columnLogProb(column, coded, coded[index] as CodedColumn, rows));
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
