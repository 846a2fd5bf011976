import type { CellCoding, CodedColumn } from "../coding/cell-coding.ts";
import { type ComparedCells, compareCells, dependencePValue } from "./column-evidence.ts";

/** Most columns that a network reads. */
export const MAX_PARENTS = 32;
/** Most columns that are compared, the nearest ones before it, and rows by which. */
const MAX_CANDIDATES = 256;
const MAX_ROWS = 2000;
/** Groups of codes in a comparison. */
const GROUPS = 8;
/** Up to so many rows, columns have to show that they depend on each other before a network is trained. */
const FEW_ROWS = 500;
/** The share of columns that depend on nothing and are trained nevertheless. */
const LEVEL = 0.2;
/** Of few rows a network reads fewer columns: one for so many rows, and at least the smaller number. */
const ROWS_PER_PARENT = 8;
const LEAST_PARENTS = 4;

/**
 * The columns that the density of a column reads: all before it, or of many those that tell most about it.
 *
 * Where rows are many, that is judged by the mutual information of groups of codes. Where they are few, by p-values: a
 * column reads none unless those of all columns before it, sorted, have some `pᵢ ≤ 0.2·i/m` (Simes 1986). So at most about a
 * fifth of the columns that depend on nothing have networks, which would learn noise.
 */
export class ParentChoice {
  private readonly codings: readonly { readonly coding: CellCoding }[];
  private readonly rows: number;
  private readonly codedAt: (k: number) => CodedColumn;
  private readonly groups: Map<number, Uint8Array> = new Map();
  private readonly compared: Map<number, ComparedCells> = new Map();

  /** @param codedAt the training rows of a column. */
  constructor(codings: readonly { readonly coding: CellCoding }[], rows: number, codedAt: (k: number) => CodedColumn) {
    this.codings = codings;
    this.rows = rows;
    this.codedAt = codedAt;
  }

  /**
   * The places of the columns that a column reads, rising.
   *
   * @param isFree whether a column may be read: not one that follows from others.
   */
  parentsOf(index: number, isFree: (k: number) => boolean): number[] {
    const before = Array.from({ length: index }, (_, k) => k).filter(isFree);
    if (before.length <= MAX_PARENTS) return before;
    const candidates = before.slice(-MAX_CANDIDATES);
    const { rows } = this;
    const chosen =
      rows <= FEW_ROWS
        ? this.byPValues(index, candidates).slice(0, Math.max(LEAST_PARENTS, Math.floor(rows / ROWS_PER_PARENT)))
        : this.byInformation(index, candidates);
    return chosen.slice(0, MAX_PARENTS).sort((a, b) => a - b);
  }

  private byInformation(index: number, candidates: readonly number[]): number[] {
    const own = this.groupsAt(index);
    const scored = candidates.map((k) => ({ k, information: mutualInformation(own, this.groupsAt(k)) }));
    return scored.sort((a, b) => b.information - a.information || a.k - b.k).map(({ k }) => k);
  }

  private byPValues(index: number, candidates: readonly number[]): number[] {
    const own = this.comparedAt(index);
    const tested = candidates.map((k) => ({ k, p: dependencePValue(own, this.comparedAt(k)) }));
    tested.sort((a, b) => a.p - b.p || a.k - b.k);
    const depends = tested.some(({ p }, i) => p * tested.length <= LEVEL * (i + 1));
    return depends ? tested.map(({ k }) => k) : [];
  }

  private groupsAt(k: number): Uint8Array {
    const groups = this.groups.get(k) ?? groupsOf(this.codedAt(k), (this.codings[k] as { coding: CellCoding }).coding);
    this.groups.set(k, groups);
    return groups;
  }

  private comparedAt(k: number): ComparedCells {
    const compared = this.compared.get(k) ?? compareCells(this.codedAt(k));
    this.compared.set(k, compared);
    return compared;
  }
}
/** Groups of codes of about equal mass, in the order of the codes. */
function groupsOf({ codes }: CodedColumn, { logMarginal }: CellCoding): Uint8Array {
  let mass = 0;
  const groups = Uint8Array.from(logMarginal, (value) => {
    const group = Math.min(GROUPS - 1, Math.floor(mass * GROUPS));
    mass += Math.exp(value);
    return group;
  });
  return Uint8Array.from(codes.subarray(0, MAX_ROWS), (code) => groups[code] as number);
}

function mutualInformation(a: Uint8Array, b: Uint8Array): number {
  const joint = new Float64Array(GROUPS * GROUPS);
  const add = (sums: Float64Array, at: number, value: number): void => {
    sums[at] = (sums[at] as number) + value;
  };
  for (let i = 0; i < a.length; i++) add(joint, (a[i] as number) * GROUPS + (b[i] as number), 1 / a.length);
  const rows = new Float64Array(GROUPS);
  const columns = new Float64Array(GROUPS);
  for (const [i, p] of joint.entries()) {
    add(rows, Math.floor(i / GROUPS), p);
    add(columns, i % GROUPS, p);
  }
  let information = 0;
  for (let i = 0; i < joint.length; i++) {
    const p = joint[i] as number;
    if (p > 0)
      information += p * Math.log(p / ((rows[Math.floor(i / GROUPS)] as number) * (columns[i % GROUPS] as number)));
  }
  return information;
}
