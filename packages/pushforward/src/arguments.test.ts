import { beforeAll, describe, expect, test } from "vitest";
import {
  architectures,
  bnaf,
  bpf,
  cnf,
  column,
  createFlow,
  createKey,
  DataError,
  declareTable,
  decodeModel,
  type Flow,
  fitAuto,
  fitNormalMixture,
  fitProductMixture,
  fitTable,
  fitTableDensity,
  gf,
  glow,
  iaf,
  logProbRows,
  Mixture,
  maf,
  naf,
  ncsf,
  nice,
  nsf,
  PushforwardError,
  parseCsv,
  planar,
  radial,
  realNvp,
  residualFlow,
  StandardNormal,
  sampleRows,
  sospf,
  sphereFlow,
  standardRegistry,
  sylvester,
  train,
  unaf,
  useBackend,
} from "./index.ts";

const key = createKey(0);
const hidden = [4];

describe.each(["wasm", "cpu"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(Object.keys(architectures) as (keyof typeof architectures)[])("%s draws and scores no rows", (name) => {
    const small = { features: 3, key, hidden, transforms: 2 };
    using flow = createFlow(name, { ...small, context: undefined });
    using conditional = createFlow(name, { ...small, context: 2 });
    const given = (conditional as Exclude<typeof conditional, Flow>).given([0.5, 1]);
    for (const distribution of [flow as Flow, given]) {
      const drawn = distribution.sample(key, [0]);
      expect(drawn.shape).toEqual([0, 3]);
      expect(distribution.logProb(drawn).shape).toEqual([0]);
      expect(distribution.sample(key, [2, 0]).shape).toEqual([2, 0, 3]);
    }
    expect(sampleRows(flow as Flow, key, 0).shape).toEqual([0, 3]);
  });
});

describe("the arguments of a sample are checked", () => {
  beforeAll(() => useBackend("wasm"));
  const flow = nsf({ features: 2, key, hidden });
  const conditional = nsf({ features: 2, context: 1, key, hidden });
  const normal = new StandardNormal({ features: 2 });
  const draws: Readonly<Record<string, { sample(k: never, shape?: never): unknown }>> = {
    flow,
    "conditional flow": { sample: (k, shape) => conditional.given([0]).sample(k, shape) },
    normal,
    mixture: new Mixture({ components: [normal, normal] }),
    "sampleAndLogProb of a flow": { sample: (k, shape) => flow.sampleAndLogProb(k, shape) },
    "sampleAndLogProb of a conditional flow": {
      sample: (k, shape) => conditional.given([0]).sampleAndLogProb(k, shape),
    },
  };

  test.each(Object.entries(draws))("%s", (_, model) => {
    const sample = (k: unknown, shape?: unknown) => () => model.sample(k as never, shape as never);
    expect(sample(key, 5)).toThrow(
      /sample.*: expected a sample shape such as \[1000\], of integers from 0 on, got 5\.$/,
    );
    expect(sample(key, [1.5])).toThrow(/of integers from 0 on, got \[1\.5\]\.$/);
    expect(sample(key, [-1])).toThrow(/of integers from 0 on, got \[-1\]\.$/);
    expect(sample(key, [1e12])).toThrow(/expected at most 2147483647 draws, got the sample shape \[1000000000000\]/);
    expect(sample(undefined, [5])).toThrow(/expected a key, got undefined\. Pass createKey\(0\)/);
    expect(sample([5], [5])).toThrow(/expected a key, got an object/);
  });

  test("sampleRows", () => {
    expect(() => sampleRows(flow, key, -1)).toThrow(/sampleRows: expected a number of rows from 0 on, got -1\.$/);
    expect(() => sampleRows(flow, key, 1.5)).toThrow(/expected a number of rows from 0 on, got 1\.5\.$/);
    expect(() => sampleRows(flow, undefined as never, 1)).toThrow(/sampleRows: expected a key, got undefined/);
  });
});

