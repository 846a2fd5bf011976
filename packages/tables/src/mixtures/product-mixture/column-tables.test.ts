import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { categoryCoding } from "../../density/coding/category-coding.ts";
import { fitNumberCoding } from "../../density/coding/fit-number-coding.ts";
import { type CodeKernel, codeKernel } from "./column-tables.ts";
import { cellCodes } from "./mixture-tables.ts";

const key = createKey(3);

/** The kernel as a dense matrix, a row per latent code. */
function dense({ starts, codes, values }: CodeKernel): Float64Array[] {
  return Array.from({ length: starts.length - 1 }, (_, c) => {
    const row = new Float64Array(starts.length - 1);
    for (let e = starts[c] as number; e < (starts[c + 1] as number); e++) row[codes[e] as number] = values[e] as number;
    return row;
  });
}

function kernelOf(values: Float64Array, step: number) {
  const coding = fitNumberCoding({ name: "x", kind: "number", values }, step);
  const marginal = coding.logMarginal.slice(0, cellCodes(coding)).map(Math.exp);
  return { coding, marginal, kernel: codeKernel(coding, marginal) };
}

test("each latent code becomes a code with probability 1, mostly one near it", () => {
  const values = Float64Array.from(key.normal(3000), (z, i) => (i % 10 === 0 ? 0.25 : z));
  const { coding, kernel } = kernelOf(values, 0);
  expect(kernel).toBeDefined();
  if (kernel === undefined) return;
  const rows = dense(kernel);
  const atom = coding.options.atoms.length;
  expect(atom).toBe(1);
  for (const row of rows) expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  // Of the bins in the middle, some neighbors take part, and none far away.
  const [middle, last] = [atom + 30, rows.length - 1];
  expect(rows[middle]?.[middle + 1]).toBeGreaterThan(0.05);
  expect(rows[middle]?.[last]).toBe(0);
  // The atom of 0.25 lies between bins, though its code is the first.
  const away = Array.from(rows[0] as Float64Array).flatMap((p, c) => (c > 0 && p > 0 ? [c] : []));
  const { edges } = coding.options;
  expect(away.length).toBeGreaterThan(0);
  for (const c of away)
    expect(Math.abs(((edges[c - 1] as number) + (edges[c] as number)) / 2 - 0.25)).toBeLessThan(0.7);
});

test("a missing cell stays one, few values far apart stay what they are, and categories have no kernel", () => {
  const values = Float64Array.from(key.uniform(999), (u) => (u < 0.2 ? Number.NaN : Math.floor(u * 4)));
  const { kernel, marginal } = kernelOf(values, 1);
  expect(kernel).toBeDefined();
  if (kernel === undefined) return;
  for (const [c, row] of dense(kernel).entries()) expect(row[c]).toBe(1);
  expect(marginal).toHaveLength(5);
  const words = categoryCoding({ name: "w", kind: "text", values: ["a", "b"] });
  expect(codeKernel(words, Float64Array.of(0.5, 0.5))).toBeUndefined();
});
