import type { Column } from "@pushforward/datasets";
import { isLearnedVariable, type TypedTable } from "../variables/variable.ts";
import { freedomOf, isRounded, NO_NUMBERS, neededEvidence, spreadRows, surprises } from "./dependence-evidence.ts";
import { type ColumnRelation, type ComparedColumn, compareColumn, type DependentColumn } from "./dependent-column.ts";
import { type Extremes, extremesOf, FunctionFinder, findAffine } from "./find-affine.ts";
import { BinFinder } from "./find-bins.ts";
import {
  computedEvidence,
  dateParts,
  type LinearSum,
  PRODUCT_SLACKS,
  possibleSums,
  productsOf,
  scaledRelation,
  solvedSum,
  transformsTo,
  yearsRelations,
} from "./find-computed.ts";

/** Maximum number of columns for all pairwise comparisons. */
const ALL_PAIRS = 1000;
/** Number of neighbors on both sides compared in wider tables. */
const NEIGHBORS = 100;
/** A column is no key of a table of values where more of its rows have a value of their own. */
const MOST_SINGLES = 0.25;
/** The same for numbers that determine numbers: networks know more of a row with a new number than frequencies do. */
const MOST_NUMBERS = 0.05;
/** Maximum number of numeric columns for all sums of two. */
const ALL_SUMS = 200;
/** Number of neighbors for sums in wider tables. */
const SUM_NEIGHBORS = 40;
/** The same for products and ratios. */
const ALL_PRODUCTS = 60;
const PRODUCT_NEIGHBORS = 12;

/**
 * Finds the columns that other columns determine: constants, duplicates, parts of a date, logarithms and squares, functions of
 * a column with clearly fewer values than rows, bins of a number, linear functions of columns with weights and a constant of
 * few digits, products and ratios of two columns with such a scale.
 * Missing cells must follow the relation as well.
 * A relation counts only if it is unlikely by chance: the rows that it predicts must be worth at least 20 nats, and
 * more in wide tables.
 *
 * If several columns determine each other, the last one is dependent; of numbers that are all at least 0, it is the
 * total, unless the total has fewer values: then any terms are possible. Columns that are not learned (identifiers, free
 * text) are left out. In tables of more than 1,000 columns only neighbors are compared.
 *
 * @returns each dependent column once, after its sources.
 * @example
 * const csv = `code,name\n${"a,Ann\nb,Bea\nc,Cleo\n".repeat(20)}`;
 * const found = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }));
 * findDependentColumns(found).map(({ column, from }) => [column, ...from]); // → [["name", "code"]]
 */
export function findDependentColumns({ variables, table }: TypedTable): DependentColumn[] {
  if (table.rows < 2) return [];
  const columns = variables.flatMap((variable, index) =>
    isLearnedVariable(variable) ? [compareColumn(table.columns[index] as Column, variable, index)] : [],
  );
  const search = new DependenceSearch(columns, table.rows);
  search.findConstants();
  search.findDuplicates();
  search.findDateParts();
  search.findYears();
  search.findTransforms();
  search.findAffine();
  search.findProducts(PRODUCT_SLACKS[0], isFinest);
  search.findFunctions();
  search.findPairSums();
  search.findSums();
  for (const slack of PRODUCT_SLACKS) search.findProducts(slack);
  return search.sorted();
}

class DependenceSearch {
  private readonly columns: readonly ComparedColumn[];
  private readonly rows: Int32Array;
  private readonly surprise: Map<ComparedColumn, Float64Array> = new Map();
  private readonly extremes: ReadonlyMap<ComparedColumn, Extremes>;
  /** Columns of numbers that are all at least 0. */
  private readonly amounts: ReadonlySet<ComparedColumn>;
  private readonly found: Map<string, DependentColumn> = new Map();

  constructor(columns: readonly ComparedColumn[], rows: number) {
    this.columns = columns;
    this.rows = spreadRows(rows);
    this.amounts = new Set(columns.filter(isAmount));
    this.extremes = new Map(
      columns.flatMap((column) => {
        const extremes = column.values && extremesOf(column.values);
        return extremes === undefined ? [] : [[column, extremes] as const];
      }),
    );
  }

