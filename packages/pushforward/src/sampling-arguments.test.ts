import { beforeAll, describe, expect, test } from "vitest";
import {
  architectures,
  createFlow,
  createKey,
  type Flow,
  Mixture,
  nsf,
  StandardNormal,
  sampleRows,
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
