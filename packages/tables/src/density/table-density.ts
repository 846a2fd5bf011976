import {
  type Codec,
  ContextError,
  type Json,
  type Key,
  ModelFileError,
  OptionError,
  type ParameterTree,
} from "@pushforward/core";
import { AbstractModule, checkRowDraws, defineCodec, parameterTree } from "@pushforward/core/extend";
import { ConfigReader } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { checkTable, listNames, takeTableRows } from "@pushforward/datasets/extend";
import type { HoleTask } from "../mixtures/hole-rows.ts";
import { drawnSupport } from "../model/drawn-support.ts";
import { placesOfRules } from "./cell-limits.ts";
import { type CodedColumn, columnOf, type NumberSupport } from "./coding/category-coding.ts";
import { codingFromJson, codingToJson } from "./coding/coding-json.ts";
import { ColumnDensity } from "./column-density.ts";
import { allowedCells, columnLogProb, dependentLogProb, headsOf } from "./column-heads.ts";
import {
  type CopiedCells,
  copiesFromJson,
  copiesToJson,
  isLimited,
  mayCopy,
  placesOfCopies,
  withCopies,
} from "./copied-cells.ts";
import { type DensityColumn, followingColumn } from "./density-column.ts";
import { dependentCellsFromJson, dependentCellsToJson } from "./dependent-cells.ts";
import { drawAllowed, drawColumnOf } from "./draw-cells.ts";
import { type AnyRowMixture, type DrawnHoles, drawHoles, onlyProposals } from "./draw-holes.ts";
import { hasOnlyCodes, type RecalledCells } from "./recalled-cells.ts";

/** Options of {@link TableDensity.sample}. */
export interface SampleTableOptions {
  /** The context columns, of a model that has some. */
  readonly context?: Table | undefined;
}

/**
 * The density of the rows of a table with columns of numbers, categories, or both. Cells may be missing. The density is
 * a product over the columns:
 *
 *     log p(row) = Σₖ log p(xₖ | x₁, …, xₖ₋₁)
 *
 * Columns of the context are the first columns. They are read, but have no term in the sum: the density is conditional
 * on the context.
 *
 * It is exact, with respect to counting measure on categories, missing cells, frequent values and numbers on a grid,
 * and to Lebesgue measure on all other numbers. A cell that no training row could have (a new category, a number out of
 * range, a number off the grid of its column) has a probability of about 1/rows, spread over all such cells: it is
 * finite, but such a cell is never drawn. Off the grid this is a density. A number beyond the bounds of its column has
 * the probability 0.
 * @example
 * const { model } = await fitTableDensity(penguins(), { key });
 * const logProb = model.logProb(penguins()); // nats per row, [342]
 */
export class TableDensity extends AbstractModule {
  readonly columns: readonly DensityColumn[];

  /**
   * @throws {OptionError} a column reads a column that is not before it, a member does not fit its coding, or a context
   * column follows a non-context column or has a density.
   */
  constructor(columns: readonly DensityColumn[]) {
    super();
    for (const [k, column] of columns.entries()) checkColumn(columns, column, k);
    this.columns = columns;
  }

  /** Names of the columns of the context, in the order of the model. */
  get context(): readonly string[] {
    return this.columns.filter(({ isGiven }) => isGiven).map(({ name }) => name);
  }

  /**
   * Returns the log-density of each row of a table, in nats. With context columns it is the log-density of the
   * remaining columns given the context.
   *
   * @throws {DataError} a column is missing or has a wrong kind.
   */
  logProb(table: Table): Float64Array {
    const cells = this.cellLogProb(table);
    return sumCells(cells, table.rows);
  }

