import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { useBackend } from "@pushforward/backend";
import { createKey, type Key, ModelFileError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP, quarter } from "../../testing/test/deep.ts";
import { anomaliesCodecs } from "./extend.ts";
import { type AnomalyScore, fitAnomalyScore } from "./index.ts";

const key = createKey(20261127);
const registry = createRegistry(...distributionsCodecs, ...anomaliesCodecs);

/** Sizes and weights that go together, a group that tells of both, a number that is often missing, and a rare word. */
function rows(count: number, from: Key): Table {
  const [z, e, u, v] = [from.fold("z"), from.fold("e"), from.fold("u"), from.fold("v")];
  const [a, b] = [z.normal(count), e.normal(count)];
  const [p, q, w] = [u.uniform(count), v.uniform(count), from.fold("w").uniform(count)];
  const isLarge = Array.from(p, (x) => x < 0.4);
  const size = Float64Array.from(a, (x, i) => Math.round(10 * (x + (isLarge[i] ? 6 : 0))) / 10);
  return createTable([
    { name: "size", kind: "number", values: size },
    { name: "weight", kind: "number", values: size.map((x, i) => 2 * x + 0.2 * (b[i] as number)) },
    { name: "group", kind: "text", values: isLarge.map((large) => (large ? "large" : "small")) },
    { name: "age", kind: "number", values: Float64Array.from(q, (x) => (x < 0.3 ? Number.NaN : Math.floor(50 * x))) },
    { name: "__proto__", kind: "text", values: Array.from(w, (x) => (x > 0.998 ? "rare" : "usual")) },
    { name: "constant", kind: "number", values: new Float64Array(count).fill(7) },
  ]);
}

function withCell(table: Table, name: string, change: (column: Column) => Column): Table {
  return { rows: table.rows, columns: table.columns.map((column) => (column.name === name ? change(column) : column)) };
}

const numbers =
  (map: (x: number, row: number) => number) =>
  (column: Column): Column =>
    column.kind === "number" ? { ...column, values: column.values.map(map) } : column;

const train = rows(1500, key.fold("train"));
/** Training rows for tests that fit several scores. */
const few = takeTableRows(
  train,
  Array.from({ length: quarter(900) }, (_, i) => i),
);
const fresh = rows(DEEP ? 6000 : 3000, key.fold("fresh"));
const someFresh = takeTableRows(
  fresh,
  Array.from({ length: DEEP ? fresh.rows / 2 : 100 }, (_, i) => i),
);
let odd: AnomalyScore;

beforeAll(async () => {
  await useBackend("wasm");
  odd = await fitAnomalyScore(train, { key });
});

const share = (values: Float64Array, is: (value: number) => boolean): number =>
  values.filter(is).length / values.length;

