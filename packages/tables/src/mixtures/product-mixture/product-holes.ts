import type { Key } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { type CellCoding, columnOf } from "../../density/coding/category-coding.ts";
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
} from "../hole-rows.ts";
import { asGiven, encodeCells, UNKNOWN } from "./column-tables.ts";
import {
  type AskedColumn,
  cellCodes,
  FLOOR_ALONE,
  jointLogProb,
  type MixtureColumn,
  type MixtureTables,
} from "./mixture-tables.ts";

interface HoledColumn {
  readonly index: number;
  readonly name: string;
  readonly coding: CellCoding;
  readonly holes: HolePlaces;
  readonly table: Float64Array;
}

/**
 * Rows with holes by a mixture of products: the log-density of the known cells in each component is computed once per
 * row.
 */
export class ProductHoles implements HoleRows {
  readonly logEvidence: Float64Array;
  private readonly components: number;
  private readonly holed: readonly HoledColumn[];
  private readonly mayBeMissing: boolean;
  /**
   * `[rows, components]`: log-density of the known cells; `present` also includes the event that every hole has a
   * value.
   */
  private readonly known: Float64Array;
  private readonly present: Float64Array;
  /** 1 for rows with a known cell that cannot occur. */
  private readonly isImpossible: Uint8Array;

  constructor(
    { table, holes, mayBeMissing, unread }: HoleQuestion,
    columns: readonly MixtureColumn[],
    tables: MixtureTables,
  ) {
    const count = tables.logWeights.length;
    this.components = count;
    this.mayBeMissing = mayBeMissing;
    this.isImpossible = new Uint8Array(table.rows);
    const cells = columns.map(({ name, coding }, index): AskedColumn => {
      const encoded = encodeCells(coding, columnOf(table, name), "value");
      for (const [row, isHole] of holes.get(name)?.entries() ?? []) if (isHole === 1) encoded.codes[row] = UNKNOWN;
      for (const [row, code] of encoded.codes.entries()) {
        if (code === -1 && encoded.logFloor[row] === Number.NEGATIVE_INFINITY) this.isImpossible[row] = 1;
      }
      return { index, coding, cells: asGiven(encoded) };
    });
    this.holed = columns.flatMap(({ name, coding }, index) => {
      const mask = holes.get(name);
      return mask === undefined || unread?.has(name)
        ? []
        : [{ index, name, coding, holes: holePlaces(mask), table: tables.columns[index] as Float64Array }];
    });
    this.known = new Float64Array(table.rows * count);
    for (let row = 0; row < table.rows; row++) {
      jointLogProb(tables, cells, row, this.known.subarray(row * count, (row + 1) * count));
    }
    this.present = this.known.slice();
    if (!mayBeMissing) this.addPresent();
    this.logEvidence = Float64Array.from({ length: table.rows }, (_, row) =>
      logSumExp(this.present.subarray(row * count, (row + 1) * count)),
    );
  }

  draw(key: Key, times: number): ReadonlyMap<string, Column> {
    const { components: count } = this;
    const rows = this.logEvidence.length;
    const choices = stratified(key.fold("component"), rows, times);
    const chosen = Int32Array.from(choices, (u, at) => {
      const row = Math.floor(at / times);
      return chosenTerm(this.present.subarray(row * count, (row + 1) * count), this.logEvidence[row] as number, u);
    });
    return new Map(
      this.holed.map(({ name, coding, holes, table }) => {
        const own = key.fold(name);
        const uniforms = stratified(own.fold("code"), holes.rows.length, times);
        const excluded = this.mayBeMissing ? undefined : coding.missingCode;
        const codes = Int32Array.from(uniforms, (u, at) => {
          const row = holes.rows[Math.floor(at / times)] as number;
          return drawCode(table, count, chosen[row * times + (at % times)] as number, cellCodes(coding), excluded, u);
        });
        const within = Float64Array.from(own.fold("within").uniform(codes.length));
        return [name, coding.decode(name, codes, within, new Float64Array(codes.length))];
      }),
    );
  }

  logJoint(
    drawn: ReadonlyMap<string, Column>,
    times: number,
    { byHoles: isFirst, byColumns: isSecond }: AskedDensities,
  ): DrawDensities {
    const { components: count, known } = this;
    const rows = this.logEvidence.length;
    const result = new Float64Array(rows * times);
    const asked = askedDraws(times, (i) => isFirst(i) || isSecond(i));
    const encoded = this.holed.map((one) => ({
      ...one,
      cells: encodeCells(one.coding, someCells(drawn.get(one.name) as Column, times, asked), "value"),
    }));
    const terms = new Float64Array(count);
    for (let n = 0; n < rows * asked.length; n++) {
      const row = Math.floor(n / asked.length);
      terms.set(known.subarray(row * count, (row + 1) * count));
      let common = 0;
      for (const { holes, cells, coding, table } of encoded) {
        const place = holes.place[row] as number;
        if (place < 0) continue;
        const i = place * asked.length + (n % asked.length);
        const [code, floor] = [cells.codes[i] as number, cells.logFloor[i] as number];
        if (code < 0) {
          common += floor;
          continue;
        }
        const inside = coding.logHead + (cells.logWeight[i] as number);
        if (floor - inside > FLOOR_ALONE) {
          common += floor;
          continue;
        }
        common += inside;
        addLogMasses(terms, table, code * count, Math.exp(floor - inside));
      }
      result[row * times + (asked[n % asked.length] as number)] = logSumExp(terms) + common;
    }
    // The order of the columns makes no difference here.
    const byColumns = result.map((value, at) =>
      this.isImpossible[Math.floor(at / times)] === 1 ? Number.NEGATIVE_INFINITY : value,
    );
    return { byHoles: result, byColumns };
  }

  private addPresent(): void {
    const { components: count, present } = this;
    for (const { coding, holes, table } of this.holed) {
      const missing = coding.missingCode;
      if (missing === undefined) continue;
      for (const row of holes.rows) {
        for (let k = 0; k < count; k++) {
          const at = row * count + k;
          present[at] =
            (present[at] as number) + Math.log1p(-Math.min(table[missing * count + k] as number, 1 - 1e-12));
        }
      }
    }
  }
}

function addLogMasses(terms: Float64Array, table: Float64Array, from: number, extra: number): void {
  for (let k = 0; k < terms.length; k++)
    terms[k] = (terms[k] as number) + Math.log((table[from + k] as number) + extra);
}

function drawCode(
  table: Float64Array,
  count: number,
  k: number,
  codes: number,
  excluded: number | undefined,
  u: number,
): number {
  let left = excluded === undefined ? u : u * (1 - (table[excluded * count + k] as number));
  let last = 0;
  for (let code = 0; code < codes; code++) {
    if (code === excluded) continue;
    last = code;
    left -= table[code * count + k] as number;
    if (left < 0) return code;
  }
  return last;
}
