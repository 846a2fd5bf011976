import { isDeepStrictEqual } from "node:util";
import { useBackend } from "@pushforward/backend";
import { createKey, type Json, ModelFileError, type Module } from "@pushforward/core";
import {
  type AnyCodec,
  disposeParameters,
  isBijection,
  isConditionalDistribution,
  isDistribution,
  isModule,
  sizeOf,
} from "@pushforward/core/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import type { BijectionCase, DistributionCase } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { cases as distributionCases, casesCodecs as distributionCodecs } from "../../distributions/cases/index.ts";
import { bijectionCases, distributionCases as flowCases } from "../../flows/cases/index.ts";
import { DEEP } from "../../testing/test/deep.ts";
import { cases as transformCases, casesCodecs as transformCodecs } from "../../transforms/cases/index.ts";
import { figure } from "../test/figures.ts";
import { perturb } from "../test/perturb.ts";
import * as authors from "./extend.ts";
import * as pushforward from "./index.ts";

const { lazyRegistry, standardRegistry } = pushforward;
const key = createKey(20261124);
const { Classifier } = authors;
const allCodecs: readonly AnyCodec[] = [
  ...authors.anomaliesCodecs,
  ...authors.conditionersCodecs,
  ...authors.distributionsCodecs,
  ...authors.flowsCodecs,
  ...authors.inferenceCodecs,
  ...authors.tablesCodecs,
  ...authors.transformsCodecs,
];

/** True for a type that the registry knows, whatever it says of an empty config. */
function knows(type: string): boolean {
  try {
    standardRegistry.decode({ type, version: 1, config: {} });
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFileError);
    return (error as ModelFileError).reason !== "type";
  }
}

test("the registry knows every exported codec, and each only once", () => {
  expect(allCodecs.length).toBeGreaterThan(20);
  expect(allCodecs.map(({ type }) => type).filter((type) => !knows(type))).toEqual([]);
  expect(new Set(allCodecs.map(({ type }) => type)).size).toBe(allCodecs.length);
  expect(knows("pushforward/nothing")).toBe(false);
});

function classifier(initial: pushforward.Key): authors.Classifier {
  return new Classifier(new pushforward.Mlp({ inputSize: 3, outputSize: 1, hidden: [5], key: initial }));
}

const registry = standardRegistry.extend(...transformCodecs, ...distributionCodecs);
const lazy = lazyRegistry.extend(...transformCodecs, ...distributionCodecs);

describe("every case of every package comes back from a model file bit for bit", () => {
  beforeAll(() => useBackend("wasm"));
  beforeAll(() => lazy.load(allCodecs.map(({ type }) => type)));
  const types = new Set<string>();

  /** What the object computes, as bits. */
  function values(value: object, theCase: BijectionCase | DistributionCase): Float32Array[] {
    const points = key.fold("points");
    return tf.tidy(() => {
      if (isBijection(value)) {
        const { eventShape } = theCase as BijectionCase;
        const x = tf.tensor(points.normal(16 * sizeOf(eventShape)), [16, ...eventShape]);
        const { contextShape } = value;
        const context =
          contextShape && tf.tensor(points.fold("context").normal(16 * sizeOf(contextShape)), [16, ...contextShape]);
        const forward = value.forwardAndLogDet(x, context);
        return [...forward, ...value.inverseAndLogDet(forward[0], context)].map((t) => t.dataSync() as Float32Array);
      }
      const contextShape = isConditionalDistribution(value) ? value.contextShape : [];
      const contexts = (theCase as DistributionCase).contexts?.(points, 2) ?? points.normal(2 * sizeOf(contextShape));
      const p = isConditionalDistribution(value)
        ? value.given(tf.tensor(Float32Array.from(contexts), [2, ...contextShape]))
        : value;
      if (!isDistribution(p)) throw new Error("expected a bijection or a distribution");
      const [x, logProb] = p.sampleAndLogProb(points, [16]);
      return [x, logProb, p.logProb(x)].map((t) => t.dataSync() as Float32Array);
    });
  }

  function collect(json: Json): void {
    if (typeof json !== "object" || json === null) return;
    if ("type" in json && typeof json["type"] === "string") types.add(json["type"]);
    for (const part of Object.values(json)) collect(part as Json);
  }

  const all = {
    transforms: transformCases,
    distributions: distributionCases,
    flows: flowCases,
    layers: bijectionCases,
    // Of labels, which no law of densities holds for.
    classifiers: { classifier: { make: classifier } },
  };
  let count = 0;
  for (const [name, cases] of Object.entries(all)) {
    for (const [caseName, theCase] of Object.entries(cases) as [string, BijectionCase | DistributionCase][]) {
      const number = count++;
      test(`${name}: ${caseName}`, () => {
        const original = theCase.make(key);
        const copies: object[] = [original];
        try {
          if (isModule(original)) perturb(original as Module, key.fold("move"), 0.1);
          const node = registry.encode(original);
          // Once all is loaded, both choose the same codec of an object that several know.
          expect(isDeepStrictEqual(lazy.encode(original), node)).toBe(true);
          collect({ ...node } as Json);
          // The laws of all cases have a round trip, with a registry of their package.
          if (!DEEP && number % 4 !== 0) return;
          const { model } = decodeModel(encodeModel(original, registry), registry);
          copies.push(model);
          expect(model.constructor).toBe(original.constructor);
          expect(isDeepStrictEqual(values(model, theCase), values(original, theCase))).toBe(true);
          expect(Buffer.compare(encodeModel(model, registry), encodeModel(original, registry))).toBe(0);
        } finally {
          for (const copy of copies) if (isModule(copy)) disposeParameters(copy.parameters());
        }
      });
    }
  }

  test("no type is left out", () => {
    // Neither bijections nor distributions; they come back in inference.test.ts, mnpe.test.ts, table-density.test.ts,
    // dequantized.test.ts, product-mixture.test.ts, normal-mixture.test.ts, table-mixture.test.ts, ruled-density.test.ts,
    // numeric-flow.test.ts and anomaly-score.test.ts.
    const elsewhere = [
      "ratio-estimator",
      "mixed-posterior",
      "dequantized",
      "column-density",
      "table-density",
      "normal-mixture",
      "product-mixture",
      "table-mixture",
      "ruled-density",
      "numeric-flow",
      "anomaly-score",
      "deep-set",
      "attention-encoder",
      "conv-encoder",
      "missing-mask",
    ];
    for (const type of elsewhere) types.add(`pushforward/${type}`);
    expect(allCodecs.map(({ type }) => type).filter((type) => !types.has(type))).toEqual([]);
    figure("cases through a model file", { cases: count, types: types.size, codecs: allCodecs.length });
  });
});
