import { shortList } from "@pushforward/columns/extend";
import { type Codec, type Key, OptionError } from "@pushforward/core";
import { AbstractModule, checkRowDraws, classCodec, field } from "@pushforward/core/extend";
import { logAddExp } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { listNames, takeTableRows } from "@pushforward/datasets/extend";
import { columnOf, type NumberSupport } from "../density/coding/category-coding.ts";
import { type DensityColumn, followingColumn, isCopied, isSeparate } from "../density/density-column.ts";
import { cellAt, columnFromCells } from "../density/dependent-cells.ts";
import { drawHoles, onlyProposals } from "../density/draw-holes.ts";
import { drawColumn, type SampleTableOptions, sumCells, TableDensity } from "../density/table-density.ts";
import { NumericFlow } from "../flow/numeric-flow.ts";
import { drawnSupport } from "../model/drawn-support.ts";
import type { RowDensity } from "../model/table-model.ts";
import { NormalMixture } from "./normal-mixture/normal-mixture.ts";
import { ProductMixture } from "./product-mixture/product-mixture.ts";

/** Density that a `TableMixture` adds to the networks. */
export type TableMember = ProductMixture | NormalMixture | NumericFlow;

/**
 * Returns the names of the columns that a member of a mixture may model, in the order of the model: columns that are
 * neither separate nor given.
 */
function freeColumns(columns: readonly DensityColumn[]): string[] {
  return columns.flatMap((column) => (isSeparate(column) || column.isGiven ? [] : [column.name]));
}

/**
 * Checks that a member of a mixture has the columns that it needs.
 *
 * @throws {OptionError} the columns differ.
 */
function checkMember(density: TableDensity, member: TableMember): void {
  const free = freeColumns(density.columns);
  if (!(member instanceof NumericFlow)) {
    const own = [...density.context, ...free];
    const known = new Set(member.columns.map(({ name }) => name));
    if (known.size === own.length && own.every((name) => known.has(name))) return;
    throw new OptionError(
      `TableMixture: expected a mixture of the ${own.length} columns that do not follow from others, got one of ${known.size}.`,
    );
  }
  const last = free.slice(-member.columns.length);
  const isLast = member.columns.every((name) => last.includes(name));
  if (isLast && last.length === member.columns.length) return;
  throw new OptionError(
    `TableMixture: expected a flow of the last columns, ${listNames(last)}, got one of ${listNames([...member.columns])}.`,
  );
}

/**
 * Returns, for each column of a density, the log-probability of its cells given the earlier cells, by a member of the
 * mixture.
 *
 * @param byNetworks the same by the networks, for the columns that a flow leaves to the networks.
 */
function memberCells(
  density: TableDensity,
  member: TableMember,
  table: Table,
  byNetworks: readonly Float64Array[],
): readonly Float64Array[] {
  const { columns, context } = density;
  if (!(member instanceof NumericFlow)) {
    const names = freeColumns(columns);
    const cells = member.conditional(table, context, names).cellLogProb();
    return columns.map(({ name }, k) => cells[names.indexOf(name)] ?? (byNetworks[k] as Float64Array));
  }
  const joint = member.logProb(table, columns);
  const places = member.columns.map((name) => columns.findIndex((column) => column.name === name));
  const parts = places.map((place) => byNetworks[place] as Float64Array);
  const byParts = joint.map((_, row) => parts.reduce((sum, part) => sum + (part[row] as number), 0));
  return columns.map((_, k) => {
    const own = byNetworks[k] as Float64Array;
    if (!places.includes(k)) return own;
    return own.map((value, row) => {
      const [whole, networks] = [joint[row] as number, byParts[row] as number];
      // Where the networks have nothing there is nothing to compare with.
      return networks === Number.NEGATIVE_INFINITY ? whole / parts.length : value + (whole - networks) / parts.length;
    });
  });
}

/**
 * Draws the columns that a member of a mixture models, by their names.
 *
 * @param byNetworks rows of the networks: the columns of the context, and the columns that a flow leaves to the
 * networks.
 */
function memberSample(
  density: TableDensity,
  member: TableMember,
  byNetworks: Table,
  key: Key,
): ReadonlyMap<string, Column> {
  const { columns, context } = density;
  if (member instanceof NumericFlow) return byName(member.sample(key, byNetworks, columns));
  const known = { rows: byNetworks.rows, columns: context.map((name) => columnOf(byNetworks, name)) };
  return byName(member.conditional(known, context, freeColumns(columns)).sample(key).columns);
}

function byName(columns: readonly Column[]): ReadonlyMap<string, Column> {
  return new Map(columns.map((column) => [column.name, column]));
}

