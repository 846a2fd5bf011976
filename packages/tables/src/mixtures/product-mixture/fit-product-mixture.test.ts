import { useBackend } from "@pushforward/backend";
import { createKey, type Key } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../testing/test/deep.ts";
import { type FitProductMixtureEvent, fitProductMixture, fitProductMixtureEvents } from "./fit-product-mixture.ts";
import type { ProductMixture } from "./product-mixture.ts";

const key = createKey(31);
beforeAll(() => useBackend("wasm"));

const COMPONENTS = 3;
const COLUMNS = 6;
const WEIGHTS = [0.5, 0.3, 0.2];

/** Probability of the second of two words in each column of a component. */
const planted = (k: number, j: number): number => (j % COMPONENTS === k ? 0.9 : 0.15);

/** Rows of words from a mixture of three products, with a share of the cells missing. */
function plantedRows(rows: number, own: Key, missingShare = 0): Table {
  const which = Array.from(own.fold("which").uniform(rows), (u) => (u < 0.5 ? 0 : u < 0.8 ? 1 : 2));
  return createTable(
    Array.from({ length: COLUMNS }, (_, j) => {
      const u = own.fold(j).uniform(rows);
      const gaps = own.fold(`gaps ${j}`).uniform(rows);
      const missing = new Set(which.flatMap((_, i) => ((gaps[i] as number) < missingShare ? [i] : [])));
      const values = which.map((k, i) => (missing.has(i) ? "" : (u[i] as number) < planted(k, j) ? "yes" : "no"));
      return { name: `c${j}`, kind: "text", values, missing } as const;
    }),
  );
}

/** The log-density of rows without gaps under the planted mixture. */
function plantedLogProb(table: Table): Float64Array {
  return Float64Array.from({ length: table.rows }, (_, i) =>
    Math.log(
      WEIGHTS.reduce((sum, w, k) => {
        const cell = (p: number, value: unknown): number => (value === "yes" ? p : 1 - p);
        return sum + table.columns.reduce((p, { values }, j) => p * cell(planted(k, j), values[i]), w);
      }, 0),
    ),
  );
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value / values.length, 0);

/** Mean log-density of rows that took no part. */
function heldOut(model: ProductMixture): number {
  return mean(model.logProb(fresh));
}

const fresh = plantedRows(4000, key.fold("fresh"));

