import type { Key } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { normalTail } from "@pushforward/ops";
import { columnOf } from "../../density/coding/category-coding.ts";
import {
  askedDraws,
  chosenTerm,
  type HolePlaces,
  type HoleQuestion,
  type HoleRows,
  holePlaces,
  someCells,
  stratified,
  stratifiedNormals,
} from "../hole-rows.ts";
import { asGiven, UNKNOWN } from "../product-mixture/column-tables.ts";
import { type LaidOutColumn, MISSING, type MixtureLayout, PRESENT } from "./mixture-layout.ts";
import { type NormalParameters, NormalRow } from "./normal-rows.ts";
import { type ScaledCells, scaledCells, scaledValue } from "./scaled-cells.ts";

interface HoledColumn {
  readonly column: LaidOutColumn;
  readonly cells: ScaledCells;
  readonly holes: HolePlaces | undefined;
}

/** Rows with holes by a mixture of normals: the known coordinates of a row are read once for all of its draws. */
export class NormalHoles implements HoleRows {
  readonly logEvidence: Float64Array;
  private readonly parameters: NormalParameters;
  private readonly columns: readonly HoledColumn[];
  private readonly holed: readonly (HoledColumn & { readonly holes: HolePlaces })[];
  private readonly mayBeMissing: boolean;
  private readonly row: NormalRow;
  private readonly terms: Float64Array;
  private readonly present: Float64Array;

  constructor(
    { table, holes, mayBeMissing, unread }: HoleQuestion,
    layout: MixtureLayout,
    parameters: NormalParameters,
  ) {
    this.parameters = parameters;
    this.mayBeMissing = mayBeMissing;
    this.row = new NormalRow(parameters);
    this.terms = new Float64Array(parameters.count);
    this.present = new Float64Array(parameters.count);
    this.columns = layout.columns.map((column) => {
      const mask = holes.get(column.name);
      const cells = asGiven(scaledCells(column, columnOf(table, column.name), "value"));
      if (mask !== undefined) for (const [row, isHole] of mask.entries()) if (isHole === 1) cells.codes[row] = UNKNOWN;
      return { column, cells, holes: mask && !unread?.has(column.name) ? holePlaces(mask) : undefined };
    });
    this.holed = this.columns.filter(
      (one): one is HoledColumn & { readonly holes: HolePlaces } => one.holes !== undefined,
    );
    this.logEvidence = Float64Array.from({ length: table.rows }, (_, row) => {
      this.readKnown(row);
      return logSumExp(this.present);
    });
  }

  draw(key: Key, times: number): ReadonlyMap<string, Column> {
    const rows = this.logEvidence.length;
    const choices = stratified(key.fold("component"), rows, times);
    const draws = this.holed.map(
      (one) => new HoleDraws(one, this.parameters, key.fold(one.column.name), times, this.mayBeMissing),
    );
    for (let row = 0; row < rows; row++) {
      this.readKnown(row);
      const { depth } = this.row;
      const own = draws.filter(({ place }) => (place[row] as number) >= 0);
      for (let i = 0; i < times; i++) {
        const k = chosenTerm(this.present, this.logEvidence[row] as number, choices[row * times + i] as number);
        this.row.begin(depth);
        for (const one of own) one.draw(this.row, (one.place[row] as number) * times + i, k);
      }
    }
    return new Map(draws.map((one) => [one.name, one.column()]));
  }

  logJoint(drawn: ReadonlyMap<string, Column>, times: number, isAsked: (draw: number) => boolean): Float64Array {
    const rows = this.logEvidence.length;
    const result = new Float64Array(rows * times);
    const asked = askedDraws(times, isAsked);
    const holed = this.holed.map(({ column, holes }) => ({
      ...{ column, place: holes.place },
      // Only the cells that are asked for are encoded.
      cells: scaledCells(column, someCells(drawn.get(column.name) as Column, times, asked), "value"),
    }));
    const { terms } = this;
    const base = new Float64Array(terms.length);
    for (let row = 0; row < rows; row++) {
      this.readKnown(row);
      base.set(terms);
      const { depth } = this.row;
      const own = holed.filter(({ place }) => (place[row] as number) >= 0);
      for (const [n, i] of asked.entries()) {
        terms.set(base);
        this.row.begin(depth);
        for (const [j, { column, cells, place }] of own.entries()) {
          this.row.read(column, cells, (place[row] as number) * asked.length + n, terms, j === own.length - 1);
        }
        result[row * times + i] = logSumExp(terms);
      }
    }
    return result;
  }

