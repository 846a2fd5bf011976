import type { Key } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { normalTail } from "@pushforward/ops";
import { columnOf } from "../../density/coding/category-coding.ts";
import {
  type AskedDensities,
  askedDraws,
  chosenTerm,
  type DrawDensities,
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
  /** The cells as given ones. */
  readonly given: ScaledCells;
  readonly holes: HolePlaces | undefined;
}

/** A column of draws that are looked at. */
interface ReadColumn {
  readonly column: LaidOutColumn;
  readonly known: ScaledCells;
  /** For each row its place among the rows with a hole; −1 for a known cell. */
  readonly place: Int32Array | undefined;
  readonly drawn: ScaledCells | undefined;
}

/** Some draws of a row, among the draws that are encoded. */
interface ReadDraws {
  readonly row: number;
  readonly times: number;
  readonly asked: readonly number[];
  readonly isAsked: (draw: number) => boolean;
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
      const cells = scaledCells(column, columnOf(table, column.name), "value");
      if (mask !== undefined) for (const [row, isHole] of mask.entries()) if (isHole === 1) cells.codes[row] = UNKNOWN;
      const drawn = mask && !unread?.has(column.name) ? holePlaces(mask) : undefined;
      return { column, cells, given: asGiven(cells), holes: drawn };
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

  logJoint(
    drawn: ReadonlyMap<string, Column>,
    times: number,
    { byHoles: isFirst, byColumns: isSecond }: AskedDensities,
  ): DrawDensities {
    const rows = this.logEvidence.length;
    const asked = askedDraws(times, (i) => isFirst(i) || isSecond(i));
    // Only the cells that are asked for are encoded.
    const columns = this.columns.map(({ column, cells, holes }): ReadColumn => {
      const own = holes && someCells(drawn.get(column.name) as Column, times, asked);
      return { column, known: cells, place: holes?.place, drawn: own && scaledCells(column, own, "value") };
    });
    const [byHoles, byColumns] = [new Float64Array(rows * times), new Float64Array(rows * times)];
    for (let row = 0; row < rows; row++) {
      const isHole = ({ place }: ReadColumn): boolean => (place?.[row] ?? -1) >= 0;
      this.readKnown(row);
      const after = { terms: this.terms.slice(), depth: this.row.depth };
      const holed = columns.filter(isHole);
      this.readDraws(holed, { row, times, asked, isAsked: isFirst }, after, byHoles);
      const read = columns.filter((one) => isHole(one) || one.known.codes[row] !== UNKNOWN);
      const before = { terms: this.parameters.logWeights, depth: 0 };
      this.readDraws(read, { row, times, asked, isAsked: isSecond }, before, byColumns);
    }
    return { byHoles, byColumns };
  }

  /** Writes the log-densities of some draws of a row, with columns that are read in their order after known coordinates. */
  private readDraws(
    columns: readonly ReadColumn[],
    { row, times, asked, isAsked }: ReadDraws,
    start: { readonly terms: Float64Array; readonly depth: number },
    result: Float64Array,
  ): void {
    const { terms } = this;
    const last = columns.at(-1);
    for (let n = 0; n < asked.length; n++) {
      const i = asked[n] as number;
      if (!isAsked(i)) continue;
      terms.set(start.terms);
      this.row.begin(start.depth);
      for (const one of columns) {
        const place = one.place?.[row] ?? -1;
        if (place < 0) this.row.read(one.column, one.known, row, terms, one === last);
        else this.row.read(one.column, one.drawn as ScaledCells, place * asked.length + n, terms, one === last);
      }
      result[row * times + i] = logSumExp(terms);
    }
  }

  /** Begins a row with its known cells. */
  private readKnown(row: number): void {
    const { terms, present, parameters, mayBeMissing } = this;
    terms.set(parameters.logWeights);
    this.row.begin();
    for (const { column, given } of this.columns) this.row.read(column, given, row, terms);
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
