import type { DependentColumn, TypedTable, Variable } from "@pushforward/columns";
import { findDependentColumns, isLearnedVariable, withGridsOfTerms } from "@pushforward/columns/extend";
import { DataError, type Module, OptionError } from "@pushforward/core";
import type { ParameterValues } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { checkTable } from "@pushforward/datasets/extend";
import type { CheckpointMeta, CheckpointOptions } from "@pushforward/training";
import type { ColumnDensity } from "../column-density.ts";
import { bareNetwork } from "./network/column-network.ts";
import type { NetworkForm } from "./network/network-task.ts";
import type { ColumnState, NetworkState } from "./network/train-network.ts";

const FORMAT = "pushforward-table-checkpoint";
// 2: several networks may be in training.
const VERSION = 2;

type Arrays = TableCheckpoint["arrays"];

/** Saves the columns of a fit during training, and restores the columns of a resumed checkpoint. */
export class TableCheckpoints {
  /** When networks are saved while they are trained. */
  readonly every: TableCheckpointOptions["every"];
  private readonly start: number;
  private readonly identity: TableFitIdentity;
  private readonly save: TableCheckpointOptions["save"] | undefined;
  private readonly columns: Map<number, SavedColumn> = new Map();
  /** The weights of networks that are kept. */
  private readonly kept: Map<string, ParameterValues | Float64Array> = new Map();
  /** Columns in training, by index. */
  private readonly networks: Map<number, NetworkState> = new Map();
  private saving: Promise<void> = Promise.resolve();

  /**
   * @param start when the fit began, by `performance.now()`.
   * @throws {OptionError} the checkpoint is from a different fit.
   */
  constructor(
    start: number,
    identity: TableFitIdentity,
    options: TableCheckpointOptions | undefined,
    resume: TableCheckpoint | undefined,
  ) {
    this.identity = identity;
    this.every = options?.every;
    this.save = options?.save;
    this.start = start - 1000 * (resume?.meta.seconds ?? 0);
    if (resume === undefined) return;
    checkIdentity(resume, identity);
    for (const [name, values] of resume.arrays) if (name.startsWith("column/")) this.kept.set(name, values);
    for (const saved of resume.meta.columns) {
      this.columns.set(saved.place, saved);
      const network = networkOf(saved, resume.arrays);
      if (network !== undefined) this.networks.set(saved.place, network);
    }
  }

  /** Duration of the fit in seconds, including the time before the checkpoint. */
  get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  /**
   * The state of a column in the resumed checkpoint; undefined if training had not started.
   *
   * @throws {OptionError} its weights do not fit.
   */
  stateOf(place: number, form: NetworkForm): ColumnState | undefined {
    const saved = this.columns.get(place);
    if (saved === undefined) return undefined;
    const members: ColumnDensity[] = [];
    try {
      for (const [member, width] of saved.widths.entries()) {
        const density = bareNetwork(form, width);
        members.push(density);
        writeWeights(density, this.kept, prefixOf(place, member));
      }
    } catch (error) {
      for (const member of members) member.dispose();
      throw error;
    }
    const { widths, width, member, isDone } = saved;
    return { members, widths, width, member, isDone, network: this.networks.get(place) };
  }

  /** Saves the state of a column, with the known state of the remaining columns. */
  async saveColumn(place: number, state: ColumnState): Promise<void> {
    const { save } = this;
    if (save === undefined) return;
    this.note(place, state);
    // One after the other: a later one must not be overtaken by one before it.
    const saved = this.saving.then(() => save(this.checkpoint()));
    this.saving = saved.catch(() => undefined);
    await saved;
  }

  private checkpoint(): TableCheckpoint {
    const arrays = new Map(this.kept);
    for (const [place, { checkpoint, loss }] of this.networks) {
      for (const [name, values] of checkpoint.arrays) arrays.set(`network/${place}/${name}`, values);
      arrays.set(`loss/${place}`, Float64Array.of(loss));
    }
    const columns = [...this.columns.values()];
    return { meta: { format: FORMAT, version: VERSION, fit: this.identity, columns, seconds: this.seconds }, arrays };
  }

  private note(place: number, { members, widths, width, member, isDone, network }: ColumnState): void {
    // A better network may have replaced the others.
    for (const name of this.kept.keys()) if (name.startsWith(`column/${place}/`)) this.kept.delete(name);
    for (const [k, density] of members.entries()) {
      const prefix = prefixOf(place, k);
      for (const [path, parameter] of density.parameters()) this.kept.set(`${prefix}${path}`, parameter.read());
    }
    if (network === undefined) this.networks.delete(place);
    else this.networks.set(place, network);
    this.columns.set(place, {
      ...{ place, widths: [...widths], width, member, isDone },
      network: network?.checkpoint.meta ?? null,
    });
  }
}

function prefixOf(place: number, member: number): string {
  return `column/${place}/${member}/`;
}

function writeWeights(module: Module, arrays: Arrays, prefix: string): void {
  for (const [path, parameter] of module.parameters()) {
    const values = arrays.get(`${prefix}${path}`);
    const size = parameter.shape.reduce((product, length) => product * length, 1);
    if (values === undefined || values instanceof Float64Array || values.length !== size) {
      const got = values === undefined ? "none" : `${values.length} in a ${values.constructor.name}`;
      throw new OptionError(`fitTableDensity: expected ${size} values ${prefix}${path} in the checkpoint, got ${got}.`);
    }
    parameter.write(values);
  }
}