  /** Begins a row with its known cells. */
  private readKnown(row: number): void {
    const { terms, present, parameters, mayBeMissing } = this;
    terms.set(parameters.logWeights);
    this.row.begin();
    for (const { column, cells } of this.columns) this.row.read(column, cells, row, terms);
    present.set(terms);
    if (mayBeMissing) return;
    for (const { column, holes } of this.holed) {
      if ((holes.place[row] as number) < 0) continue;
      for (let k = 0; k < present.length; k++) present[k] = (present[k] as number) + logPresent(column, parameters, k);
    }
  }
}

function missingOf({ ranks, coding, tableCodes }: LaidOutColumn): number | undefined {
  if (tableCodes === 0) return undefined;
  return ranks === undefined ? coding.missingCode : MISSING;
}

/** Returns the log-probability that a cell is present, in a component. */
function logPresent(column: LaidOutColumn, { logTables, count }: NormalParameters, k: number): number {
  const missing = missingOf(column);
  if (missing === undefined) return 0;
  return Math.log1p(-Math.min(Math.exp(logTables[(column.tableFrom + missing) * count + k] as number), 1 - 1e-12));
}

/** Draws the cells in the holes of a column. */
class HoleDraws {
  readonly name: string;
  readonly place: Int32Array;
  private readonly of: LaidOutColumn;
  private readonly parameters: NormalParameters;
  private readonly mayBeMissing: boolean;
  private readonly uniforms: Float64Array;
  private readonly normals: Float64Array;
  private readonly within: Float64Array;
  private readonly codes: Int32Array;
  private readonly values: Float64Array;

  constructor(
    { column, holes }: { readonly column: LaidOutColumn; readonly holes: HolePlaces },
    parameters: NormalParameters,
    key: Key,
    times: number,
    mayBeMissing: boolean,
  ) {
    const groups = holes.rows.length;
    const isNormal = column.ranks !== undefined;
    this.name = column.name;
    this.place = holes.place;
    this.of = column;
    this.parameters = parameters;
    this.mayBeMissing = mayBeMissing;
    this.uniforms = stratified(key.fold("code"), column.tableCodes > 0 ? groups : 0, times);
    this.normals = stratifiedNormals(key.fold("normal"), isNormal ? groups : 0, times);
    this.within = Float64Array.from(key.fold("within").uniform(isNormal ? 0 : groups * times));
    this.codes = new Int32Array(groups * times);
    this.values = new Float64Array(groups * times).fill(Number.NaN);
  }

  draw(row: NormalRow, at: number, k: number): void {
    const { ranks, coordinate } = this.of;
    const code = this.codeAt(at, k);
    this.codes[at] = code;
    if (ranks === undefined || code !== PRESENT) return;
    const { mean, deviation } = row.normal(coordinate, k);
    const value = ranks.value(1 - normalTail(mean + deviation * (this.normals[at] as number)));
    this.values[at] = value;
    const scaled = scaledValue(ranks, value, "new");
    if (scaled !== undefined) row.add(coordinate, scaled, k);
  }

  column(): Column {
    const { coding, ranks } = this.of;
    if (ranks !== undefined && coding.columnKind === "number")
      return { name: this.name, kind: "number", values: this.values };
    const codes =
      ranks === undefined
        ? this.codes
        : Int32Array.from(this.values, (value) => (Number.isNaN(value) ? (coding.missingCode ?? 0) : value));
    return coding.decode(this.name, codes, this.within, new Float64Array(codes.length));
  }

  private codeAt(at: number, k: number): number {
    const { ranks, tableFrom, tableCodes } = this.of;
    if (tableCodes === 0 || (ranks !== undefined && !this.mayBeMissing)) return PRESENT;
    const { count, logTables } = this.parameters;
    const excluded = this.mayBeMissing ? undefined : missingOf(this.of);
    let left = this.uniforms[at] as number;
    if (excluded !== undefined) left *= 1 - Math.exp(logTables[(tableFrom + excluded) * count + k] as number);
    let last = 0;
    for (let code = 0; code < tableCodes; code++) {
      if (code === excluded) continue;
      last = code;
      left -= Math.exp(logTables[(tableFrom + code) * count + k] as number);
      if (left < 0) return code;
    }
    return last;
  }
}
