import { createKey } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import type { CodeKernel, ColumnPrior } from "./column-tables.ts";
import { type CodeRows, MixtureEm } from "./mixture-em.ts";

const key = createKey(7);
const SIZES = [3, 4, 2];

function rowsOf(rows: number): CodeRows {
  const codes = SIZES.map((size, j) =>
    Int32Array.from(key.fold(j).uniform(rows), (u, i) => (u > 0.95 ? -1 : Math.floor(((i % 7) / 14 + u / 2) * size))),
  );
  return { rows, codes };
}

/** A code stays, or goes to its neighbors; the fixed one stays, and none goes there. */
function neighbors(size: number, fixed?: number): CodeKernel {
  const isThere = (x: number, c: number): boolean => x === c || (x >= 0 && x < size && x !== fixed && c !== fixed);
  const rows = Array.from({ length: size }, (_, c) =>
    [c - 1, c, c + 1].filter((x) => isThere(x, c)).map((x) => ({ x, p: x === c ? 0.6 : 0.4 })),
  );
  const entries = rows.flatMap((row) => {
    const total = row.reduce((sum, { p }) => sum + p, 0);
    return row.map(({ x, p }) => ({ x, p: p / total }));
  });
  const starts = [0];
  for (const row of rows) starts.push((starts.at(-1) as number) + row.length);
  return {
    starts: Int32Array.from(starts),
    codes: Int32Array.from(entries, ({ x }) => x),
    values: Float64Array.from(entries, ({ p }) => p),
  };
}

function priors(kernelOf?: (size: number, fixed?: number) => CodeKernel, fixed?: number): ColumnPrior[] {
  return SIZES.map((size) => ({
    marginal: new Float64Array(size).fill(1 / size),
    kernel: kernelOf?.(size, fixed),
    fixed,
  }));
}

/** One step of EM by the definition, with all responsibilities at once. */
function stepByDefinition(em: MixtureEm, { rows, codes }: CodeRows, strength: number) {
  const count = em.logWeights.length;
  const tables = em.columns.map((column) => column.tables.slice());
  const weights = em.logWeights.map(Math.exp);
  let logProb = 0;
  const responsibilities = Array.from({ length: rows }, (_, i) => {
    const joint = Array.from(weights, (w, k) =>
      tables.reduce((p, table, j) => {
        const code = codes[j]?.[i] as number;
        return code < 0 ? p : p * (table[code * count + k] as number);
      }, w),
    );
    const sum = joint.reduce((a, b) => a + b, 0);
    logProb += Math.log(sum);
    return joint.map((p) => p / sum);
  });
  const newTables = SIZES.map((size, j) => {
    const n = Array.from({ length: size * count }, (_, at) => {
      const [c, k] = [Math.floor(at / count), at % count];
      return responsibilities.reduce((s, r, i) => s + (codes[j]?.[i] === c ? (r[k] as number) : 0), strength / size);
    });
    return n.map((value, at) => {
      let sum = 0;
      for (let c = 0; c < size; c++) sum += n[c * count + (at % count)] as number;
      return value / sum;
    });
  });
  const newWeights = Array.from(weights, (_, k) => responsibilities.reduce((s, r) => s + (r[k] as number), 0.1));
  const total = newWeights.reduce((a, b) => a + b, 0);
  return { logProb, tables: newTables, weights: newWeights.map((w) => w / total) };
}

