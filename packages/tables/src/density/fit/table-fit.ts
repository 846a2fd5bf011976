import type { DependentColumn } from "@pushforward/columns";
import type { Key } from "@pushforward/core";
import { mapEvents } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { type CellCoding, columnOf } from "../coding/category-coding.ts";
import { placesOfCopies } from "../copied-cells.ts";
import type { DensityColumn } from "../density-column.ts";
import { type DependentCells, dependentCells } from "../dependent-cells.ts";
import { meanNll, type TableParts } from "./column-evidence.ts";
import { sumOf } from "./copy-shares.ts";
import { findCopies } from "./find-copies.ts";
import { findEdge, withEdgeOf, withoutShares } from "./find-edge.ts";
import { type FittedCells, withRecalled } from "./find-recalled.ts";
import { fitColumnEvents, type NetworkEvent, ParentChoice } from "./fit-column.ts";
import { type ColumnEvent, type ColumnTrainingEvent, type EncodedFold, FitRows } from "./fit-rows.ts";
import { matchLimited } from "./match-frequencies.ts";
import { type ColumnTraining, columnTraining } from "./network/column-network.ts";
import { type NetworkTask, networkForm, networkTask, type ReadColumns } from "./network/network-task.ts";
import { type NetworkWork, networkWork } from "./network/network-work.ts";
import type { NetworkTrainer } from "./network/train-network.ts";
import {
  type TableCheckpoint,
  type TableCheckpointOptions,
  TableCheckpoints,
  type TableFitIdentity,
} from "./table-checkpoints.ts";

/**
 * Relations of columns that group the values of another column. A network learns the effect of a group from more rows than the
 * effect of a value.
 */
const GROUPINGS: readonly string[] = ["function", "bins"];

/** A column and its coding. */
export interface NamedCoding {
  readonly name: string;
  readonly coding: CellCoding;
}

/** Options of a fit, see `FitTableDensityOptions`. */
export interface TableFitOptions {
  readonly key: Key;
  readonly context: readonly string[];
  readonly relations: readonly DependentColumn[];
  readonly recall?: boolean | undefined;
  readonly hidden?: readonly number[] | undefined;
  readonly members?: number | undefined;
  readonly maxEpochs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly checkpoint?: TableCheckpointOptions | undefined;
  readonly resume?: TableCheckpoint | undefined;
}

/** The fit of a table, column by column; several may be fitted at the same time. */
export class TableFit {
  /** Completed columns, by index. */
  readonly columns: DensityColumn[] = [];
  /** Completed columns, in the order of the table. */
  readonly events: ColumnEvent[] = [];
  private readonly codings: readonly NamedCoding[];
  private readonly options: TableFitOptions;
  private readonly training: ColumnTraining;
  private readonly checkpoints: TableCheckpoints;
  private readonly parents: ParentChoice;
  private readonly rows: FitRows;
  private readonly dependent: Map<number, DependentCells | undefined> = new Map();
  /** Log-probabilities of the validation cells, by column. */
  private readonly logProbs: Float64Array[] = [];

  constructor(codings: readonly NamedCoding[], parts: TableParts, options: TableFitOptions, start: number) {
    this.codings = codings;
    this.options = options;
    const { context } = options;
    for (const one of codings.slice(0, context.length))
      this.columns.push({ ...one, parents: [], members: [], isGiven: true });
    this.rows = new FitRows(codings, parts);
    this.training = columnTraining(
      { rows: parts.train.rows, columns: codings.length, folds: parts.folds.length },
      options,
    );
    this.parents = new ParentChoice(codings, parts.train.rows, (k) => this.rows.train.at(k));
    this.checkpoints = new TableCheckpoints(start, this.identity(), options.checkpoint, options.resume);
  }

  /** Duration of the fit in seconds, including the time before the checkpoint. */
  get seconds(): number {
    return this.checkpoints.seconds;
  }

  /** By the names of the columns that are done, in their order. */
  get validationLogProb(): Map<string, Float64Array> {
    const named = this.columns.map(({ name }, k): [string, Float64Array | undefined] => [name, this.logProbs[k]]);
    return new Map(named.flatMap(([name, logProb]) => (logProb === undefined ? [] : [[name, logProb]])));
  }

  /** The columns to fit. */
  get work(): NetworkWork {
    const { codings, options, rows, training } = this;
    if (!rows.canTrain) return { columns: 0, operations: 0, contextBytes: 0 };
    return networkWork(codings, options.context.length, rows.train.rows, training);
  }

  /**
   * Fits the column at an index and yields its final event.
   *
   * @param isSent `true` if its rows are sent to a thread.
   */
  async *column(
    index: number,
    trainer: NetworkTrainer,
    isSent: boolean,
  ): AsyncGenerator<ColumnTrainingEvent | ColumnEvent, void, void> {
    const start = performance.now();
    const { name, coding } = this.codings[index] as NamedCoding;
    const marginal = this.rows.marginalLogProb(coding, index);
    const about = { type: "training", column: name, marginalNll: meanNll(marginal) } as const;
    const networks = this.networks(index, marginal, trainer, isSent);
    const { column, logProb } = yield* mapEvents(networks, (event) => ({ ...about, ...event }));
    this.columns[index] = column;
    this.logProbs[index] = logProb;
    const place = index - this.options.context.length;
    const event: ColumnEvent = {
      ...{ type: "column", column: name, index: place },
      ...{ validationNll: meanNll(logProb), marginalNll: about.marginalNll },
      seconds: (performance.now() - start) / 1000,
    };
    this.events[place] = event;
    yield event;
  }

  dispose(): void {
    for (const column of this.columns) for (const member of column?.members ?? []) member.dispose();
  }