describe("the score", () => {
  test("of fresh rows has p-values that keep their levels", () => {
    const p = odd.pValue(fresh);
    expect(share(p, (x) => x <= 0.01)).toBeLessThan(0.016);
    expect(share(p, (x) => x <= 0.05)).toBeGreaterThan(0.035);
    expect(share(p, (x) => x <= 0.05)).toBeLessThan(0.065);
    expect(share(p, (x) => x <= 0.5)).toBeGreaterThan(0.42);
    expect(share(p, (x) => x <= 0.5)).toBeLessThan(0.55);
  });

  test("finds a pair that is broken, though each of its numbers is usual", () => {
    const some = takeTableRows(
      fresh,
      Array.from({ length: 200 }, (_, i) => i),
    );
    const broken = withCell(
      some,
      "weight",
      numbers((x) => x + 3),
    );
    expect(share(odd.pValue(broken), (p) => p <= 0.01)).toBeGreaterThan(0.95);
  });

  test("does not count a missing cell as odd if training rows had missing cells in its column", () => {
    const unknown = withCell(
      someFresh,
      "age",
      numbers(() => Number.NaN),
    );
    const { columns, surprises } = odd.explain(unknown);
    expect(Math.max(...(surprises[columns.indexOf("age")] as Float64Array))).toBeLessThan(0.1);
    expect(share(odd.pValue(unknown), (p) => p <= 0.05)).toBeLessThan(0.12);
  });

  test("finds what no training row could have", () => {
    const some = takeTableRows(fresh, [0, 1, 2]);
    const changes: [string, (column: Column) => Column][] = [
      ["constant", numbers(() => 8)],
      ["size", numbers(() => Number.NaN)],
      ["group", (column) => ({ ...column, kind: "text", values: ["new", "", "toString"] })],
    ];
    for (const [name, change] of changes) {
      const p = odd.pValue(withCell(some, name, change));
      expect(Math.max(...p)).toBeLessThan(0.01);
      expect(odd.score(withCell(some, name, change)).every((value) => Number.isFinite(value))).toBe(true);
    }
    const infinite = withCell(
      some,
      "size",
      numbers(() => Number.POSITIVE_INFINITY),
    );
    expect(() => odd.score(infinite)).toThrow('row 1, column "size": expected a finite number, got Infinity.');
  });

  test("comes with p-values and reasons in one pass, the same as each by itself", () => {
    const judged = odd.judge(someFresh);
    expect(judged.scores).toEqual(odd.score(someFresh));
    expect(judged.pValues).toEqual(odd.pValue(someFresh));
    expect(judged.reasons).toEqual(odd.explain(someFresh));
  });

  test("is the same for the same key, and does not depend on which rows are scored together", async () => {
    const small = takeTableRows(
      train,
      Array.from({ length: quarter(few.rows) }, (_, i) => i),
    );
    const [first, again] = [await fitAnomalyScore(small, { key }), await fitAnomalyScore(small, { key })];
    const scores = first.score(someFresh);
    expect(again.score(someFresh)).toEqual(scores);
    expect(first.score(takeTableRows(fresh, [17]))[0]).toBe(scores[17]);
    first.dispose();
    again.dispose();
  });

  test.runIf(DEEP)("does not depend on the units of numbers", async () => {
    const scaled = (table: Table): Table =>
      withCell(
        table,
        "size",
        numbers((x) => 1e6 + 1e-3 * x),
      );
    const [one, other] = [await fitAnomalyScore(few, { key }), await fitAnomalyScore(scaled(few), { key })];
    const [a, b] = [one.score(someFresh), other.score(scaled(someFresh))];
    const differences = a.map((value, i) => Math.abs(value - (b[i] as number))).sort();
    expect(differences[Math.floor(0.9 * differences.length)]).toBeLessThan(0.05);
    one.dispose();
    other.dispose();
  });
});

describe("reasons", () => {
  test.each([
    ["age", numbers(() => 90)],
    ["weight", numbers((x, i) => x + (i % 2 === 0 ? 8 : -8))],
  ] as const)("name the column %s where its cells are changed", (name, change) => {
    const some = takeTableRows(
      fresh,
      Array.from({ length: 300 }, (_, i) => i),
    );
    const { columns, surprises } = odd.explain(withCell(some, name, change));
    const first = Array.from({ length: 300 }, (_, row) => {
      const values = surprises.map((all) => all[row] as number);
      return columns[values.indexOf(Math.max(...values))];
    });
    expect(first.filter((column) => column === name).length / 300).toBeGreaterThan(0.9);
  });
});

describe("rows of training that are odd themselves", () => {
  test("do not hide behind one another", async () => {
    const bad = createTable(
      rows(quarter(45), key.fold("bad")).columns.map((column) =>
        column.name === "weight" ? numbers((x, i) => -x + 20 + 0.01 * i)(column) : column,
      ),
    );
    const mixed = createTable(
      few.columns.map((column, k): Column => {
        const other = bad.columns[k] as Column;
        if (column.kind === "number" && other.kind === "number") {
          return { ...column, values: Float64Array.from([...column.values, ...other.values]) };
        }
        return { ...column, kind: "text", values: [...(column.values as string[]), ...(other.values as string[])] };
      }),
    );
    const [plain, robust] = [
      await fitAnomalyScore(mixed, { key }),
      await fitAnomalyScore(mixed, { key, contaminated: 0.06 }),
    ];
    const median = (values: Float64Array): number => values.sort()[bad.rows >> 1] as number;
    expect(median(robust.score(bad))).toBeGreaterThan(median(plain.score(bad)) + 1);
    plain.dispose();
    robust.dispose();
  });
});

