import { createKey, ndArray, OptionError } from "@pushforward/core";
import { ConditionalGaussianMixture, DiagonalNormal, GaussianMixture, Uniform } from "@pushforward/distributions";
import { ConditionalFlow, Flow, maf, realNvp } from "@pushforward/flows";
import { readSafetensors } from "@pushforward/serialization/extend";
import { chain, invert, LULinear, quantileSpline } from "@pushforward/transforms";
import { describe, expect, test } from "vitest";
import { fixture, nflowsFixtures, zukoFixtures } from "../test/fixture.ts";
import { exportNflows, importNflows } from "./nflows/nflows.ts";
import { nflowsMaf, nflowsNsf } from "./nflows/nflows-architectures.ts";
import { nflowsLinear } from "./nflows/spline-kinds.ts";
import { exportZuko, importZuko } from "./zuko/zuko.ts";
import { zukoMaf, zukoNsf } from "./zuko/zuko-families.ts";

/** The same keys, shapes, types and, but for one unit in the last place of float32, values. */
function expectSameTensors(got: Uint8Array, expected: Uint8Array): void {
  const [ours, theirs] = [readSafetensors(got).tensors, readSafetensors(expected).tensors];
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [key, { dtype, shape, data }] of theirs) {
    const tensor = ours.get(key);
    expect({ key, dtype: tensor?.dtype, shape: tensor?.shape }).toEqual({ key, dtype, shape });
    for (const [i, value] of data.entries()) {
      const other = tensor?.data[i] as number | bigint;
      if (other === value) continue;
      const ulp = 2 ** (Math.floor(Math.log2(Math.abs(Number(value)))) - 23);
      expect(Math.abs(Number(other) - Number(value)), `${key}[${i}]`).toBeLessThanOrEqual(ulp);
    }
  }
}

/** What is read and not written. */
const readOnly = /^zuko_(naf|unaf|cnf|bpf|sospf|gf|ncsf)|^nflows_(linear|quadratic|cubic|qr|batch)/;
const isWritten = ([name]: readonly [string, unknown]): boolean => !readOnly.test(name);

// Names of keys that zuko has no more, and numbers that are kept in another form.
const others = new Set(["zuko_old_141", "zuko_old_032", "zuko_gmm_full", "zuko_gmm_tied"]);

test.each(Object.entries(zukoFixtures).filter((one) => !others.has(one[0]) && isWritten(one)))(
  "%s imported and exported is the same file",
  (name, options) => {
    const { bytes } = fixture(name);
    using flow: Flow | ConditionalFlow = importZuko(bytes, options);
    expectSameTensors(exportZuko(flow, { layout: name.includes("sbi") ? "sbi" : "flat" }), bytes);
  },
);

test.each([...Object.entries(zukoFixtures), ...Object.entries(nflowsFixtures)].filter((one) => !isWritten(one)))(
  "%s imported is not written",
  (name, options) => {
    const { bytes } = fixture(name);
    const isZuko = name.startsWith("zuko");
    using flow = isZuko ? importZuko(bytes, options as object) : importNflows(bytes, options as object);
    expect(() => (isZuko ? exportZuko(flow) : exportNflows(flow))).toThrow(
      / written for (zuko|nflows), got |a standard normal/,
    );
  },
);

test.each(Object.entries(nflowsFixtures).filter(isWritten))(
  "%s imported and exported is the same file",
  (name, options) => {
    const { bytes } = fixture(name);
    using flow: Flow | ConditionalFlow = importNflows(bytes, options);
    // The file of sbi's MAF in the fixtures is without its estimator.
    const layout = /sbi_nsf/.test(name) ? "sbi" : "flat";
    expectSameTensors(exportNflows(flow, { layout }), bytes);
  },
);

