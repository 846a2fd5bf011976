import { type NdArray, ndArray, type Table } from "pushforward";
import { joinTables } from "pushforward/extend";
import type { ReadRows } from "./read-rows.ts";

/**
 * Rows of one model below each other, so that they are evaluated at once; undefined for none.
 *
 * @example
 * const once = (all: readonly ReadRows[]) => joinRows(all)?.typed.rows;
 */
export function joinRows(all: readonly ReadRows[]): ReadRows | undefined {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return first;
  const typed = joinTables(all.map((one) => one.typed)) as Table;
  const numbers = all.flatMap((one) => one.numbers ?? []);
  const contexts = numbers.flatMap(({ context }) => context ?? []);
  if (numbers.length === 0) return { typed };
  return {
    typed,
    numbers: { x: stack(numbers.map(({ x }) => x)), ...(contexts.length > 0 && { context: stack(contexts) }) },
  };
}

function stack(parts: readonly NdArray[]): NdArray {
  const width = parts[0]?.shape[1] ?? 0;
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const data = new Float64Array(rows * width);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return ndArray([rows, width], data);
}
