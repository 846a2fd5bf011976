import type { Key } from "@pushforward/core";
import type { ParameterValues } from "@pushforward/core/extend";
import { logAddExp, logSumExp } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { normalTail } from "@pushforward/ops";
import { columnOf } from "../../density/coding/category-coding.ts";
import { cellAt, columnFromCells } from "../../density/dependent-cells.ts";
import { asGiven, UNKNOWN } from "../product-mixture/column-tables.ts";
import type { RowsQuestion } from "../row-mixture.ts";
import { type FactorNode, FactorTree, type NormalComponents } from "./factor-tree.ts";
import { type LaidOutColumn, MISSING, type MixtureLayout, PRESENT } from "./mixture-layout.ts";
import { logNormalMass, type ScaledCells, type ScaledValue, scaledCells, scaledValue } from "./scaled-cells.ts";

/**
 * Known coordinates of one row, in each component of a mixture of normals. One object serves all rows: it is restarted
 * for each row.
 */
export class NormalRow {
  private readonly tree: FactorTree;
  private readonly components: NormalParameters;
  private readonly path: FactorNode[] = [];
  /** `[components, size]`: the known coordinates, made independent and standard normal by the factor. */
  private readonly whitened: Float64Array;
  /** Of the cell that is read: its log-density, and the mean of its coordinate, in each component. */
  private readonly own: Float64Array;
  private readonly means: Float64Array;

  constructor(components: NormalParameters) {
    this.tree = new FactorTree(components);
    this.components = components;
    this.whitened = new Float64Array(components.count * components.size);
    this.own = new Float64Array(components.count);
    this.means = new Float64Array(components.count);
  }

  /** Number of the known coordinates. */
  get depth(): number {
    return this.path.length;
  }

  /** @param depth number of coordinates that stay known. */
  begin(depth = 0): void {
    this.path.length = depth;
  }

  /** The normal of a coordinate in a component, given the known ones. */
  normal(coordinate: number, k: number): { readonly mean: number; readonly deviation: number } {
    const node = this.tree.next(this.path, coordinate);
    return { mean: meanGiven(node, k, this.whitened, this.components), deviation: node.spreads[k] as number };
  }

  /**
   * Adds the log-density of a cell in each component to the terms. From then on the cell is known.
   *
   * @param isLast `true` if no later cell is read.
   */
  read(
    { coding, coordinate, tableFrom, tableCodes }: LaidOutColumn,
    cells: ScaledCells,
    at: number,
    terms: Float64Array,
    isLast: boolean = false,
  ): void {
    const code = cells.codes[at] as number;
    if (code === UNKNOWN) return;
    const floor = cells.logFloor[at] as number;
    if (code < 0) {
      for (let k = 0; k < terms.length; k++) terms[k] = (terms[k] as number) + floor;
      return;
    }
    const { own, means, whitened, components } = this;
    own.fill(coding.logHead + (coordinate < 0 ? (cells.logWeight[at] as number) : 0));
    if (tableCodes > 0) addTable(own, components.logTables, (tableFrom + code) * components.count);
    const value = cells.values[at];
    if (value !== undefined) {
      const node = this.tree.next(this.path, coordinate);
      meansGiven(means, node, whitened, components);
      if (Number.isNaN(value.logScale)) addMasses(own, value.low, value.high, means, node.spreads);
      else addDensities(own, value.low, value.logScale, means, node);
      if (!isLast) {
        whiten(whitened, node, components.size, value.score, means);
        this.path.push(node);
      }
    }
    addWithFloor(terms, own, floor);
  }

  /** Adds a coordinate to the known coordinates of the single component with normals that are needed later. */
  add(coordinate: number, { score }: ScaledValue, k: number): void {
    const node = this.tree.next(this.path, coordinate);
    const { size } = this.components;
    this.whitened[k * size + node.depth] =
      (score - meanGiven(node, k, this.whitened, this.components)) / (node.deviations[k] as number);
    this.path.push(node);
  }
}

// The loops over the components are functions of arrays: they are compiled once and soon.

function addTable(own: Float64Array, logTables: Float64Array, from: number): void {
  for (let k = 0; k < own.length; k++) own[k] = (own[k] as number) + (logTables[from + k] as number);
}