const key = createKey(3);
const zuko = { features: 2, transforms: 1, hidden: [4], key } as const;
const nflows = { features: 2, transforms: 1, hidden: [4, 4], key } as const;
const rows = ndArray(
  [9, 2],
  Float64Array.from({ length: 18 }, (_, i) => Math.sin(i)),
);

/** A flow with a layer more on the side of the data. */
function with_(flow: Flow, ...layers: Parameters<typeof chain>[0]): Flow {
  return new Flow(flow.base, chain([flow.transform, ...layers]));
}

describe("what the other library does not have is named", () => {
  const cases: readonly [string, () => Flow | ConditionalFlow, "zuko" | "nflows", string][] = [
    [
      "our affine map, zuko",
      () => maf({ features: 2, key }),
      "zuko",
      "transform.layers.0.family to be of the form that zuko has, got affine of another form",
    ],
    [
      "our affine map, nflows",
      () => realNvp({ features: 2, key }),
      "nflows",
      "transform.layers.0.family to be of the form that couplings of nflows have, got affine of another form",
    ],
    [
      "a spline of the other library",
      () => nflowsNsf(nflows),
      "zuko",
      "transform.layers.0.family to be of the form that zuko has, got rationalQuadratic of another form",
    ],
    [
      "a quantile spline",
      () => with_(zukoMaf(zuko), quantileSpline(rows, { knots: 5 })),
      "zuko",
      "transform.layers.1 to be a layer that is written for zuko, got QuantileSpline",
    ],
    [
      "a permutation",
      () => zukoMaf({ ...zuko, permutation: "reverse" }),
      "zuko",
      "transform.layers.1 to be a layer that is written for zuko, got Permutation",
    ],
    [
      "our LU layer",
      () => with_(nflowsMaf(nflows), invert(new LULinear({ features: 2 }))),
      "nflows",
      "transform.layers.1 to be of the diagonal that nflows has, got LULinear of another diagonal",
    ],
    [
      "an LU layer the other way round",
      () => with_(nflowsMaf(nflows), nflowsLinear({ features: 2 })),
      "nflows",
      "transform.layers.1 to be a layer that is written for nflows, got LULinear",
    ],
    [
      "the other orientation",
      () => zukoMaf({ ...zuko, orientation: "sampling" }),
      "zuko",
      'transform.layers.0 to be of orientation "density", as layers of zuko are, got "sampling"',
    ],
    [
      "an order of a MADE of nflows",
      () => nflowsMaf({ ...nflows, transforms: 2, order: "alternate" }),
      "nflows",
      "conditioner to be a Made of the layout of nflows, the variables in their order, got another",
    ],
    [
      "a graph of variables",
      () =>
        zukoMaf({
          ...zuko,
          adjacency: [
            [false, false],
            [true, false],
          ],
        }),
      "zuko",
      "conditioner to be a Made of the layout of zuko, got another",
    ],
    [
      "a learned base",
      () => zukoMaf({ ...zuko, base: new DiagonalNormal({ features: 2, learnable: true }) }),
      "zuko",
      "base to be a standard normal or a fixed DiagonalNormal of a vector, which zuko stores, got DiagonalNormal",
    ],
    [
      "a base of another kind",
      () => nflowsMaf({ ...nflows, base: new Uniform({ low: [0, 0], high: [1, 1] }) }),
      "nflows",
      "base to be a standard normal of a vector, which nflows stores, got Uniform",
    ],
    [
      "a conditional base",
      () =>
        new ConditionalFlow(
          new ConditionalGaussianMixture({ means: [[0, 0, 0]], contextFeatures: 1 }),
          zukoMaf(zuko).transform,
        ),
      "zuko",
      "base to be a standard normal or a fixed DiagonalNormal of a vector, which zuko stores, got the conditional ConditionalGaussianMixture",
    ],
    [
      "a flow over a mixture",
      () => zukoMaf({ ...zuko, base: new GaussianMixture({ means: [[0, 0]] }) }),
      "zuko",
      "transform to be nothing over a mixture, got Chain",
    ],
    [
      "a standardized context",
      () => zukoMaf({ ...zuko, context: 1, standardizeContext: { mean: [1], sd: [2] } }),
      "zuko",
      "a context that is not standardized, because zuko has no place for it, got one that is",
    ],
    [
      "one variable without a context, nflows",
      () => nflowsNsf({ features: 1, coupling: true, key }),
      "nflows",
      "transform.layers.0 to be a layer that is written for nflows, got Elementwise, other than splines of one variable",
    ],
    [
      "activations that differ",
      () =>
        new Flow(
          zukoMaf(zuko).base,
          chain(
            [zukoMaf(zuko).transform, zukoMaf({ ...zuko, activation: "elu" }).transform].flatMap((t) =>
              "layers" in t ? (t.layers as never) : [],
            ),
          ),
        ),
      "zuko",
      "networks with one activation, got elu and relu",
    ],
    [
      "bounds that differ",
      () => with_(nflowsNsf(nflows), nflowsNsf({ ...nflows, bound: 4 }).transform),
      "nflows",
      "splines with one bound, got 4 and 3",
    ],
  ];
  test.each(cases)("%s", (_, make, library, message) => {
    using flow = make();
    const run = (): Uint8Array => (library === "zuko" ? exportZuko(flow) : exportNflows(flow));
    expect(run).toThrow(OptionError);
    expect(run).toThrow(message);
  });
});

