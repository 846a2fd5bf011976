import { type Key, OptionError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";
import { paretoSmoothedWeights } from "@pushforward/diagnostics";
import type { NormalMixture, ProductMixture, RowDensity } from "@pushforward/tables";
import {
  type CellCoding,
  cellAt,
  columnFromCells,
  type DrawnHoles,
  type FreeCells,
  type HoleTask,
  type NumberSupport,
  repeatRows,
} from "@pushforward/tables/extend";

/** Ways to draw the holes of rows: in the order of the model, by a mixture of products, by a mixture of normals. */
export type ProposalName = "order" | "products" | "normals";

/** A density, and mixtures near it. */
export interface Questioned {
  readonly density: JointDensity;
  readonly floor: EvidenceFloor;
  readonly mixtures: ReadonlyMap<ProposalName, NearMixture>;
}

/** A mixture near a density, and its version for rows without missing cells. */
export class NearMixture {
  readonly all: ProposalMixture;
  private made: ProposalMixture | undefined;

  constructor(all: ProposalMixture) {
    this.all = all;
  }

  /** Made when it is needed. */
  get present(): ProposalMixture {
    this.made ??= this.all.withoutMissing();
    return this.made;
  }

  /** @param isBorrowed `true` if the mixture is part of a model. */
  dispose(isBorrowed: boolean): void {
    if (!isBorrowed) this.all.dispose();
    this.made?.dispose();
  }
}

/** The ways that there are for a density. */
export function proposalNames({ density, mixtures }: Questioned): ProposalName[] {
  const names = [...mixtures.keys()];
  // One that draws holes uses all of its mixtures in the second way.
  if (density.drawHoles !== undefined) return ["order", ...names.slice(0, 1)];
  return names;
}

/**
 * Draws the holes of rows `times` times by a proposal, and weights the draws by the density. If cells may not be
 * missing, the weights are comparable only within rows with the same known cells.
 */
export function propose(questioned: Questioned, proposal: ProposalName, task: HoleTask): DrawnHoles {
  const { density, mixtures } = questioned;
  if (density.drawHoles !== undefined) {
    const near = Array.from(mixtures.values(), ({ all }) => all);
    return density.drawHoles({ ...task, ...(proposal === "order" && { isInOrder: true }) }, near);
  }
  const { table: completed, logProposal } = proposeCells(questioned, proposal, repeated(task));
  const logProb = density.logProb(completed);
  const logWeights = logProb.map((value, row) => {
    const proposed = logProposal[row] as number;
    const weight = value - proposed;
    // A cell that could not be drawn, or has no density, has no weight.
    return proposed === Number.NEGATIVE_INFINITY || Number.isNaN(weight) ? Number.NEGATIVE_INFINITY : weight;
  });
  return { table: completed, logWeights, inOrder: 0, pulled: new Map() };
}

/** Cells to draw, with a row for each draw. */
interface ProposalTask {
  readonly table: Table;
  readonly free: FreeCells;
  readonly mayBeMissing: boolean;
  readonly key: Key;
}

/** Rows with cells that were drawn. */
interface ProposedRows {
  readonly table: Table;
  /** The log-density of the drawn cells of each row as they were drawn, in nats; −∞ where a cell could not be drawn. */
  readonly logProposal: Float64Array;
}

function repeated({ table, holes, times, mayBeMissing, key }: HoleTask): ProposalTask {
  const free = new Map(
    Array.from(holes, ([name, mask]) => [
      name,
      Uint8Array.from({ length: table.rows * times }, (_, i) => mask[Math.floor(i / times)] as number),
    ]),
  );
  return { table: repeatRows(table, times), free, mayBeMissing, key };
}

function proposeCells(questioned: Questioned, proposal: ProposalName, task: ProposalTask): ProposedRows {
  const mixture = questioned.mixtures.get(proposal);
  if (mixture !== undefined) {
    return task.mayBeMissing ? proposeColumns(mixture.all, task) : proposePresent(mixture.present, task);
  }
  throw new OptionError(`propose: expected one of ${proposalNames(questioned).join(", ")}, got ${proposal}.`);
}

/** Draws whole columns by the exact conditional of the mixture. */
function proposeColumns(mixture: ProposalMixture, { table, free, key }: ProposalTask): ProposedRows {
  const names = mixture.columns.map(({ name }) => name);
  const [given, asked] = [names.filter((name) => !free.has(name)), names.filter((name) => free.has(name))];
  const drawn = mixture.conditional(table, given, asked).sample(key);
  const byName = new Map(drawn.columns.map((column) => [column.name, column]));
  const filled: Table = {
    rows: table.rows,
    columns: table.columns.map((column) => byName.get(column.name) ?? column),
  };
  return { table: filled, logProposal: mixture.conditional(filled, given, asked).logProb() };
}

/** Draws cells that are present, by the exact conditional of the mixture, which ignores known missing cells. */
function proposePresent(present: ProposalMixture, { table, free, key }: ProposalTask): ProposedRows {
  const names = present.columns.map(({ name }) => name);
  const question = { missing: "unknown" } as const;
  const holed: Table = {
    rows: table.rows,
    columns: names.map((name) => mergeCells(getColumn(table, name), undefined, free)),
  };
  const drawn = present.sampleGiven(key, holed, names, question);
  const filled: Table = {
    rows: table.rows,
    columns: drawn.columns.map((column) => mergeCells(getColumn(table, column.name), column, free)),
  };
  const before = present.logProb(holed, question);
  const logProposal = present.logProb(filled, question).map((value, row) => value - (before[row] as number));
  return { table: filled, logProposal };
}

/** Replaces the free cells of a column with cells of `other`, or with missing cells if `other` is undefined. */
function mergeCells(own: Column, other: Column | undefined, free: FreeCells): Column {
  const mask = free.get(own.name);
  if (mask === undefined) return own;
  return columnFromCells(
    own.name,
    own.kind,
    Array.from(mask, (isFree, row) => (isFree === 0 ? cellAt(own, row) : other && cellAt(other, row))),
  );
}

/** How good draws with such weights are. */
export interface WeightQuality {
  /** Kish's effective sample size of the smoothed weights. */
  readonly effectiveSampleSize: number;
  /** Shape of the tail of the weights; see `paretoSmoothedWeights`. */
  readonly paretoK: number;
  /** Estimates are reliable while `paretoK` is below it. */
  readonly threshold: number;
  /** Smoothed weights with the sum 1. */
  readonly weights: Float64Array;
}

/** Returns the quality of weights; undefined if all weights are 0. */
export function weightQuality(logWeights: Float64Array): WeightQuality | undefined {
  if (logWeights.every((value) => value === Number.NEGATIVE_INFINITY)) return undefined;
  const { effectiveSampleSize, paretoK, threshold, logWeights: smoothed } = paretoSmoothedWeights(logWeights);
  return { effectiveSampleSize, paretoK, threshold, weights: smoothed.map((value) => Math.exp(value)) };
}

/** How low the log-density of some columns is among draws of a model, by a mixture near the model. */
export class EvidenceFloor {
  /** Number of the draws. */
  readonly draws: number;
  private readonly mixture: ProposalMixture;
  private readonly sizes: readonly number[];
  private readonly draw: (rows: number, part: number) => Table;
  private readonly parts: Table[] = [];
  private readonly known = new Map<string, number>();

  /**
   * @param sizes the numbers of draws, in parts: later parts are drawn if the earlier ones leave it open.
   * @param draw draws rows of the model, different ones for each part; nobody does before they are needed.
   */
  constructor(mixture: ProposalMixture, sizes: readonly number[], draw: (rows: number, part: number) => Table) {
    this.draws = sizes.reduce((sum, size) => sum + size, 0);
    this.mixture = mixture;
    this.sizes = sizes;
    this.draw = draw;
  }

  /**
   * Lowest log-density of these columns in all draws, in nats, if a log-density is below it by more than the margin.
   * Undefined if it is not. A column that the mixture lacks, because it follows from other columns or is often a copy,
   * counts as a cell that occurs once in all draws.
   */
  above(logDensity: number, columns: readonly string[], margin: number): number | undefined {
    const own = columns.filter((name) => this.mixture.columns.some((column) => column.name === name));
    let floor = Number.POSITIVE_INFINITY;
    // More draws only lower the floor, so the first draws settle most log-densities.
    for (const part of this.sizes.keys()) {
      floor = Math.min(floor, this.lowest(own, part) - (columns.length - own.length) * Math.log(this.draws));
      if (!(logDensity < floor - margin)) return undefined;
    }
    return floor;
  }

  private lowest(columns: readonly string[], part: number): number {
    const key = JSON.stringify([part, columns]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.parts[part] ??= this.draw(this.sizes[part] as number, part);
    const logProb = this.mixture.conditional(this.parts[part] as Table, [], columns).logProb();
    const lowest = logProb.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    this.known.set(key, lowest);
    return lowest;
  }
}

/** A mixture with conditionals in closed form. */
export type ProposalMixture = ProductMixture | NormalMixture;

/** Density of the rows of a table, as questions need it. */
export interface JointDensity {
  /** The columns without rows, for their names and kinds. */
  readonly columns: readonly Column[];
  /** The log-density of each row, in nats. */
  logProb(table: Table): Float64Array;
  sample(key: Key, rows: number): Table;
  /** Returns the coding of a column, which defines its possible cells. Absent: all numbers. */
  readonly codingOf: (name: string) => CellCoding | undefined;
  /** The numbers of a column that can be drawn. Absent: not known. */
  readonly support: (name: string) => NumberSupport | undefined;
  /** `true` for a column that follows from other columns. */
  readonly isDependent: (name: string) => boolean;
  /** How numbers are printed. Absent: with all digits. */
  readonly printed?: RowDensity["printed"];
  /** Draws holes with weights, by proposals and by mixtures of its own. */
  readonly drawHoles?: RowDensity["drawHoles"];
}

/** A density of rows as questions need it. */
export function jointDensity(model: RowDensity): JointDensity {
  const codings = new Map(model.columns.map(({ name, coding }) => [name, coding]));
  const dependent = new Set(model.columns.flatMap((column) => (column.dependent === undefined ? [] : [column.name])));
  return {
    columns: model.columns.map(({ name, coding }) => columnFromCells(name, coding?.columnKind ?? "number", [])),
    support: (name) => model.support(name),
    logProb: (table) => model.logProb(table),
    sample: (key, rows) => model.sample(key, rows),
    codingOf: (name) => codings.get(name),
    isDependent: (name) => dependent.has(name),
    printed: model.printed,
    drawHoles: model.drawHoles && ((...args) => (model.drawHoles as NonNullable<RowDensity["drawHoles"]>)(...args)),
  };
}