/** The mean of a coordinate given the known ones, in each component. */
function meansGiven(
  result: Float64Array,
  node: FactorNode,
  whitened: Float64Array,
  parameters: NormalParameters,
): void {
  for (let k = 0; k < result.length; k++) result[k] = meanGiven(node, k, whitened, parameters);
}

function meanGiven(
  { coordinate, depth, row }: FactorNode,
  k: number,
  whitened: Float64Array,
  { size, means }: NormalParameters,
): number {
  let mean = means[k * size + coordinate] as number;
  for (let i = 0; i < depth; i++) mean += (row[k * depth + i] as number) * (whitened[k * size + i] as number);
  return mean;
}

/** Adds the log-masses of the normals between two bounds. */
function addMasses(own: Float64Array, low: number, high: number, means: Float64Array, spreads: Float64Array): void {
  for (let k = 0; k < own.length; k++) {
    const [mean, spread] = [means[k] as number, spreads[k] as number];
    own[k] = (own[k] as number) + logNormalMass((low - mean) / spread, (high - mean) / spread);
  }
}

/** Adds the log-densities of the normals at a number. */
function addDensities(
  own: Float64Array,
  at: number,
  logScale: number,
  means: Float64Array,
  { spreads, logSpreads }: FactorNode,
): void {
  for (let k = 0; k < own.length; k++) {
    const t = (at - (means[k] as number)) / (spreads[k] as number);
    own[k] = (own[k] as number) + (logScale - (t * t) / 2 - (logSpreads[k] as number));
  }
}

function whiten(
  whitened: Float64Array,
  { depth, deviations }: FactorNode,
  size: number,
  score: number,
  means: Float64Array,
): void {
  for (let k = 0; k < means.length; k++) {
    whitened[k * size + depth] = (score - (means[k] as number)) / (deviations[k] as number);
  }
}

function addWithFloor(terms: Float64Array, own: Float64Array, floor: number): void {
  for (let k = 0; k < terms.length; k++) terms[k] = (terms[k] as number) + logAddExp(own[k] as number, floor);
}

/** Parameters of a mixture of normals in float64, normalized. */
export interface NormalParameters extends NormalComponents {
  readonly logWeights: Float64Array;
  /** Log-probabilities of the codes of all tables, `[codes, components]`. */
  readonly logTables: Float64Array;
}

/** Input of a conditional distribution of a mixture of normals. */
export interface NormalRowsOptions extends RowsQuestion {
  readonly layout: MixtureLayout;
  readonly parameters: NormalParameters;
}

interface AskedCells {
  readonly column: LaidOutColumn;
  readonly cells: ScaledCells;
}

/** Distribution of some columns given other columns, for each row of a table. */
export class NormalRows {
  readonly rows: number;
  private readonly options: NormalRowsOptions;
  private readonly row: NormalRow;
  private readonly given: readonly AskedCells[];
  /** Log-weight of each component plus its log-density of the cells read up to now. */
  private readonly terms: Float64Array;

  constructor(options: NormalRowsOptions) {
    const { parameters, table } = options;
    this.options = options;
    this.rows = table.rows;
    this.row = new NormalRow(parameters);
    this.given = this.encode(options.given).map((own) => ({ ...own, cells: asGiven(own.cells) }));
    this.terms = new Float64Array(parameters.count);
  }

  /**
   * Log-density of the requested cells of each row given the given cells, in nats.
   *
   * @throws {DataError} the table lacks a column, or a column is of the wrong kind.
   */
  logProb(): Float64Array {
    const result = new Float64Array(this.rows);
    for (const cells of this.cellLogProb()) {
      for (const [row, value] of cells.entries()) result[row] = (result[row] as number) + value;
    }
    return result;
  }

  /**
   * For each requested column, in their order, the log-density of its cells given the given cells and the earlier
   * requested columns, in nats. Throws as {@link logProb}.
   */
  cellLogProb(): Float64Array[] {
    const asked = this.encode(this.options.asked);
    const result = asked.map(() => new Float64Array(this.rows));
    for (let i = 0; i < this.rows; i++) {
      let before = this.readGiven(i);
      for (const [j, one] of asked.entries()) {
        this.row.read(one.column, one.cells, i, this.terms);
        const joint = logSumExp(this.terms);
        // What comes behind an impossible cell is impossible, too.
        (result[j] as Float64Array)[i] = before === Number.NEGATIVE_INFINITY ? before : joint - before;
        before = joint;
      }
    }
    return result;
  }