test("layouts of nflows", () => {
  using flow = nflowsNsf({
    ...nflows,
    features: 3,
    transforms: 2,
    coupling: true,
    standardize: { mean: [1, 2, 3], sd: [1, 2, 4] },
  });
  const transforms = (layout: "flat" | "original" | "sbi"): string[] => {
    const keys = [...readSafetensors(exportNflows(flow, { layout })).tensors.keys()];
    const ends =
      /\.(transform_net\..*|[a-z]+_features|bias|(lower|upper)_entries|unconstrained_upper_diag|_shift|_scale)$/;
    return [...new Set(keys.map((key) => key.replace(ends, "")))].sort();
  };
  const list = "_transform._transforms";
  expect(transforms("flat")).toEqual([0, 1, 2, 3, 4].map((i) => `${list}.${i}`));
  expect(transforms("sbi")).toEqual([0, 1, 2, 3, 4].map((i) => `net.${list}.${i}`));
  expect(transforms("original")).toEqual([
    `${list}.0`,
    ...[0, 1].flatMap((t) => [0, 1].map((i) => `${list}.1._transforms.${t}._transforms.${i}`)),
  ]);
  expect(() => exportNflows(flow, { layout: "deep" as "flat" })).toThrow(
    'exportNflows: expected layout to be one of flat, original, sbi, got "deep".',
  );
});

test("layouts of zuko", () => {
  using flow = zukoMaf({ ...zuko, context: 1, standardizeContext: { mean: [1], sd: [2] } });
  const keys = [...readSafetensors(exportZuko(flow, { layout: "sbi" })).tensors.keys()];
  expect(keys.filter((k) => !k.startsWith("net.")).sort()).toEqual(["_embedding_net.0._mean", "_embedding_net.0._std"]);
  expect(() => exportZuko(flow, { layout: "original" as "flat" })).toThrow(
    'exportZuko: expected layout to be "flat" or "sbi", got "original".',
  );
});

test("what a state_dict does not say is in the metadata, so that the file comes back without options", () => {
  using flow = zukoNsf({ ...zuko, bound: 3, activation: "elu", bins: 4 });
  const bytes = exportZuko(flow);
  expect(readSafetensors(bytes).metadata).toEqual(
    expect.objectContaining({ library: "zuko", flow: "nsf", slope: "0.001", bound: "3", activation: "elu" }),
  );
  using again = importZuko(bytes);
  expectSameTensors(exportZuko(again), bytes);
});
