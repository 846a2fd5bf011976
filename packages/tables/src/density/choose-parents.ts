import type { CellCoding, CodedColumn } from "./cell-coding.ts";

/** Most columns that a network reads. */
const MAX_PARENTS = 32;
/** Most columns that are compared, the nearest ones before it, and rows by which. */
const MAX_CANDIDATES = 256;
const MAX_ROWS = 2000;
/** Groups of codes in a comparison. */
const GROUPS = 8;

/**
 * The columns that the density of a column reads: all before it, or of many those that tell most about it, by the mutual
 * information of groups of their codes.
 *
 * @param isFree whether a column may be read: not one that follows from others.
 */
export function chooseParents(
  codings: readonly { readonly coding: CellCoding }[],
  coded: readonly CodedColumn[],
  index: number,
  isFree: (k: number) => boolean,
): number[] {
  const before = Array.from({ length: index }, (_, k) => k).filter(isFree);
  if (before.length <= MAX_PARENTS) return before;
  const own = groupsOf(coded[index] as CodedColumn, (codings[index] as { readonly coding: CellCoding }).coding);
  const scored = before.slice(-MAX_CANDIDATES).map((k) => {
    const other = groupsOf(coded[k] as CodedColumn, (codings[k] as { readonly coding: CellCoding }).coding);
    return { k, information: mutualInformation(own, other) };
  });
  scored.sort((a, b) => b.information - a.information || a.k - b.k);
  return scored
    .slice(0, MAX_PARENTS)
    .map(({ k }) => k)
    .sort((a, b) => a - b);
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