  /**
   * Returns for each column the log-probability of its cells given the cells before it, in nats; 0 for a column of the
   * context. Throws as {@link logProb}.
   */
  cellLogProb(table: Table): Float64Array[] {
    checkTable("TableDensity.logProb", table);
    const columns = this.columns.map(({ name }) => columnOf(table, name));
    const coded = this.columns.map(({ coding }, k) => coding.encode(columns[k] as Column));
    return this.columns.map((column, k) => {
      const { dependent, isGiven } = column;
      if (isGiven) return new Float64Array(table.rows);
      if (dependent === undefined) return columnLogProb(column, coded, coded[k] as CodedColumn, table.rows);
      const sources = dependent.from.map((place) => columns[place] as Column);
      return dependentLogProb({ ...column, dependent }, sources, columns[k] as Column, coded[k] as CodedColumn);
    });
  }

  /**
   * Draws rows. The same key produces the same rows.
   *
   * @param rows number of rows. For a model with context columns, the number of consecutive rows per row of `context`.
   * @throws {ContextError} a model with context columns gets none, or a model without context columns gets some.
   */
  sample(key: Key, rows: number, { context }: SampleTableOptions = {}): Table {
    checkRowDraws("TableDensity.sample", key, rows);
    const contexts = repeatedRows(this.context, context, rows);
    const count = contexts?.rows ?? rows;
    const drawn: Column[] = [];
    const coded: CodedColumn[] = [];
    for (const column of this.columns) {
      const isGiven = contexts !== undefined && column.isGiven === true;
      const values = isGiven
        ? columnOf(contexts, column.name)
        : drawColumn(column, drawn, coded, count, key.fold(column.name));
      drawn.push(values);
      coded.push(column.coding.encode(values));
    }
    return { rows: count, columns: drawn };
  }

  /**
   * Draws the holes of rows several times, with importance weights.
   *
   * @param proposals mixtures of all columns that are not dependent, used as additional proposals.
   * @throws {DataError} a column is missing or has a wrong kind. @throws {OptionError} a context column has holes.
   */
  drawHoles(task: HoleTask, proposals: readonly AnyRowMixture[]): DrawnHoles {
    return drawHoles({ columns: this.columns, mixtures: onlyProposals(proposals) }, task);
  }

  private readonly drawn: (name: string) => NumberSupport | undefined = drawnSupport(this);

  /**
   * Returns the range of numbers that can be drawn for a column: the range of its coding, or a wide range for a
   * dependent column. Undefined for a dependent column of a conditional density.
   */
  support(name: string): NumberSupport | undefined {
    const column = this.columns.find((one) => one.name === name);
    return column?.dependent === undefined ? column?.coding.support : this.drawn(name);
  }

  /** A mixture that is part of the density: none. */
  get ownMixture(): undefined {
    return undefined;
  }

  /** A line for each density that is mixed with the networks: none. */
  describeMembers(): string[] {
    return [];
  }

  override parameters(): ParameterTree {
    return parameterTree({ columns: this.columns.map(({ members }) => new Members(members)) });
  }
}

/** The log-densities of rows from the log-probabilities of their cells, column by column. */
export function sumCells(cells: readonly Float64Array[], rows: number): Float64Array {
  const total = new Float64Array(rows);
  for (const column of cells) {
    for (let i = 0; i < rows; i++) total[i] = (total[i] as number) + (column[i] as number);
  }
  return total;
}

/** The members of a column, as a part of the tree of parameters. */
class Members extends AbstractModule {
  readonly members: readonly ColumnDensity[];

  constructor(members: readonly ColumnDensity[]) {
    super();
    this.members = members;
  }
}

/** Draws the cells of a column given the columns before it, by its networks. */
export function drawColumn(
  column: DensityColumn,
  drawn: readonly Column[],
  coded: readonly CodedColumn[],
  rows: number,
  key: Key,
): Column {
  const { coding, name, dependent } = column;
  const heads = headsOf(column, coded, rows, key);
  const free = drawColumnOf(name, coding, heads, key);
  const values = isLimited(column)
    ? drawAllowed(free, coding, heads, { allowed: allowedCells(column, coded, rows), key })
    : free;
  if (mayCopy(column)) return withCopies(column, coded, values, key.fold("copy").uniform(rows));
  if (dependent === undefined) return values;
  return followingColumn(
    { ...column, dependent },
    dependent.from.map((place) => drawn[place] as Column),
    values,
  );
}