  /** The column with its networks, if it has any, and the log-probabilities of its validation cells. */
  private async *networks(
    index: number,
    marginal: Float64Array,
    trainer: NetworkTrainer,
    isSent: boolean,
  ): AsyncGenerator<NetworkEvent, FittedCells, void> {
    const fitted = yield* this.copying(index, marginal, trainer, isSent);
    if (this.options.recall === false) return fitted;
    return withRecalled(fitted, { index, codings: this.codings, rows: this.rows });
  }

  /** As {@link networks}, without recall. */
  private async *copying(
    index: number,
    marginal: Float64Array,
    trainer: NetworkTrainer,
    isSent: boolean,
  ): AsyncGenerator<NetworkEvent, FittedCells, void> {
    const { name, coding } = this.codings[index] as NamedCoding;
    const { rows, checkpoints, training, codings, options } = this;
    const bare: DensityColumn = { name, coding, parents: [], members: [] };
    const dependent = this.dependentOf(index);
    if (dependent !== undefined) {
      const column = { ...bare, dependent };
      return { column, logProb: rows.dependentLogProb(column, index) };
    }
    const parents = this.parents.parentsOf(index, (k) => {
      const dependent = this.dependentOf(k);
      return dependent === undefined || GROUPINGS.includes(dependent.relation.type);
    });
    if (parents.length === 0 || coding.codes < 2 || !rows.canTrain) return { column: bare, logProb: marginal };
    const read = { index, parents, codings };
    const { members, logProb } = yield* fitColumnEvents(
      {
        ...{ index, form: networkForm(read), taskOf: this.tasksOf(read, isSent), folds: rows.folds.length },
        ...{ training, trainer, checkpoints, key: options.key.fold(name), signal: options.signal },
        logProb: (members) => rows.logProb({ ...bare, parents, members }, index),
      },
      marginal,
    );
    if (members.length === 0) return { column: bare, logProb };
    const column: DensityColumn = { ...bare, parents, members };
    const later = codings.flatMap((_, place): (readonly [number, DependentCells])[] => {
      const following = place > index ? this.dependentOf(place) : undefined;
      return following === undefined ? [] : [[place, following]];
    });
    const copiesOf = (uncopied: DensityColumn, logProb: Float64Array) =>
      findCopies({
        ...{ codings, index, later },
        judged: { rows: rows.judged, logProb, logProbOf: (cell) => rows.logProb(uncopied, index, cell) },
        train: () => rows.trainRows(uncopied, index),
      });
    const found = copiesOf(column, logProb);
    if (found === undefined) return { column, logProb };
    const copying = { ...column, copies: found.copies };
    const judge = (tried: DensityColumn): Float64Array => rows.logProb(tried, index);
    const copies = findEdge({ column: copying, index, judged: rows.judged, logProb: judge });
    if (copies === undefined) return { column: copying, logProb: found.logProb };
    const limited = { ...column, copies };
    const places = [...parents, ...placesOfCopies(copies)];
    matchLimited(limited, rows.train.pick(places), rows.train.at(index), rows.train.rows);
    // The networks with the edge have more of the numbers that may be copies.
    const uncopied = { ...column, copies: withoutShares(copies) };
    const again = copiesOf(uncopied, judge(uncopied));
    const kept = again && withEdgeOf(again.copies, copies);
    const [before, after] = [judge(limited), kept && judge({ ...column, copies: kept })];
    if (kept === undefined || after === undefined || sumOf(after) < sumOf(before))
      return { column: limited, logProb: before };
    return { column: { ...column, copies: kept }, logProb: after };
  }

  /** The tasks of a column by fold, created on first use. */
  private tasksOf(read: ReadColumns, isSent: boolean): (fold: number) => NetworkTask {
    const made = new Map<number, NetworkTask>();
    const places = [...read.parents, read.index];
    return (fold) => {
      const { train, validation } = this.rows.folds[fold] as EncodedFold;
      const allocate = isSent ? sharedNumbers : undefined;
      const task = made.get(fold) ?? networkTask(read, train.of(places), validation.of(places), allocate);
      made.set(fold, task);
      return task;
    };
  }

  /** How a column follows from columns before it, if it does. */
  private dependentOf(index: number): DependentCells | undefined {
    if (!this.dependent.has(index)) this.dependent.set(index, this.findDependent(index));
    return this.dependent.get(index);
  }

  private findDependent(index: number): DependentCells | undefined {
    const { name } = this.codings[index] as NamedCoding;
    const found = this.options.relations.find(({ column }) => column === name);
    if (found === undefined || found.relation.type === "constant") return undefined;
    const from = found.from.map((source) => this.codings.findIndex((coding) => coding.name === source));
    if (from.some((place) => place < 0 || place >= index)) return undefined;
    const columnAt = (place: number): Column => columnOf(this.rows.all, (this.codings[place] as NamedCoding).name);
    const { coding } = this.codings[index] as NamedCoding;
    return dependentCells(found.relation, from, from.map(columnAt), columnAt(index), coding);
  }

  private identity(): TableFitIdentity {
    const { codings, options, training } = this;
    return {
      columns: codings.map(({ name }) => name),
      codes: codings.map(({ coding }) => coding.codes),
      ...{ trainRows: this.rows.train.rows, validationRows: this.rows.judged.rows, folds: this.rows.folds.length },
      ...{ hidden: training.hidden, members: training.members, epochs: training.epochs },
      key: options.key.fold("checkpoint").uniform(1)[0] as number,
    };
  }
}

/** Zeros in shared memory, if available. */
function sharedNumbers(length: number): Float32Array {
  if (typeof SharedArrayBuffer === "undefined") return new Float32Array(length);
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}
