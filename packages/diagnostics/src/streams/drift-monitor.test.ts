import { createKey, type Key, OptionError } from "@pushforward/core";
import { expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { CELLS, DriftMonitor, makeBets, TestMartingale } from "./drift-monitor.ts";
import type { StreamRows } from "./row-statistics.ts";

interface Change {
  readonly shift?: number;
  readonly correlation?: number;
  readonly missing?: number;
}

/** Two independent normal columns, and their exact log-densities. */
function rowsOf(key: Key, rows: number, { shift = 0, correlation = 0, missing = 0 }: Change = {}): StreamRows {
  const z = key.fold("z").normal(2 * rows);
  const u = key.fold("u").uniform(rows);
  const a = Float64Array.from({ length: rows }, (_, i) => (z[2 * i] as number) + shift);
  const b = Float64Array.from({ length: rows }, (_, i) => {
    if ((u[i] as number) < 0.05 + missing) return Number.NaN;
    return correlation * (z[2 * i] as number) + Math.sqrt(1 - correlation ** 2) * (z[2 * i + 1] as number);
  });
  const logProbs = [a, b].map((values) => values.map((x) => (Number.isNaN(x) ? -3 : -(x ** 2) / 2)));
  const [first, second] = logProbs as [Float64Array, Float64Array];
  return {
    rows,
    logDensity: first.map((value, i) => value + (second[i] as number)),
    columns: [
      { name: "a", values: a, logProb: first },
      { name: "b", values: b, logProb: second },
    ],
  };
}

const reference = rowsOf(createKey("reference"), 1500);
const monitorOf = (seed: number): DriftMonitor => new DriftMonitor({ reference, key: createKey(seed) });

test.each([
  ["a mean", { shift: 0.6 }, ["a"]],
  ["missing cells", { missing: 0.15 }, ["b"]],
  ["a correlation, which no column alone shows", { correlation: 0.6 }, ["a", "b"]],
] as const)("%s that changes is found and named", (_, change, columns) => {
  const monitor = monitorOf(0);
  expect(monitor.push(rowsOf(createKey(1), 2000))).toEqual([]);
  const [alarm] = monitor.push(rowsOf(createKey(2), 1000, change));
  expect(alarm?.columns).toEqual(columns);
  expect(alarm?.row).toBeGreaterThan(2000);
  expect(alarm?.evidence).toBeGreaterThanOrEqual(20);
  expect(alarm?.pValue).toBe(1 / (alarm?.evidence as number));
});

test.runIf(DEEP)("a small reference raises no more false alarms than promised", () => {
  let alarms = 0;
  for (let run = 0; run < 120; run++) {
    const key = createKey(run);
    const monitor = new DriftMonitor({ reference: rowsOf(key.fold("reference"), 60), key: key.fold("monitor") });
    if (monitor.push(rowsOf(key.fold("stream"), 1500)).length > 0) alarms++;
  }
  // Two standard errors above 5 %.
  expect(alarms).toBeLessThanOrEqual(120 * 0.05 + 5);
});

test("blocks of any size give the same alarms; a lasting change is told ever more rarely", () => {
  const stream = rowsOf(createKey(3), 9000, { shift: 1 });
  const whole = monitorOf(1).push(stream);
  const monitor = monitorOf(1);
  const alarms = Array.from({ length: 90 }, (_, block) => {
    const part = (values: ArrayLike<number>): number[] => Array.from(values).slice(100 * block, 100 * (block + 1));
    return monitor.push({
      rows: 100,
      logDensity: part(stream.logDensity),
      columns: stream.columns.map(({ name, values, logProb = [] }) => ({
        ...{ name, values: part(values), logProb: part(logProb) },
      })),
    });
  }).flat();
  expect(alarms).toEqual(whole);
  expect(monitor.rows).toBe(9000);
  const gaps = whole.slice(1).map(({ row }, i) => row - (whole[i]?.row as number));
  expect(gaps.length).toBeGreaterThan(1);
  expect(gaps.length).toBeLessThan(4);
  for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThan(1000 * 2 ** i);
});

test("what does not fit is refused", () => {
  const key = createKey(0);
  const few = rowsOf(key, 19);
  expect(() => new DriftMonitor({ reference: few, key })).toThrow(
    new OptionError("DriftMonitor: expected at least 20 rows of reference, got 19."),
  );
  expect(() => new DriftMonitor({ reference, key, level: 0 })).toThrow(
    "DriftMonitor: expected level above 0 and below 1, got 0.",
  );
  const { columns, logDensity } = rowsOf(key, 5);
  expect(() => monitorOf(0).push({ rows: 5, logDensity, columns: columns.slice(1) })).toThrow(
    "DriftMonitor.push: expected the columns a, b of the reference, got b.",
  );
  expect(() => monitorOf(0).push({ rows: 4, logDensity, columns })).toThrow(
    "DriftMonitor: expected 4 numbers of the log-density, got 5.",
  );
});

const bets = makeBets();

test("the mean capital over all p-values is the capital before, at any time", () => {
  const history = createKey(0).uniform(50);
  const after = (p: number): number => {
    const martingale = new TestMartingale(bets);
    for (const earlier of history) martingale.step(earlier ** 2);
    return martingale.step(p);
  };
  const before = new TestMartingale(bets);
  let capital = 1;
  for (const earlier of history) capital = before.step(earlier ** 2);
  expect(capital).toBeGreaterThan(1.5);
  const cells = Array.from({ length: 256 }, (_, cell) => after((cell + 0.5) / 256));
  expect(cells.reduce((sum, value) => sum + value, 0) / 256 / capital).toBeCloseTo(1, 9);
});

test("uniform p-values reach 20 in at most one of twenty streams, also after a restart", () => {
  const reached = Array.from({ length: 300 }, (_, run) => {
    const martingale = new TestMartingale(bets);
    if (run % 2) for (const u of createKey(-1).uniform(100)) martingale.step(u ** 3);
    martingale.restart();
    return createKey(run)
      .uniform(3000)
      .some((p) => martingale.step(p) >= 20);
  });
  // Two standard errors above 5 %.
  expect(reached.filter(Boolean).length).toBeLessThanOrEqual(300 * 0.05 + 7);
});

test("a quiet stream does not ruin it: a late drift is found as soon as a long one is worth", () => {
  const delay = (quiet: number): number => {
    const martingale = new TestMartingale(bets);
    for (const p of createKey(1).uniform(quiet)) martingale.step(p);
    const drift = createKey(2).uniform(2000);
    return drift.findIndex((p) => martingale.step(p ** 1.5) >= 20);
  };
  expect(delay(0)).toBeGreaterThan(0);
  expect(delay(30_000)).toBeLessThan(6 * delay(0));
});

test("every bet is fair, and the shares are all of the capital", () => {
  const { count, shares, payments } = makeBets();
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  for (let j = 0; j < count; j++) {
    const own = Array.from({ length: CELLS }, (_, cell) => payments[cell * count + j] as number);
    expect(Math.min(...own)).toBeGreaterThanOrEqual(0);
    expect(own.reduce((sum, payment) => sum + payment, 0) / CELLS).toBeCloseTo(1, 10);
  }
});