/** The rows that are given, each as often as rows are drawn for it; undefined for a model without context columns. */
function repeatedRows(names: readonly string[], given: Table | undefined, times: number): Table | undefined {
  if (names.length === 0 && given === undefined) return undefined;
  if (names.length === 0) {
    throw new ContextError(
      "TableDensity.sample: expected no context columns, because the model takes none, got a table.",
    );
  }
  if (given === undefined) {
    throw new ContextError(`TableDensity.sample: expected the context columns ${listNames(names)}, got none.`);
  }
  const indices = Array.from({ length: given.rows * times }, (_, i) => Math.floor(i / times));
  return takeTableRows({ rows: given.rows, columns: names.map((name) => columnOf(given, name)) }, indices);
}

function checkColumn(columns: readonly DensityColumn[], column: DensityColumn, k: number): void {
  const { name, parents, members, coding, dependent, copies, limits } = column;
  if (copies !== undefined) checkCopies(columns, { ...column, copies });
  if (
    [...parents, ...(dependent?.from ?? []), ...(copies ? placesOfCopies(copies) : []), ...placesOfRules(limits)].some(
      (parent) => !(parent >= 0 && parent < k),
    )
  ) {
    throw new OptionError(`TableDensity: expected column "${name}" to read columns before it, got [${parents}].`);
  }
  if (
    column.isGiven &&
    (members.length > 0 || dependent !== undefined || columns.slice(0, k).some((c) => !c.isGiven))
  ) {
    throw new OptionError(
      `TableDensity: expected the context column "${name}" before all other columns, without a density.`,
    );
  }
  // A member reads the codes in the order of its parents; in another order they would index the wrong rows of its embedding.
  if (parents.some((parent, i) => i > 0 && parent <= (parents[i - 1] as number))) {
    throw new OptionError(
      `TableDensity: expected column "${name}" to read different columns in ascending order, got [${parents.join(", ")}].`,
    );
  }
  const width = parents.reduce((sum, p) => sum + 1 + (columns[p]?.coding.featureCount ?? 0), 0);
  // The mixture of numbers is no code of a cell.
  const codes = parents.map((p) => {
    const read = columns[p]?.coding;
    return (read?.codes ?? 0) - ((read?.components ?? 0) > 0 ? 1 : 0);
  });
  for (const { head, contextShape, embedding } of members) {
    const tables = embedding.tables.map((table) => table.codes);
    if (tables.length !== codes.length || tables.some((count, i) => count !== codes[i])) {
      throw new OptionError(
        `TableDensity: expected members of column "${name}" that read columns of ${codes.join(", ")} codes, got ${tables.join(", ")}.`,
      );
    }
    if (head.codes !== coding.codes || head.components !== coding.components || contextShape[0] !== width) {
      throw new OptionError(
        `TableDensity: expected members of column "${name}" with ${coding.codes} codes and a context of ${width}, ` +
          `got ${head.codes} and ${contextShape[0]}.`,
      );
    }
  }
}