describe("a step of EM", () => {
  test("is that of the definition in one go", () => {
    const data = rowsOf(200);
    const em = new MixtureEm(priors(), 3, 1.5);
    em.start(data, [0, 5, 9]);
    for (let step = 0; step < 3; step++) {
      const expected = stepByDefinition(em, data, 1.5);
      em.decay(1);
      expect(em.add(data, 0, 120) + em.add(data, 120, 200)).toBeCloseTo(expected.logProb, 9);
      em.maximize();
      for (const [j, table] of expected.tables.entries()) {
        for (const [at, p] of table.entries()) expect(em.columns[j]?.tables[at]).toBeCloseTo(p, 11);
      }
      for (const [k, w] of expected.weights.entries()) expect(Math.exp(em.logWeights[k] as number)).toBeCloseTo(w, 11);
    }
  });

  test.each([
    ["plain", priors()],
    ["smoothed", priors(neighbors)],
    ["with a fixed code", priors(neighbors, 1)],
  ] as const)("never lowers the objective: %s", (_, prior) => {
    const known = rowsOf(300);
    // A fixed code is that of cells which are unknown.
    const hides = prior[0]?.fixed;
    const data = { ...known, codes: known.codes.map((codes) => codes.map((c) => (c === hides ? -1 : c))) };
    for (const strength of [1e-3, 4]) {
      const em = new MixtureEm(prior, 6, strength);
      em.start(data, [0, 11, 22, 33, 44, 55]);
      let before = Number.NEGATIVE_INFINITY;
      let first = 0;
      for (let step = 0; step < 60; step++) {
        em.decay(1);
        const objective = em.add(data, 0, data.rows) + em.logPrior();
        expect(objective).toBeGreaterThan(before - 1e-8);
        if (step === 0) first = objective;
        before = objective;
        em.maximize();
      }
      expect(before).toBeGreaterThan(first + 1);
    }
  });

  test("counts components that are far apart in the middle of many columns, and equal at their end", () => {
    const half = 30;
    const prior = { marginal: Float64Array.of(0.5, 0.5), kernel: undefined, fixed: undefined };
    const em = new MixtureEm(new Array(2 * half).fill(prior), 3, 1);
    // The first component is unlikely in the first half, the second one in the second half, the third one in both.
    for (const [j, { tables }] of em.columns.entries()) tables.set(j < half ? [1e-25, 1, 1e-25] : [1, 1e-25, 1e-25]);
    const codes = em.columns.map(() => Int32Array.of(0));
    expect(em.add({ rows: 1, codes }, 0, 1)).toBeCloseTo(half * Math.log(1e-25) + Math.log(2 / 3), 8);
    em.maximize();
    expect(Math.exp(em.logWeights[0] as number)).toBeCloseTo(0.6 / 1.3, 12);
    expect(Math.exp(em.logWeights[1] as number)).toBeCloseTo(0.6 / 1.3, 12);
    expect(Math.exp(em.logWeights[2] as number)).toBeCloseTo(0.1 / 1.3, 12);
  });

  test("counts components of which one alone becomes too small for a product on the way", () => {
    const prior = { marginal: Float64Array.of(0.5, 0.5), kernel: undefined, fixed: undefined };
    const em = new MixtureEm(new Array(12).fill(prior), 2, 1);
    // 10⁻⁷⁰ and 10⁻⁵⁰ after six columns, 10⁻⁷⁰ for both at the end.
    for (const [j, { tables }] of em.columns.entries()) {
      tables.set(j < 6 ? [10 ** (-70 / 6), 10 ** (-50 / 6)] : [1, 10 ** (-20 / 6)]);
    }
    const codes = em.columns.map(() => Int32Array.of(0));
    expect(em.add({ rows: 1, codes }, 0, 1)).toBeCloseTo(-70 * Math.LN10, 8);
    em.maximize();
    expect(Math.exp(em.logWeights[0] as number)).toBeCloseTo(0.5, 9);
  });

  test("keeps tables whose codes have probability 1, and the fixed code its own", () => {
    const data = rowsOf(100);
    const em = new MixtureEm(priors(neighbors, 1), 2, 1);
    em.start(data, [0, 1]);
    em.add(data, 0, 100);
    em.maximize();
    for (const [j, { tables: table }] of em.columns.entries()) {
      const size = SIZES[j] as number;
      for (let k = 0; k < 2; k++) {
        expect(table[2 + k]).toBeCloseTo(1 / size, 12);
        let sum = 0;
        for (let c = 0; c < size; c++) sum += table[2 * c + k] as number;
        expect(sum).toBeCloseTo(1, 12);
      }
    }
  });
});