  findConstants(): void {
    for (const column of this.columns) if (column.counts.length === 1) this.note(column, [], { type: "constant" });
  }

  findDuplicates(): void {
    const first = new Map<string, ComparedColumn>();
    for (const column of this.free()) {
      const key = `${column.pattern} ${column.counts.length} ${typeof column.cells[0]} ${column.cells[0]}`;
      const other = first.get(key);
      if (other === undefined) first.set(key, column);
      else if (isSame(other, column)) this.note(column, [other], { type: "duplicate" });
    }
  }

  findAffine(): void {
    this.eachPair((sources, to) => this.findAffineSource(sources, to));
  }

  /** Functions by a table of values or by bins. */
  findFunctions(): void {
    const mostCodes = this.free().reduce((most, { counts }) => Math.max(most, counts.length), 0);
    const finders = { table: new FunctionFinder(mostCodes, this.rows), bins: new BinFinder(this.rows) };
    const computed = this.possibleSources().filter(({ name }) => this.found.has(name));
    this.eachPair((sources, to) => {
      const isSource = (from: ComparedColumn): boolean => isFiner(from, to) && !this.dependsOn(from.name, to.name);
      this.findFunctionSource(sources.filter(isSource), computed.filter(isSource), to, finders);
    });
  }

  /** Calls a function with each free column and its possible sources, in wide tables of neighbors only. */
  private eachPair(visit: (sources: readonly ComparedColumn[], to: ComparedColumn) => void): void {
    const columns = this.free();
    const reach = columns.length <= ALL_PAIRS ? columns.length : NEIGHBORS;
    columns.forEach((to, at) => {
      // Earlier columns first, so that of two that determine each other the later one is dependent.
      const others = [...columns.slice(Math.max(0, at - reach), at), ...columns.slice(at + 1, at + 1 + reach)];
      const sources = others.filter((from) => {
        const [a, b] = [from.counts.length, to.counts.length];
        return from.index < to.index ? a >= b : a > b;
      });
      visit(sources, to);
    });
  }

  /** Numbers that are a part of a date. */
  findDateParts(): void {
    const dates = this.free().filter(({ isDate }) => isDate);
    if (dates.length === 0) return;
    for (const to of this.free()) {
      if (to.isDate || to.values === undefined) continue;
      for (const date of dates) for (const relation of dateParts) this.findComputed([date], relation, to);
    }
  }

  /** Ages: completed years between two dates. */
  findYears(): void {
    const dates = this.free().filter(({ isDate }) => isDate);
    for (const to of dates.length < 2 ? [] : this.free()) {
      if (to.isDate || to.values === undefined) continue;
      for (const start of dates)
        for (const end of dates)
          if (start !== end) for (const relation of yearsRelations) this.findComputed([start, end], relation, to);
    }
  }

  /** Logarithms and squares. */
  findTransforms(): void {
    const columns = this.free().filter(({ values, isDate }) => values !== undefined && !isDate);
    if (columns.length > ALL_PAIRS) return;
    for (const to of columns) {
      const relations = transformsTo(to);
      for (const from of columns) {
        if (from !== to) for (const relation of relations) this.findComputed([from], relation, to);
      }
    }
  }

  /** Sums and differences of two columns, also where they are rounded. */
  findPairSums(): void {
    this.eachTriple(ALL_SUMS, SUM_NEIGHBORS, (i, j, k) => {
      const sums = [
        [i, j, 1, k],
        [i, k, 1, j],
        [j, k, 1, i],
      ] as const;
      const differences = [
        [i, j, -1, k],
        [j, i, -1, k],
      ] as const;
      const areAmounts = [i, j, k].every((column) => this.amounts.has(column));
      const isFirst = ({ 3: to }: (typeof sums)[number]): boolean => to === k || (areAmounts && isFiner(to, k));
      const tries = [...sums.filter(isFirst), ...differences, ...sums.filter((sum) => !isFirst(sum))];
      for (const [a, b, sign, to] of tries)
        this.findComputed([a, b], { type: "linear", weights: [1, sign], plus: 0 }, to);
    });
  }