async function collect(
  events: AsyncGenerator<FitProductMixtureEvent, unknown, void>,
): Promise<FitProductMixtureEvent[]> {
  const found: FitProductMixtureEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

describe("a planted mixture", () => {
  test("is recovered, with the right number of components", async () => {
    const { model } = await fitProductMixture(plantedRows(4000, key), { key, components: [1, 2, 3, 6, 12, 24] });
    // Divergence of the fit from the truth, in nats per row; that of independent columns is some tenths.
    const independent = (await fitProductMixture(plantedRows(4000, key), { key, components: 1 })).model;
    expect(mean(plantedLogProb(fresh)) - heldOut(independent)).toBeGreaterThan(0.25);
    expect(mean(plantedLogProb(fresh)) - heldOut(model)).toBeLessThan(0.015);
    expect(model.components).toBeGreaterThanOrEqual(3);
    expect(model.components).toBeLessThanOrEqual(12);
    model.dispose();
    independent.dispose();
  });

  test("is recovered from incomplete rows, whose gaps say nothing", async () => {
    const table = plantedRows(6000, key.fold("gaps"), 0.3);
    const { model } = await fitProductMixture(table, { key, components: 3, missing: "unknown", iterations: 60 });
    // That a cell is there has a probability, too, which is no part of the planted density.
    const isThere = table.columns.map((one) => 1 - (one.kind === "text" ? (one.missing?.size ?? 0) : 0) / table.rows);
    const observed = heldOut(model) - isThere.reduce((sum, share) => sum + Math.log(share), 0);
    expect(mean(plantedLogProb(fresh)) - observed).toBeLessThan(0.03);
    // The probability of a missing cell is the same in all components.
    const gap = createTable([{ name: "c0", kind: "text", values: [""], missing: new Set([0]) }]);
    const [weights, given] = [model.responsibilities(gap, []), model.responsibilities(gap, ["c0"])];
    for (const [k, p] of given.entries()) expect(p).toBeCloseTo(weights[k] as number, 6);
    model.dispose();
  });

  test("has gaps that say something where a missing cell is a value", async () => {
    const values = Array.from(key.uniform(1000), (u) => (u < 0.5 ? "a" : "b"));
    const missing = new Set(values.flatMap((value, i) => (value === "a" ? [i] : [])));
    const table = createTable([
      { name: "letter", kind: "text", values },
      { name: "gap", kind: "text", values: values.map((v) => (v === "a" ? "" : "there")), missing },
    ]);
    const { model } = await fitProductMixture(table, { key, components: 2, smoothing: 0.1 });
    const given = model.conditional(table, ["gap"], ["letter"]).logProb();
    expect(Math.min(...given)).toBeGreaterThan(Math.log(0.95));
    model.dispose();
  });
});

describe("a fit", () => {
  test("never lowers what it maximizes; without smoothing to speak of that is the log-likelihood", async () => {
    const events = await collect(
      fitProductMixtureEvents(plantedRows(1500, key), { key, components: [1, 4, 16], smoothing: 1e-4 }),
    );
    const iterations = events.filter((event) => event.type === "iteration");
    expect(iterations.length).toBeGreaterThan(6);
    for (const [i, event] of iterations.entries()) {
      const before = iterations[i - 1];
      if (before === undefined || before.components !== event.components) continue;
      expect(event.objective).toBeGreaterThan(before.objective - 1e-9);
      expect(event.trainNll).toBeLessThan(before.trainNll + 2e-3);
    }
  });

  test("tells its sizes, passes, iterations and mixtures in order", async () => {
    const events = await collect(
      fitProductMixtureEvents(plantedRows(1000, key), { key, starts: 3, smoothing: [5, 1] }),
    );
    expect(events[0]).toMatchObject({
      ...{ type: "start", components: [1, 4, 16, 64, 256], trainRows: 800, validationRows: 200 },
    });
    const tried = events.flatMap((event) => (event.type === "components" ? [event] : []));
    const few = tried.slice(0, 5).map(({ components, smoothing }) => [components, smoothing]);
    expect(few).toEqual(
      [1, 4, 16].flatMap((size) =>
        size === 1
          ? [[1, 5]]
          : [
              [size, 5],
              [size, 1],
            ],
      ),
    );
    const passes = events.filter((event) => event.type === "pass" && event.components === 4 && event.smoothing === 5);
    expect(passes).toHaveLength(3 + 3);
    const last = events.at(-1);
    expect(last).toEqual(tried.at(-1));
  });

  test.runIf(DEEP)("of many cells stops at the first size that gains nothing", async () => {
    const rows = 20_000;
    const columns = Array.from({ length: 4 }, (_, j) => ({
      ...{ name: `c${j}`, kind: "text" as const },
      values: Array.from(key.fold(j).uniform(rows), (u) => (u < 0.3 ? "a" : "b")),
    }));
    const { model, tried } = await fitProductMixture(createTable(columns), { key, components: [1, 200, 300] });
    expect(tried.map(({ components }) => components)).toEqual([1, 200]);
    expect(model.components).toBe(1);
    model.dispose();
  });

  test("gives the same for the same key, and another for another", async () => {
    const table = plantedRows(300, key);
    const fit = async (own: Key): Promise<Float64Array> => {
      const { model } = await fitProductMixture(table, { key: own, components: 4 });
      const logProb = model.logProb(table);
      model.dispose();
      return logProb;
    };
    expect(await fit(key)).toEqual(await fit(key));
    expect(await fit(key)).not.toEqual(await fit(key.fold(1)));
  });

  test("uses the validation rows that it is given", async () => {
    const table = plantedRows(500, key);
    const validation = takeTableRows(table, Int32Array.of(0, 1, 2, 3));
    const result = await fitProductMixture(table, { key, validation, components: 2 });
    expect(result).toMatchObject({ trainRows: 500, validationRows: 4 });
    expect(result.validationNll).toBeCloseTo(-mean(result.model.logProb(validation)), 3);
    result.model.dispose();
  });

  test("that is aborted keeps the best mixture so far", async () => {
    const abort = new AbortController();
    const events = fitProductMixtureEvents(plantedRows(500, key), { key, signal: abort.signal });
    for (;;) {
      const next = await events.next();
      if (next.done) {
        expect(next.value.reason).toBe("aborted");
        expect(next.value.model.components).toBe(4);
        next.value.model.dispose();
        break;
      }
      if (next.value.type === "components" && next.value.components === 4) abort.abort();
    }
  });
});

describe("odd tables", () => {
  test("of one row and of one value", async () => {
    const one = createTable([{ name: "a", kind: "text", values: ["x"] }]);
    const { model, validationRows } = await fitProductMixture(one, { key });
    expect(validationRows).toBe(0);
    expect(model.logProb(one)[0]).toBeGreaterThan(-1);
    expect(model.sample(key, 3).columns[0]?.values).toEqual(["x", "x", "x"]);
    model.dispose();
    const gaps = createTable([{ name: "a", kind: "text", values: ["", ""], missing: new Set([0, 1]) }]);
    const blank = await fitProductMixture(gaps, { key, missing: "unknown" });
    expect(blank.model.sample(key, 2).columns[0]).toMatchObject({ values: ["", ""], missing: new Set([0, 1]) });
    blank.model.dispose();
  });

  test("and options out of range are refused", async () => {
    const table = plantedRows(20, key);
    await expect(fitProductMixture(createTable([]), { key })).rejects.toThrow(
      "fitProductMixture: expected rows, got none.",
    );
    const empty = createTable([{ name: "a", kind: "number", values: Float64Array.of(Number.NaN) }]);
    await expect(fitProductMixture(empty, { key })).rejects.toThrow('in column "a", got missing cells only');
    await expect(fitProductMixture(table, { key, columns: [] })).rejects.toThrow("expected columns to learn, got none");
    await expect(fitProductMixture(table, { key, columns: ["z"] })).rejects.toThrow('expected a column "z"');
    await expect(fitProductMixture(table, { key, codings: [], columns: ["c0"] })).rejects.toThrow(
      'a coding of column "c0"',
    );
    await expect(fitProductMixture(table, { key, components: [4, 2] })).rejects.toThrow(
      "rising integers from 1, got [4,2]",
    );
    await expect(fitProductMixture(table, { key, components: 0 })).rejects.toThrow("rising integers from 1, got [0]");
    await expect(fitProductMixture(table, { key, starts: 0 })).rejects.toThrow(
      "expected starts to be an integer from 1",
    );
    await expect(fitProductMixture(table, { key, smoothing: -1 })).rejects.toThrow(
      "expected smoothing to be a number from 0",
    );
  });
});