/** Parts of a {@link TableMixture}. */
export interface TableMixtureParts {
  readonly density: TableDensity;
  /**
   * Mixtures of products or of normals over the same columns, except columns that follow from other columns; and flows
   * of the last columns, which leave the other columns to the networks.
   */
  readonly members: readonly TableMember[];
  /**
   * Weight of each member, at least 0, with a sum below 1; the networks have the remaining weight. A member with the
   * weight 0 only draws holes.
   */
  readonly weights: readonly number[];
}

/**
 * Mixture of densities of the same table: one by networks, the rest by mixtures of products or of normals and by flows
 * of the numbers of the table:
 *
 *     p(row) = (1 − Σₘ wₘ) p_networks(row) + Σₘ wₘ pₘ(row)
 *
 * For a flow, the networks model the other columns: `p(row) = p_networks(others) p_flow(numbers | others)`. Columns
 * that follow from other columns are a common factor of all members. It is exact in the measure of `TableDensity`.
 * @example
 * const { model } = await fitTable(penguins(), { key, maxEpochs: 2 });
 * const logProb = model.logProb(penguins()); // nats per row, [342]
 */
export class TableMixture extends AbstractModule {
  readonly density: TableDensity;
  readonly members: readonly TableMember[];
  readonly weights: readonly number[];

  /** @throws {OptionError} weights out of range, or members that do not fit the columns. */
  constructor({ density, members, weights }: TableMixtureParts) {
    super();
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (members.length === 0 || weights.length !== members.length || !weights.every((w) => w >= 0) || !(sum < 1)) {
      throw new OptionError(
        `TableMixture: expected for each of ${members.length} members a weight of at least 0, with a sum below 1, got [${weights}].`,
      );
    }
    for (const member of members) checkMember(density, member);
    this.density = density;
    this.members = members;
    this.weights = weights;
  }

  get columns(): readonly DensityColumn[] {
    return this.density.columns;
  }

  /** The members that are part of the density, with their weights. */
  get parts(): readonly { readonly member: TableMember; readonly weight: number }[] {
    const all = this.members.map((member, m) => ({ member, weight: this.weights[m] as number }));
    return all.filter(({ weight }) => weight > 0);
  }

  /** Names of the columns of the context, in the order of the model. */
  get context(): readonly string[] {
    return this.density.context;
  }

  /**
   * Log-density of each row of a table, in nats. Context columns are given, not modeled.
   *
   * @throws {DataError} a column is missing or of the wrong kind.
   */
  logProb(table: Table): Float64Array {
    const cells = this.cellLogProb(table);
    return sumCells(cells, table.rows);
  }

  /**
   * Log-probability of the cells of each column given the earlier cells, in nats: 0 for a context column. The joint
   * density of a flow does not split by column. Its columns share evenly the excess of its log-density over the
   * networks. Throws as {@link logProb}.
   */
  cellLogProb(table: Table): Float64Array[] {
    const byNetworks = this.density.cellLogProb(table);
    const { parts } = this;
    if (parts.length === 0) return byNetworks;
    const all = [byNetworks, ...parts.map(({ member }) => memberCells(this.density, member, table, byNetworks))];
    const sum = parts.reduce((total, { weight }) => total + weight, 0);
    const logWeights = [Math.log1p(-sum), ...parts.map(({ weight }) => Math.log(weight))];
    // For each density its log-weight and the log-probability of the cells so far.
    const joint = logWeights.map((value) => new Float64Array(table.rows).fill(value));
    const before = new Float64Array(table.rows);
    return this.columns.map((column, k) => {
      const own = byNetworks[k] as Float64Array;
      if (isSeparate(column) || column.isGiven) return own;
      return own.map((value, row) => {
        let total = Number.NEGATIVE_INFINITY;
        for (const [m, cells] of all.entries()) {
          const sums = joint[m] as Float64Array;
          const next = (sums[row] as number) + ((cells[k] as Float64Array)[row] as number);
          sums[row] = next;
          total = logAddExp(total, next);
        }
        const earlier = before[row] as number;
        before[row] = total;
        // Behind a cell that is impossible there is nothing to be given.
        return earlier === Number.NEGATIVE_INFINITY ? value : total - earlier;
      });
    });
  }

