import { checkKey, cpuSeconds, DataError, type Key, mapEvents, runToEnd } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import type { TrainEvent } from "@pushforward/training";
import type { DependentColumn } from "../../columns/dependent/dependent-column.ts";
import type { TypedTable } from "../../columns/variable.ts";
import type { CellCoding } from "../coding/cell-coding.ts";
import { codingOf } from "../coding/coding-of.ts";
import { columnOf } from "../coding/column-of.ts";
import type { DensityColumn } from "../density-column.ts";
import { type DependentCells, dependentCells } from "../dependent-cells.ts";
import { TableDensity } from "../table-density.ts";
import { fitColumn } from "./fit-column.ts";
import { FitRows } from "./fit-rows.ts";
import { learnable } from "./learnable.ts";
import { meanNll } from "./mean-nll.ts";
import { ParentChoice } from "./parent-choice.ts";
import type { TableCheckpoint, TableCheckpointOptions, TableFitIdentity } from "./table-checkpoint.ts";
import { TableCheckpoints } from "./table-checkpoints.ts";
import { type TableParts, tableParts } from "./table-parts.ts";
import { type ColumnTraining, columnTraining } from "./train-column.ts";

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
  /**
   * Parts of the rows that take turns: each validates networks that are trained on the others, and all networks of a column
   * are averaged. With 1 some rows are held out. Default: 5 for tables up to 2,250 rows and 64 columns without validation
   * rows, else 1.
   */
  readonly folds?: number | undefined;
  /**
   * Width of the hidden layers of each network. Default: 64, or 128 for a column that is hard to learn; 32 in wide tables of
   * few rows.
   */
  readonly hidden?: number | undefined;
  /**
   * Networks per column, whose probabilities are averaged. Default: one for each fold, or up to 3, as long as they help; 1 in
   * wide tables of few rows.
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

/** Rows of a fit. */
export interface TableRowCounts {
  readonly trainRows: number;
  /** With folds all of them, each of which validates the networks that were trained without it. */
  readonly validationRows: number;
  /** 1 where some rows are held out. */
  readonly folds: number;
}

/** Before the first column. */
export interface TableStartEvent extends TableRowCounts {
  readonly type: "start";
  /** Those that are learned. */
  readonly columns: readonly string[];
}

/** While a network of a column is trained. */
export interface ColumnTrainingEvent {
  readonly type: "training";
  readonly column: string;
  readonly member: number;
  /** Of the validation cells by the frequencies of the column alone, in nats per row: what its losses are gains over. */
  readonly marginalNll: number;
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
export interface TableDensityResult extends TableRowCounts {
  readonly model: TableDensity;
  readonly reason: "completed" | "aborted";
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
  const parts = tableParts(table, names.length, options);
  const coded = names.map(
    (name): NamedCoding => ({ name, coding: codingOf(parts.train, name, { ...options, variables }, parts.validation) }),
  );
  const scored = names.slice(given.length);
  const counts = rowCounts(parts);
  yield { type: "start", columns: scored, ...counts };
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
    ...counts,
    validationLogProb: fit.validationLogProb,
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

function rowCounts({ train, validation, folds }: TableParts): TableRowCounts {
  const isFolded = folds.length > 0;
  return {
    trainRows: train.rows,
    validationRows: isFolded ? train.rows : validation.rows,
    folds: Math.max(folds.length, 1),
  };
}

interface NamedCoding {
  readonly name: string;
  readonly coding: CellCoding;
}

class TableFit {
  readonly columns: DensityColumn[] = [];
  /** Of the columns so far. */
  readonly validationLogProb = new Map<string, Float64Array>();
  private readonly codings: readonly NamedCoding[];
  private readonly options: TableDensityOptions;
  private readonly training: ColumnTraining;
  private readonly checkpoints: TableCheckpoints;
  private readonly parents: ParentChoice;
  private readonly rows: FitRows;

  constructor(codings: readonly NamedCoding[], parts: TableParts, options: TableDensityOptions, start: number) {
    this.codings = codings;
    this.options = options;
    const { given = [] } = options;
    for (const one of codings.slice(0, given.length))
      this.columns.push({ ...one, parents: [], members: [], isGiven: true });
    this.rows = new FitRows(codings, parts);
    this.training = columnTraining(
      { rows: parts.train.rows, columns: codings.length, folds: parts.folds.length },
      options,
    );
    this.parents = new ParentChoice(codings, parts.train.rows, (k) => this.rows.train.at(k));
    this.checkpoints = new TableCheckpoints(start, this.identity(), options.checkpoint, options.resume);
  }

  /** Seconds of the fit, those before the checkpoint that is resumed included. */
  get seconds(): number {
    return this.checkpoints.seconds;
  }

  async *column(index: number): AsyncGenerator<ColumnTrainingEvent, ColumnEvent, void> {
    const start = performance.now();
    const { name, coding } = this.codings[index] as NamedCoding;
    const { rows, checkpoints, training, codings } = this;
    const bare: DensityColumn = { name, coding, parents: [], members: [] };
    const dependent = this.dependentOf(index);
    const marginal = rows.marginalLogProb(coding, index);
    const finish = (column: DensityColumn, logProb: Float64Array): ColumnEvent => {
      this.columns.push(column);
      if (column.dependent === undefined) this.validationLogProb.set(name, logProb);
      const { given = [] } = this.options;
      return {
        ...{ type: "column", column: name, index: index - given.length },
        ...{ validationNll: meanNll(logProb), marginalNll: meanNll(marginal) },
        seconds: (performance.now() - start) / 1000,
      };
    };
    if (dependent !== undefined) {
      return finish({ ...bare, dependent }, rows.dependentLogProb({ ...bare, dependent }, index));
    }
    const parents = this.parents.parentsOf(index, (k) => this.columns[k]?.dependent === undefined);
    if (parents.length === 0 || coding.codes < 2 || !rows.canTrain) return finish(bare, marginal);
    const events = fitColumn(
      {
        tasks: rows.folds.map(({ train, validation }) => ({
          ...{ index, parents, codings },
          ...{ train: train.of([...parents, index]), validation: validation.of([...parents, index]) },
        })),
        ...{ training, checkpoints, key: this.options.key.fold(name), signal: this.options.signal },
        logProb: (members) => rows.logProb({ ...bare, parents, members }, index),
      },
      marginal,
    );
    const about = { type: "training", column: name, marginalNll: meanNll(marginal) } as const;
    const { members, logProb } = yield* mapEvents(events, (event) => ({ ...about, ...event }));
    return finish(members.length === 0 ? bare : { ...bare, parents, members }, logProb);
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
    const columnAt = (place: number): Column => columnOf(this.rows.all, (this.codings[place] as NamedCoding).name);
    const { step } = (this.codings[index] as NamedCoding).coding;
    return dependentCells(found.relation, from, from.map(columnAt), columnAt(index), step);
  }

  private identity(): TableFitIdentity {
    const { codings, options, training } = this;
    return {
      columns: codings.map(({ name }) => name),
      codes: codings.map(({ coding }) => coding.codes),
      ...{ trainRows: this.rows.train.rows, validationRows: this.rows.judged.rows, folds: this.rows.folds.length },
      ...{ hidden: training.hidden, members: training.members, epochs: training.options.epochs as number },
      key: options.key.fold("checkpoint").uniform(1)[0] as number,
    };
  }
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