  /** Draws the requested columns for each row. The same key yields the same cells. */
  sample(key: Key): Table {
    const { layout, asked } = this.options;
    const columns = asked.map((place) => layout.columns[place] as LaidOutColumn);
    return { rows: this.rows, columns: this.draw(columns, key, () => undefined) };
  }

  /** As {@link sample}, after the given columns as they are, with their unknown cells drawn: never as missing ones. */
  complete(key: Key): Table {
    const { layout, asked, given, table } = this.options;
    const known = new Map(this.given.map(({ column, cells }) => [column.name, cells]));
    const places = [...given, ...asked].sort((a, b) => a - b);
    const all = places.map((place) => layout.columns[place] as LaidOutColumn);
    const drawn = all.filter(({ name }) => known.get(name)?.codes.includes(UNKNOWN) ?? true);
    const filled = this.draw(drawn, key, (column) => known.get(column.name));
    const byName = new Map(filled.map((column) => [column.name, column]));
    return { rows: this.rows, columns: all.map(({ name }) => byName.get(name) ?? columnOf(table, name)) };
  }

  private encode(places: readonly number[]): AskedCells[] {
    const { layout, table, missing, origin } = this.options;
    return places.map((place) => {
      const column = layout.columns[place] as LaidOutColumn;
      return { column, cells: scaledCells(column, columnOf(table, column.name), missing, origin) };
    });
  }

  /** Begins a row with its given cells, and returns their log-density. */
  private readGiven(i: number): number {
    this.terms.set(this.options.parameters.logWeights);
    this.row.begin();
    for (const one of this.given) this.row.read(one.column, one.cells, i, this.terms);
    return logSumExp(this.terms);
  }

  /**
   * Draws columns; in given columns only the unknown cells.
   *
   * @param known the cells of a given column.
   */
  private draw(
    columns: readonly LaidOutColumn[],
    key: Key,
    known: (column: LaidOutColumn) => ScaledCells | undefined,
  ): Column[] {
    const choices = key.fold("component").uniform(this.rows);
    const drawn = columns.map((column) => {
      const own = known(column);
      const draws = new CellDraws(column, this.options.parameters, key.fold(column.name), this.rows, own !== undefined);
      return { draws, codes: own?.codes };
    });
    for (let i = 0; i < this.rows; i++) {
      const total = this.readGiven(i);
      const k = this.componentAt(choices[i] as number, total);
      for (const { draws, codes } of drawn) {
        if (codes === undefined || codes[i] === UNKNOWN) draws.draw(this.row, i, k);
      }
    }
    return drawn.map(({ draws, codes }) => {
      const column = draws.column();
      if (codes === undefined) return column;
      const own = columnOf(this.options.table, column.name);
      const cells = Array.from(codes, (code, i) => cellAt(code === UNKNOWN ? column : own, i));
      return columnFromCells(column.name, column.kind, cells);
    });
  }

  private componentAt(u: number, total: number): number {
    let left = u;
    for (const [k, term] of this.terms.entries()) {
      left -= Math.exp(term - total);
      if (left < 0) return k;
    }
    return this.terms.length - 1;
  }
}

/** Draws the cells of a column, one after the other. */
class CellDraws {
  private readonly of: LaidOutColumn;
  private readonly parameters: NormalParameters;
  private readonly isPresent: boolean;
  private readonly uniforms: Float32Array;
  private readonly normals: Float32Array;
  private readonly within: Float64Array;
  private readonly codes: Int32Array;
  private readonly values: Float64Array;

