import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";

/** Training rows of `table-density-v1.safetensors`: numbers, integers, days and words, with missing cells. */
export function oldRows(): Table {
  const rows = 120;
  const at = (f: (i: number) => number): Float64Array => Float64Array.from({ length: rows }, (_, i) => f(i));
  const group = (i: number): number => ((i * 31) % 17) % 3;
  const words = Array.from({ length: rows }, (_, i) => ["red", "blue", "__proto__"][group(i)] as string);
  const missing = new Set([3, 40, 77]);
  return createTable([
    { name: "day", kind: "number", values: at((i) => 86_400 * (18_000 + i)) },
    { name: "word", kind: "text", values: words, missing },
    { name: "x", kind: "number", values: at((i) => 3 * group(i) + Math.sin(i)) },
    { name: "n", kind: "number", values: at((i) => (i % 11 === 0 ? Number.NaN : group(i) + (i % 2))) },
    { name: "twice", kind: "number", values: at((i) => (i % 11 === 0 ? Number.NaN : 2 * (group(i) + (i % 2)) + 1)) },
  ]);
}