/** Copies need numbers on grids, because a real number has a density and a copy has a probability. */
function checkCopies(
  columns: readonly DensityColumn[],
  { name, coding, members, copies, dependent }: DensityColumn & { readonly copies: CopiedCells },
): void {
  const { sources, by, shares, recalled } = copies;
  if (recalled !== undefined) checkRecalled(columns, { name, coding }, recalled);
  const terms = sources.flatMap(({ from }) => from);
  const isOnGrid = [...(sources.length > 0 ? [coding] : []), ...terms.map((place) => columns[place]?.coding)].every(
    (one) => (one?.step ?? 0) > 0,
  );
  const areSums =
    (sources.length > 0 || recalled !== undefined) &&
    sources.every(({ from, signs }) => from.length > 0 && from.length === signs.length);
  const areShares = shares.every(
    (own) => own.length === sources.length && own.every((share) => share > 0 && share < 1),
  );
  const choices = by === undefined ? 1 : columns[by]?.coding.codes;
  if (isOnGrid && areSums && areShares && shares.length === choices && members.length > 0 && dependent === undefined)
    return;
  throw new OptionError(
    `TableDensity: expected copies in column "${name}" between columns of numbers on grids, with networks and a share between 0 and 1 for each source, got ${JSON.stringify(shares)} from columns ${terms.join(", ")}.`,
  );
}

/** Recalled cells need codes, or numbers that can be equal, and probabilities. */
function checkRecalled(
  columns: readonly DensityColumn[],
  { name, coding }: Pick<DensityColumn, "name" | "coding">,
  { by, keys, groups, sums }: RecalledCells,
): void {
  const areCodes = hasOnlyCodes(coding);
  // Numbers off any grid can be equal if each has a code.
  const canBeEqual = [coding, ...by.map((place) => columns[place]?.coding)].every(
    (one) => one !== undefined && (one.columnKind === "text" || one.step > 0 || hasOnlyCodes(one)),
  );
  const isCell = (x: number): boolean => !areCodes || (Number.isInteger(x) && x < coding.codes);
  const areCells = groups.every(({ values }) =>
    values.every((x, i) => isCell(x) && x > (values[i - 1] ?? (areCodes ? -1 : -Infinity))),
  );
  const areShares =
    keys.length === groups.length &&
    groups.every(({ weights }) => weights.every((share) => share > 0)) &&
    sums.every((sum) => sum < 1);
  if (canBeEqual && areCells && (areCodes || areShares)) return;
  throw new OptionError(
    `TableDensity: expected rising cells that column "${name}" recalls, by columns of categories, of few numbers or of numbers on grids, for numbers with probabilities above 0 and a sum below 1 in each group, got sums up to ${Math.max(...sums)} by columns ${by.join(", ")}.`,
  );
}

const TYPE = "pushforward/table-density";

/** Codec of {@link TableDensity}. */
export const tableDensityCodec: Codec<TableDensity> = defineCodec<TableDensity>({
  type: TYPE,
  version: 1,
  is: (value): value is TableDensity => value instanceof TableDensity,
  encode: ({ columns }, registry): Json => ({
    columns: columns.map(({ name, coding, parents, members, dependent, isGiven, copies }) => ({
      name,
      coding: codingToJson(coding),
      parents: [...parents],
      members: members.map((member) => ({ ...registry.encode(member) })),
      ...(dependent && { dependent: dependentCellsToJson(dependent) }),
      ...(isGiven && { isGiven }),
      ...(copies && { copies: copiesToJson(copies) }),
    })),
  }),
  decode: (config, registry) => {
    const reader = new ConfigReader(TYPE, config);
    const columns = reader.array("columns").map((item): DensityColumn => {
      const column = new ConfigReader(`${TYPE}.columns`, item);
      const read = {
        name: column.string("name"),
        coding: codingFromJson(column.raw("coding")),
        parents: column.counts("parents", { min: 0 }),
        members: column.objects("members", registry, isColumnDensity, "a column density"),
        ...(column.has("isGiven") && { isGiven: column.boolean("isGiven") }),
        ...(column.has("dependent") && { dependent: dependentCellsFromJson(column.raw("dependent")) }),
        ...(column.has("copies") && { copies: copiesFromJson(column.raw("copies")) }),
      };
      column.end();
      return read;
    });
    reader.end();
    try {
      return new TableDensity(columns);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      throw new ModelFileError("config", `${TYPE}: ${error.message}`, { cause: error });
    }
  },
});

function isColumnDensity(value: unknown): value is ColumnDensity {
  return value instanceof ColumnDensity;
}