test("a model that knows its training rows too well is an opinion about fresh rows", async () => {
  // Exponentially distributed, from digits that the other opinions do not see.
  const logProb = ({ columns }: Table): Float64Array =>
    Float64Array.from(columns[1]?.values as Float64Array, (x) => Math.log(1 - ((1e4 * Math.abs(Number(x))) % 1)));
  const heldOut = logProb(rows(300, key.fold("held out")));
  const model = { logProb: (table: Table) => logProb(table).map((value) => value + 5), heldOut };
  const judge = await fitAnomalyScore(few, { key, model });
  const p = judge.pValue(fresh, logProb(fresh));
  expect(share(p, (x) => x <= 0.05)).toBeLessThan(0.075);
  expect(share(p, (x) => x <= 0.5)).toBeGreaterThan(0.4);
  const [usual, odd] = [0, -30].map((value) => judge.score(someFresh, new Float64Array(someFresh.rows).fill(value)));
  for (const [row, score] of (odd ?? []).entries()) expect(score).toBeGreaterThan((usual?.[row] as number) + 1);
  const impossible = judge.score(someFresh, new Float64Array(someFresh.rows).fill(Number.NEGATIVE_INFINITY));
  expect(impossible.every(Number.isFinite)).toBe(true);
  const again = decodeModel<AnomalyScore>(encodeModel(judge, registry), registry).model;
  expect(again.score(someFresh, logProb(someFresh))).toEqual(judge.score(someFresh, logProb(someFresh)));
  for (const one of [judge, again]) {
    expect(() => one.score(someFresh)).toThrow(
      `AnomalyScore: expected the log-density of ${someFresh.rows} rows by the model that the score was fitted with, got none.`,
    );
    one.dispose();
  }
});

test("an opinion that finds mixed rows has a higher weight than one that sees nothing", async () => {
  const relation = ({ columns }: Table): Float64Array => {
    const [size, weight] = columns.map(({ values }) => values) as [Float64Array, Float64Array];
    return size.map((x, row) => -12.5 * ((weight[row] as number) - 2 * x) ** 2);
  };
  // Of digits that say nothing.
  const nothing = ({ columns }: Table): Float64Array =>
    Float64Array.from(columns[1]?.values as Float64Array, (x) => (1e4 * Math.abs(Number(x))) % 1);
  const heldOut = rows(300, key.fold("held out"));
  const some = takeTableRows(
    train,
    Array.from({ length: 100 }, (_, i) => i),
  );
  const [knowing, ignorant] = [relation, nothing].map(
    async (logProb) => await fitAnomalyScore(some, { key, model: { logProb, heldOut: logProb(heldOut) } }),
  ) as [Promise<AnomalyScore>, Promise<AnomalyScore>];
  const weights = [await knowing, await ignorant].map((score) => {
    score.dispose();
    return score.weights as readonly number[];
  });
  for (const own of weights) expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  expect(weights[0]?.at(-1)).toBeGreaterThan(0.1);
  expect(weights[1]?.at(-1)).toBeLessThan(0.01);
});