  /**
   * Draws rows. The same key yields the same rows.
   *
   * @param rows the number of rows; for a model with context columns, the number for each row of `context`, in
   * sequence.
   * @throws {ContextError} a model with context columns gets no context, or a model without context columns gets one.
   */
  sample(key: Key, rows: number, options: SampleTableOptions = {}): Table {
    checkRowDraws("TableMixture.sample", key, rows);
    const byNetworks = this.density.sample(key.fold("networks"), rows, options);
    const choices = Array.from(key.fold("member").uniform(byNetworks.rows), (u) => this.memberAt(u));
    // Of each member only the rows that are its own are drawn.
    const places = new Int32Array(byNetworks.rows);
    const drawnBy = this.members.map((member, m) => {
      const own = choices.flatMap((choice, row) => (choice === m ? [row] : []));
      for (const [place, row] of own.entries()) places[row] = place;
      if (own.length === 0) return new Map<string, Column>();
      return memberSample(this.density, member, takeTableRows(byNetworks, own), key.fold(`member ${m}`));
    });
    const drawn: Column[] = [];
    for (const column of this.columns) {
      const own = columnOf(byNetworks, column.name);
      const { dependent } = column;
      if (dependent !== undefined) {
        const sources = dependent.from.map((place) => drawn[place] as Column);
        drawn.push(followingColumn({ ...column, dependent }, sources, own));
      } else if (column.isGiven) {
        drawn.push(own);
      } else if (isCopied(column)) {
        const coded = this.columns.slice(0, drawn.length).map(({ coding }, k) => coding.encode(drawn[k] as Column));
        const ofMembers = drawColumn(column, drawn, coded, own.values.length, key.fold("copies").fold(column.name));
        const cells = choices.map((member, row) => cellAt(member < 0 ? own : ofMembers, row));
        drawn.push(columnFromCells(column.name, own.kind, cells));
      } else {
        const others = drawnBy.map((columns) => columns.get(column.name));
        const cells = choices.map((member, row) => {
          const other = others[member];
          return other === undefined ? cellAt(own, row) : cellAt(other, places[row] as number);
        });
        drawn.push(columnFromCells(column.name, own.kind, cells));
      }
    }
    return { rows: byNetworks.rows, columns: drawn };
  }

  /** Draws the holes of rows several times, with importance weights. */
  get drawHoles(): RowDensity["drawHoles"] {
    const mixtures = this.members.flatMap((member, m) =>
      member instanceof NumericFlow ? [] : [{ mixture: member, weight: this.weights[m] as number }],
    );
    const { columns } = this;
    const others = this.members.flatMap((member, m) => {
      if (!(member instanceof NumericFlow)) return [];
      // The numbers of a flow are the last columns, apart from separate ones.
      const from = columns.findIndex(({ name }) => member.columns.includes(name));
      return [{ from, weight: this.weights[m] as number, logProb: (rows: Table) => member.logProb(rows, columns) }];
    });
    return (task, proposals) => {
      const own = mixtures.length > 0 ? mixtures : onlyProposals(proposals);
      return drawHoles({ columns, mixtures: own, others }, task);
    };
  }

  /** Member over all columns that do not follow from other columns and are not often copies. */
  get ownMixture(): NormalMixture | ProductMixture | undefined {
    return this.members.find((member): member is NormalMixture | ProductMixture => !(member instanceof NumericFlow));
  }

  private readonly drawn: (name: string) => NumberSupport | undefined = drawnSupport(this);

  /**
   * Numbers of a column that can be drawn. A flow has no bounds: a column of a flow has a wide range around its
   * samples, and an unknown range in a conditional density.
   */
  support(name: string): NumberSupport | undefined {
    const isFlow = this.members.some((member) => member instanceof NumericFlow && member.columns.includes(name));
    return isFlow ? this.drawn(name) : this.density.support(name);
  }

  /** A line for each density that is mixed with the networks. */
  describeMembers(): string[] {
    return this.parts.map(({ member, weight }) => `mixed with ${memberName(member)}, of weight ${weight.toFixed(3)}`);
  }

  /** The place of the member that a number from 0 to 1 chooses; none for the networks. */
  private memberAt(u: number): number {
    let sum = 0;
    for (const [m, weight] of this.weights.entries()) {
      sum += weight;
      if (u < sum) return m;
    }
    return -1;
  }
}

function memberName(member: TableMember): string {
  if (member instanceof NumericFlow) return `a flow of ${shortList(member.columns)} given the other columns`;
  const { components: count } = member;
  if (member instanceof NormalMixture) return count === 1 ? "a normal" : `a mixture of ${count} normals`;
  return count === 1 ? "a product of columns" : `a mixture of ${count} products of columns`;
}

/** Codec of {@link TableMixture}. */
export const tableMixtureCodec: Codec<TableMixture> = classCodec("pushforward/table-mixture", TableMixture, {
  density: field.object((value): value is TableDensity => value instanceof TableDensity, "a table density"),
  members: field.objects(
    (value): value is TableMember =>
      value instanceof ProductMixture || value instanceof NormalMixture || value instanceof NumericFlow,
    "a mixture of products, a mixture of normals or a flow of numbers",
  ),
  weights: field.numbers({ min: 0 }),
});