  /** @param isPresent `true` if no missing cell is drawn. */
  constructor(of: LaidOutColumn, parameters: NormalParameters, key: Key, rows: number, isPresent: boolean) {
    this.of = of;
    this.parameters = parameters;
    this.isPresent = isPresent;
    const isNormal = of.ranks !== undefined;
    this.uniforms = key.fold("code").uniform(of.tableCodes > 0 ? rows : 0);
    this.normals = key.fold("normal").normal(isNormal ? rows : 0);
    this.within = Float64Array.from(key.fold("within").uniform(isNormal ? 0 : rows));
    this.codes = new Int32Array(rows);
    this.values = new Float64Array(rows).fill(Number.NaN);
  }

  draw(row: NormalRow, i: number, k: number): void {
    const { ranks, coordinate } = this.of;
    const code = this.codeAt(i, k);
    this.codes[i] = code;
    if (ranks === undefined || code !== PRESENT) return;
    const { mean, deviation } = row.normal(coordinate, k);
    const z = mean + deviation * (this.normals[i] as number);
    const value = ranks.value(1 - normalTail(z));
    this.values[i] = value;
    const scaled = scaledValue(ranks, value, "new");
    if (scaled !== undefined) row.add(coordinate, scaled, k);
  }

  column(): Column {
    const { name, coding, ranks } = this.of;
    if (ranks === undefined || coding.columnKind === "text") {
      const codes =
        ranks === undefined
          ? this.codes
          : Int32Array.from(this.values, (value) => (Number.isNaN(value) ? (coding.missingCode ?? 0) : value));
      return coding.decode(name, codes, this.within, new Float64Array(codes.length));
    }
    return { name, kind: "number", values: this.values };
  }

  private codeAt(i: number, k: number): number {
    const { ranks, coding, tableFrom, tableCodes } = this.of;
    if (tableCodes === 0) return PRESENT;
    const missing = ranks === undefined ? coding.missingCode : MISSING;
    if (this.isPresent && ranks !== undefined) return PRESENT;
    const { count, logTables } = this.parameters;
    const probability = (code: number): number =>
      this.isPresent && code === missing ? 0 : Math.exp(logTables[(tableFrom + code) * count + k] as number);
    let left = this.uniforms[i] as number;
    if (this.isPresent && missing !== undefined) {
      left *= 1 - Math.exp(logTables[(tableFrom + missing) * count + k] as number);
    }
    let last = 0;
    for (let code = 0; code < tableCodes; code++) {
      const own = probability(code);
      if (own === 0) continue;
      last = code;
      left -= own;
      if (left < 0) return code;
    }
    return last;
  }
}

/** Normalizes parameters: weights over the components, tables over the codes of a column, covariances from their factors. */
export function normalParameters(
  { columns, size, codes }: MixtureLayout,
  count: number,
  [weights, means, factors, noise, tables]: readonly ParameterValues[],
): NormalParameters {
  const logTables = Float64Array.from(tables as ParameterValues);
  for (const { tableFrom, tableCodes } of columns) {
    for (let k = 0; k < count; k++) normalize(logTables, tableFrom * count + k, count, tableCodes);
  }
  const logWeights = Float64Array.from(weights as ParameterValues);
  normalize(logWeights, 0, 1, count);
  return {
    ...{ count, size, logWeights, logTables: logTables.subarray(0, codes * count) },
    means: Float64Array.from(means as ParameterValues),
    covariances: covariancesOf(factors as ParameterValues, count, size),
    noise: Float64Array.from(noise as ParameterValues, (variance) => Math.max(variance, 0)),
  };
}

/** Subtracts the logarithm of the sum of exponentials, of numbers with a stride. */
function normalize(values: Float64Array, from: number, stride: number, count: number): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) highest = Math.max(highest, values[from + i * stride] as number);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp((values[from + i * stride] as number) - highest);
  const shift = highest + Math.log(sum);
  for (let i = 0; i < count; i++) values[from + i * stride] = (values[from + i * stride] as number) - shift;
}

/** `L Lᵀ` of each component. */
function covariancesOf(factors: ParameterValues, count: number, size: number): Float64Array {
  const covariances = new Float64Array(count * size * size);
  for (let k = 0; k < count; k++) {
    const from = k * size * size;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let t = 0; t <= j; t++) {
          sum += (factors[from + i * size + t] as number) * (factors[from + j * size + t] as number);
        }
        covariances[from + i * size + j] = sum;
        covariances[from + j * size + i] = sum;
      }
    }
  }
  return covariances;
}