describe("a model file", () => {
  test("keeps scores, p-values and reasons", () => {
    const bytes = encodeModel(odd, registry);
    const { model } = decodeModel<AnomalyScore>(bytes, registry);
    const close = (a: Float64Array, b: Float64Array): void => {
      for (const [i, value] of a.entries()) expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-6);
    };
    close(model.score(someFresh), odd.score(someFresh));
    close(model.pValue(someFresh), odd.pValue(someFresh));
    expect(model.explain(someFresh).columns).toEqual(odd.columns);
    model.dispose();
  });

  test.each([
    [
      "of version 1, without reference rows",
      "version-1",
      undefined,
      [
        [0.18959536918163755, 0.5763622535052972, 1.9586855050741767, 2.864213969801319, 4.110873864173311],
        [0.9508196721311475, 0.7213114754098361, 0.18032786885245902, 0.06557377049180328, 0.01639344262295082],
        [0, 1.0363193251867588, 1.3845741644896141, 3.0122616291046143, 3.0122616291046143],
        [0.4725204944596245, 0.471419761821839, 2.706858101488139, 3.0122616291046143, 4.110873864173311],
      ],
    ],
    [
      "of version 2, without weights",
      "version-2",
      Float64Array.of(-1, -0.5, -3, -20, Number.NEGATIVE_INFINITY),
      [
        [2.8521735903968493, 3.1050326564084574, 4.110873864173311, 3.08901955490355, 4.110873864173311],
        [0.03278688524590164, 0.03278688524590164, 0.01639344262295082, 0.03278688524590164, 0.01639344262295082],
        [3.178238003217758, 3.417726755142212, 4.110873864173311, 3.417726755142212, 3.417726755142212],
        [3.417726755142212, 0.08538537140390187, 3.417726755142212, 3.417726755142212, 4.110873864173311],
      ],
    ],
  ])("%s, gives the scores that it gave", (_, name, logProb, expected) => {
    const file = new URL(`../test/${name}.safetensors.gz`, import.meta.url);
    const { model } = decodeModel<AnomalyScore>(gunzipSync(readFileSync(file)), registry);
    const asked = createTable([
      { name: "size", kind: "number", values: Float64Array.of(3, 17, Number.NaN, 2, 40) },
      { name: "group", kind: "text", values: ["small", "large", "small", "large", "new"] },
    ]);
    const { scores, pValues, reasons } = model.judge(asked, logProb);
    for (const [k, got] of [scores, pValues, ...reasons.surprises].entries()) {
      for (const [row, value] of got.entries()) expect(value).toBeCloseTo(expected[k]?.[row] as number, 6);
    }
    const again = decodeModel<AnomalyScore>(encodeModel(model, registry), registry).model;
    expect(again.score(asked, logProb)).toEqual(scores);
    for (const one of [model, again]) one.dispose();
  });

  test("that contradicts itself is refused", () => {
    type Config = { weights: number[]; views: [{ gaps: number[]; references?: number }] };
    const node = registry.encode(odd) as unknown as { config: Config };
    for (const spoil of [
      ({ views }: Config) => views[0].gaps.pop(),
      ({ views }: Config) => delete views[0].references,
      ({ weights }: Config) => weights.pop(),
      ({ weights }: Config) => weights.splice(0, 1, -0.5),
      ({ weights }: Config) => weights.fill(0),
    ]) {
      const broken = structuredClone(node);
      spoil(broken.config);
      expect(() => registry.decode(broken as never)).toThrow(ModelFileError);
    }
  });
});

describe("tables that tell little", () => {
  test("one column, a constant column, and few rows", async () => {
    for (const values of [Float64Array.from({ length: 30 }, (_, i) => i), new Float64Array(30).fill(2)]) {
      const table = createTable([{ name: "x", kind: "number", values }]);
      const score = await fitAnomalyScore(table, { key });
      expect(score.score(table).every((value) => Number.isFinite(value))).toBe(true);
      expect(score.pValue(createTable([{ name: "x", kind: "number", values: Float64Array.of(1e9) }]))[0]).toBeLessThan(
        0.05,
      );
      score.dispose();
    }
  });

  test("fewer than 20 rows, no columns, unknown columns and options out of range are refused", async () => {
    await expect(fitAnomalyScore(takeTableRows(train, [0, 1]), { key })).rejects.toThrow(
      "at least 20 rows and a column, got 2 rows",
    );
    const wide = Array.from({ length: 101 }, (_, k) => ({ ...(train.columns[0] as Column), name: `x${k}` }));
    await expect(fitAnomalyScore(createTable(wide), { key })).rejects.toThrow("at most 100 features");
    await expect(fitAnomalyScore({ rows: 50, columns: [] }, { key })).rejects.toThrow("got 50 rows and 0 columns");
    await expect(fitAnomalyScore(train, { key, columns: ["nothing"] })).rejects.toThrow('expected a column "nothing"');
    await expect(fitAnomalyScore(train, { key, contaminated: 0.5 })).rejects.toThrow(
      "contaminated of at least 0 and below 0.5",
    );
    await expect(fitAnomalyScore(train, { key, maxRows: 3 })).rejects.toThrow("maxRows to be an integer from 20");
    expect(() => odd.score(takeTableRows({ rows: 1, columns: [] }, [0]))).toThrow('"size"');
    expect(() => odd.score(withCell(fresh, "size", () => ({ name: "size", kind: "text", values: [] })))).toThrow(
      "expected numbers",
    );
  });
});

test("nothing leaks", async () => {
  const before = tf.memory().numTensors;
  const score = await fitAnomalyScore(
    takeTableRows(
      train,
      Array.from({ length: 60 }, (_, i) => i),
    ),
    { key },
  );
  score.score(someFresh);
  score.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