describe("the arguments of tables are checked", async () => {
  await useBackend("wasm");
  const people = declareTable({ age: column.integer(), city: column.category() });
  const rows = Array.from({ length: 40 }, (_, i) => ({ age: 20 + ((i * 7) % 30), city: "ab"[i % 2] as string }));
  const data = people.read(rows);
  const options = { key, maxEpochs: 1, hidden: [4], members: 1 } as const;
  const { model: density } = await fitTableDensity(data, options);
  const { model: products } = await fitProductMixture(data.table, { key, components: 2 });
  const { model: normals } = await fitNormalMixture(data.table, { key, components: 1 });
  const models = { density, products, normals };

  test.each(Object.entries(models))("%s", (_, model) => {
    for (const count of [-1, 1.5, 1e12, Number.NaN, "5", undefined]) {
      expect(() => model.sample(key, count as number)).toThrow(
        /\.sample: expected a number of rows from 0 to 2147483647, got /,
      );
    }
    expect(() => model.sample(undefined as never, 5)).toThrow(/\.sample: expected a key, got undefined\./);
    expect(model.sample(key, 0)).toMatchObject({ rows: 0, columns: [{ name: "age" }, { name: "city" }] });
    expect(() => model.logProb(data as never)).toThrow(
      /: expected a table, got rows that were read with declarations\. Pass their \.table, or the result of their \.read\(\)\.$/,
    );
    for (const wrong of [null, undefined, {}, rows, "age,city\n1,a\n", 5]) {
      expect(() => model.logProb(wrong as never)).toThrow(/: expected a table, got .*\.$/);
    }
    expect(model.logProb(data.read(rows))).toHaveLength(40);
  });

  test("readers and fits", async () => {
    for (const wrong of [null, undefined, {}, 5, [null], [5]] as never[]) {
      for (const read of [people.read, data.read]) expect(() => read(wrong)).toThrow(DataError);
      if (wrong !== undefined) expect(() => data.rows(wrong)).toThrow(DataError);
      expect(() => parseCsv(wrong)).toThrow(/^parseCsv: expected a text or the bytes of a file, got .+\.$/);
      expect(() => decodeModel(wrong, standardRegistry)).toThrow(PushforwardError);
      expect(() => logProbRows(density as never, wrong)).toThrow(PushforwardError);
      await expect(fitTableDensity(wrong, options)).rejects.toThrow(/expected a table, got/);
      await expect(fitTable(wrong, options)).rejects.toThrow(/expected a table, got/);
      await expect(fitProductMixture(wrong, { key })).rejects.toThrow(/expected a table, got/);
      await expect(fitNormalMixture(wrong, { key })).rejects.toThrow(/expected a table, got/);
      await expect(fitAuto(wrong, { key })).rejects.toThrow(PushforwardError);
      await expect(train(nsf({ features: 2, key, hidden }), wrong, { key })).rejects.toThrow(PushforwardError);
    }
    for (const wrong of [null, undefined, 5, []] as never[])
      expect(() => declareTable(wrong)).toThrow(PushforwardError);
  });

  test.each(Object.keys(architectures) as (keyof typeof architectures)[])("the options of %s", (name) => {
    for (const wrong of [null, undefined, 5] as never[]) {
      expect(() => createFlow(name, wrong)).toThrow(/expected an object of options, got (null|undefined|5)\.$/);
    }
  });

  test("the options of presets", () => {
    for (const preset of [
      nsf,
      maf,
      iaf,
      realNvp,
      nice,
      naf,
      unaf,
      bnaf,
      bpf,
      sospf,
      gf,
      cnf,
      planar,
      radial,
      sylvester,
      residualFlow,
      ncsf,
      sphereFlow,
      glow,
    ]) {
      for (const wrong of [null, undefined, 5] as never[]) {
        expect(() => (preset as (options: never) => unknown)(wrong)).toThrow(
          /^\w+: expected an object of options, got (null|undefined|5)\.$/,
        );
      }
    }
  });
});