  /** Linear functions of two columns or more. */
  findSums(): void {
    const columns = this.possibleSources();
    if (columns.length > ALL_SUMS) return;
    for (const sum of possibleSums(columns, this.rows)) {
      const better = this.betterSum(sum);
      for (const { from, weights, plus, to } of better === undefined ? [sum] : [better, sum]) {
        this.findComputed(from, { type: "linear", weights, plus }, to);
      }
    }
  }

  /**
   * The same relation with a result that can have any number of its sources: of amounts, the sum of all other columns. Where
   * amounts have a constant sum, the largest one.
   */
  private betterSum(sum: LinearSum): LinearSum | undefined {
    const { from, weights, plus, to } = sum;
    const columns = [...from, to];
    if (!columns.every((column) => column.isDate || this.amounts.has(column))) return undefined;
    const isConstantSum = plus > 0 && weights.every((weight) => weight === -1);
    const means = columns.map(({ values = NO_NUMBERS }) => values.reduce((total, value) => total + (value || 0), 0));
    const places = [...from.keys()].map((place) => solvedSum(sum, place));
    return isConstantSum
      ? places.find((one, place) => isFiner(one.to, to) && means[place] === Math.max(...means))
      : places.find((one) => isFiner(one.to, to) && one.plus >= 0 && one.weights.every((weight) => weight > 0));
  }

  /**
   * Products and ratios.
   *
   * @param slack tolerance relative to the result.
   * @param isResult `true` for a column that may be the result of two columns. Default: any column.
   */
  findProducts(
    slack: number,
    isResult: (to: ComparedColumn, from: readonly ComparedColumn[]) => boolean = () => true,
  ): void {
    this.eachTriple(ALL_PRODUCTS, PRODUCT_NEIGHBORS, (i, j, k) => {
      if (i.isDate || j.isDate || k.isDate) return;
      for (const [from, form, to] of productsOf(i, j, k)) {
        if (this.found.has(to.name) || !isResult(to, from)) continue;
        const relation = scaledRelation(form, from, to, slack);
        if (relation !== undefined) this.findComputed(from, relation, to, slack);
      }
    });
  }

  /** The result, each column after its sources. */
  sorted(): DependentColumn[] {
    const order = new Map<string, DependentColumn>();
    const visit = (name: string): void => {
      const dependent = this.found.get(name);
      if (dependent === undefined || order.has(name)) return;
      for (const source of dependent.from) visit(source);
      order.set(name, dependent);
    };
    for (const { name } of this.columns) visit(name);
    return [...order.values()];
  }

  private findAffineSource(sources: readonly ComparedColumn[], to: ComparedColumn): boolean {
    if (to.values === undefined || to.counts.length < 3) return false;
    const ends = this.extremes.get(to);
    if (ends === undefined) return false;
    const width = (to.values[ends.high] as number) - (to.values[ends.low] as number);
    const perValue = Math.log(1 + width / (to.unit || 1e-12 * width));
    for (const from of sources) {
      const extremes = this.extremes.get(from);
      // Two numbers make slope and intercept; the others are foretold.
      const evidence = (from.counts.length - 2) * perValue;
      if (extremes === undefined || evidence < neededEvidence(this.columns.length, 2)) continue;
      const map = findAffine(from, to, extremes, this.rows);
      if (map === undefined) continue;
      this.note(to, [from], { type: "linear", weights: [map.slope], plus: map.intercept });
      return true;
    }
    return false;
  }

  /** @param computed sources of bins in addition: a fee may depend on a computed total. */
  private findFunctionSource(
    sources: readonly ComparedColumn[],
    computed: readonly ComparedColumn[],
    to: ComparedColumn,
    finders: { readonly table: FunctionFinder; readonly bins: BinFinder },
  ): void {
    const needed = neededEvidence(this.columns.length, 2);
    const surprise = this.surprisesOf(to);
    let best: ComparedColumn | undefined;
    for (const from of sources) {
      const size = from.counts.length;
      if (2 * size > this.rows.length || from.singles > (from.values && to.values ? MOST_NUMBERS : MOST_SINGLES))
        continue;
      // Of earlier columns the one with the fewest values, else of later ones.
      if (best !== undefined && (size >= best.counts.length || (best.index < to.index && from.index > to.index)))
        continue;
      if (finders.table.evidence(from, to, surprise) >= needed) best = from;
    }
    // Bins tell the cell of numbers that no row has, too.
    const binned = (best === undefined ? [...sources, ...computed] : [best]).find(
      (from) => finders.bins.evidence(from, to) >= needed,
    );
    if (binned !== undefined) this.note(to, [binned], { type: "bins" });
    else if (best !== undefined) this.note(to, [best], { type: "function" });
  }