function networkOf({ network, place }: SavedColumn, arrays: Arrays): NetworkState | undefined {
  if (network === null) return undefined;
  const prefix = `network/${place}/`;
  const own = new Map<string, ParameterValues>();
  for (const [name, values] of arrays) {
    if (name.startsWith(prefix) && !(values instanceof Float64Array)) own.set(name.slice(prefix.length), values);
  }
  const [loss = Number.POSITIVE_INFINITY] = arrays.get(`loss/${place}`) ?? [];
  return { checkpoint: { meta: network, arrays: own }, loss };
}

function checkIdentity({ meta }: TableCheckpoint, identity: TableFitIdentity): void {
  if (meta?.format !== FORMAT || meta.version !== VERSION) {
    throw new OptionError(
      `fitTableDensity: expected resume to be a ${FORMAT} of version ${VERSION}, got ${meta?.format} of version ` +
        `${meta?.version}. Start the fit again without it.`,
    );
  }
  if (meta.fit.key !== identity.key) {
    throw new OptionError("fitTableDensity: expected the key of the resumed checkpoint, got a different key.");
  }
  for (const name of [
    "columns",
    "codes",
    "trainRows",
    "validationRows",
    "folds",
    "hidden",
    "members",
    "epochs",
  ] as const) {
    const [saved, now] = [meta.fit[name], identity[name]].map((value) => JSON.stringify(value));
    if (saved === now) continue;
    throw new OptionError(
      `fitTableDensity: expected ${name} of the resumed checkpoint, ${shown(saved)}, got ${shown(now)}.`,
    );
  }
}

function shown(json: string | undefined): string {
  const text = String(json);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/**
 * State of a table fit as plain data: `meta` survives `JSON.stringify`, the arrays are copies. Columns without networks are
 * absent, because the rows determine the result.
 */
export interface TableCheckpoint {
  readonly meta: TableCheckpointMeta;
  /** `column/<place>/<member>/<path>`, and of networks in training `network/<place>/<name>` and `loss/<place>`. */
  readonly arrays: ReadonlyMap<string, ParameterValues | Float64Array>;
}

/** A type, not an interface, so that it is a `Json` value. */
export type TableCheckpointMeta = {
  readonly format: "pushforward-table-checkpoint";
  readonly version: number;
  /** Conditions for resuming a fit. */
  readonly fit: TableFitIdentity;
  /** Columns with networks in training. */
  readonly columns: readonly SavedColumn[];
  readonly seconds: number;
};

/** Inputs that determine the networks of a table. */
export type TableFitIdentity = {
  readonly columns: readonly string[];
  /** Number of codes per column. */
  readonly codes: readonly number[];
  readonly trainRows: number;
  readonly validationRows: number;
  readonly folds: number;
  readonly hidden: number;
  readonly members: number;
  readonly epochs: number;
  /** A number drawn from the key. */
  readonly key: number;
};

/** State of a column. */
export type SavedColumn = {
  readonly place: number;
  /** Of the networks that are kept. */
  readonly widths: readonly number[];
  /** Width and index of the next network, unless all are complete. */
  readonly width: number;
  readonly member: number;
  readonly isDone: boolean;
  /** Of that network, if it is in training. */
  readonly network: CheckpointMeta | null;
};

/** When and how checkpoints of a table are saved. */
export interface TableCheckpointOptions {
  /** Interval in steps or epochs within each network. Default: only after each network. */
  readonly every?: CheckpointOptions["every"] | undefined;
  /**
   * Stores a checkpoint and may keep its arrays, but must not change them. The saved column waits for the promise;
   * checkpoints are sequential.
   */
  readonly save: (checkpoint: TableCheckpoint) => void | Promise<void>;
}

/** The learned columns of a table. */
export interface Learnable {
  readonly table: Table;
  /** The column names, context first. */
  readonly chosen: readonly string[];
  readonly context: readonly string[];
  readonly relations: readonly DependentColumn[];
  /** The column types, if known. */
  readonly variables: readonly Variable[] | undefined;
}

/**
 * The learned columns of a table: the named columns, or all columns with a density.
 *
 * @throws {DataError} all columns are context.
 */
export function learnable(
  data: Table | TypedTable,
  options: {
    readonly columns?: readonly string[] | undefined;
    readonly context?: readonly string[] | undefined;
    readonly relations?: readonly DependentColumn[] | undefined;
  },
): Learnable {
  const context = [...new Set(options.context)];
  // What is understood has a table in it.
  if (typeof data !== "object" || data === null || !("variables" in data)) checkTable("fitTableDensity", data);
  const { table, variables } = "variables" in data ? data : { table: data, variables: undefined };
  const all = variables?.filter((variable) => isLearnedVariable(variable) && variable.distinct > 0) ?? table.columns;
  const columns = options.columns ?? all.map(({ name }) => name);
  const chosen = [...new Set([...context, ...columns])];
  if (context.length > 0 && chosen.length === context.length) {
    throw new DataError("fitTableDensity: expected columns to learn in addition to the context, got none.");
  }
  // What is given is not computed from other columns.
  const relations = (options.relations ?? relationsOf(table, variables, chosen)).filter(
    ({ column }) => !context.includes(column),
  );
  return { table, chosen, context, relations, variables: variables && withGridsOfTerms(variables, relations) };
}

/** The dependent columns of a table with known column types. */
function relationsOf(
  table: Table,
  variables: readonly Variable[] | undefined,
  chosen: readonly string[],
): readonly DependentColumn[] {
  if (variables === undefined) return [];
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const used = variables.filter(({ name }) => chosen.includes(name) && byName.has(name));
  const columns = used.map(({ name }) => byName.get(name) as Column);
  return findDependentColumns({ variables: used, table: { ...table, columns } });
}