  /** Notes a relation if it has enough evidence, and if its sources do not depend on the column. */
  private findComputed(
    from: readonly ComparedColumn[],
    relation: ColumnRelation,
    to: ComparedColumn,
    slack?: number,
  ): void {
    if (this.found.has(to.name) || from.some(({ name }) => this.dependsOn(name, to.name))) return;
    const check = { rows: this.rows, surprise: this.surprisesOf(to), slack };
    const needed = neededEvidence(this.columns.length, from.length + 1) + freedomOf(relation);
    if (computedEvidence(from, relation, to, check) >= needed) this.note(to, from, relation);
  }

  /** Calls a function with all triples of free columns of numbers, in wide tables of neighbors only. */
  private eachTriple(
    most: number,
    neighbors: number,
    visit: (i: ComparedColumn, j: ComparedColumn, k: ComparedColumn) => void,
  ): void {
    const columns = this.possibleSources().filter(({ values }) => values !== undefined);
    columns.sort((a, b) => a.index - b.index);
    const reach = columns.length <= most ? columns.length : neighbors;
    for (let k = 2; k < columns.length; k++) {
      const from = Math.max(0, k - reach);
      for (let j = k - 1; j > from; j--) {
        for (let i = j - 1; i >= from; i--) {
          visit(columns[i] as ComparedColumn, columns[j] as ComparedColumn, columns[k] as ComparedColumn);
        }
      }
    }
  }

  /** `true` if a column follows from a second one, or is it. */
  private dependsOn(name: string, other: string): boolean {
    return name === other || (this.found.get(name)?.from.some((source) => this.dependsOn(source, other)) ?? false);
  }

  /**
   * Columns that may be sources of a computed column: free columns, and columns that are no exact linear function of a single
   * column. A tax that is rounded to cents is a term of a total.
   */
  private possibleSources(): ComparedColumn[] {
    const isSource = (column: ComparedColumn): boolean => {
      const { relation, from: [name] = [] } = this.found.get(column.name) ?? {};
      if (relation === undefined || relation.type === "constant" || relation.type === "duplicate") return false;
      const source = this.columns.find((one) => one.name === name) as ComparedColumn;
      return relation.type !== "linear" || relation.weights.length > 1 || isRounded(column, relation, source);
    };
    // Linear functions have the last column as their result.
    return [...this.columns.filter(isSource), ...this.free()];
  }

  private free(): ComparedColumn[] {
    return this.columns.filter(({ name }) => !this.found.has(name));
  }

  private note({ name }: ComparedColumn, from: readonly ComparedColumn[], relation: ColumnRelation): void {
    this.found.set(name, { column: name, from: from.map((column) => column.name), relation });
  }

  private surprisesOf(column: ComparedColumn): Float64Array {
    let surprise = this.surprise.get(column);
    if (surprise === undefined) {
      surprise = surprises(column);
      this.surprise.set(column, surprise);
    }
    return surprise;
  }
}

/** `true` for a column of numbers that are all at least 0, without dates. */
function isAmount({ values, isDate }: ComparedColumn): boolean {
  return values !== undefined && !isDate && !values.some((value) => value < 0);
}

/** `true` if a column has at least as many values as a second one. */
function isFiner(a: ComparedColumn, b: ComparedColumn): boolean {
  return a.counts.length >= b.counts.length;
}

/** `true` if a column has more values than each of some columns. */
function isFinest(to: ComparedColumn, from: readonly ComparedColumn[]): boolean {
  return from.every((source) => !isFiner(source, to));
}

function isSame(a: ComparedColumn, b: ComparedColumn): boolean {
  return a.codes.every((code, row) => code === b.codes[row]) && a.cells.every((cell, code) => cell === b.cells[code]);
}
