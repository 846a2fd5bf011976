import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey, type Json, type Registry } from "@pushforward/core";
import { disposeParameters, isModule } from "@pushforward/core/extend";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { createRegistry } from "@pushforward/serialization/extend";
import { bijectionLaws, distributionLaws } from "@pushforward/testing";
import { transformsCodecs } from "@pushforward/transforms/extend";
import { expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { sourceOfCases } from "../../testing/test/source-of-cases.ts";
import { testLaws } from "../../testing/test/test-laws.ts";
import { bijectionCases, distributionCases } from "../cases/index.ts";
import { flowsCodecs } from "./codecs.ts";
import * as authors from "./extend.ts";
import * as users from "./index.ts";

const registry: Registry = createRegistry(
  ...distributionsCodecs,
  ...transformsCodecs,
  ...conditionersCodecs,
  ...flowsCodecs,
);

// The laws of a conditional distribution look at it at a context while they are listed.
await useBackend("cpu");

const options = { registry, points: 24, quick: !DEEP };
testLaws(
  [
    ...Object.entries(bijectionCases).map(([name, theCase]) => [name, bijectionLaws(name, theCase, options)] as const),
    ...Object.entries(distributionCases).map(
      ([name, theCase]) => [name, distributionLaws(name, theCase, options)] as const,
    ),
  ],
  // The presets with other numbers of features have the same code, and so has "Continuous" with one hidden layer.
  new Set([
    "Continuous, 2 features, context, three hidden layers",
    "unaf, 1 feature, context, for samples",
    "residualFlow, 1 feature, for samples",
    "bnaf, 1 feature, context, for samples",
    "createFlow bpf, 3 features, context",
    "createFlow sospf, 3 features, context",
    "createFlow gf, 3 features, context",
    "createFlow bnaf, 3 features, context",
    "createFlow naf, 3 features, context",
    "chain of many autoregressive layers",
    "chain of many spline couplings and LU layers",
    "cnf, 2 features",
    "createFlow nsf, 3 features, context",
    "createFlow nsf-coupling, 3 features, context",
    "createFlow iaf, 3 features, context",
  ]),
);

test("every codec is of a type that stands in a case", async () => {
  await useBackend("cpu");
  const types = new Set<string>();
  const collect = (json: Json): void => {
    if (typeof json !== "object" || json === null) return;
    if ("type" in json && typeof json.type === "string") types.add(json.type);
    for (const value of Object.values(json)) collect(value as Json);
  };
  for (const { make } of [...Object.values(bijectionCases), ...Object.values(distributionCases)]) {
    const value = make(createKey(17));
    collect({ ...registry.encode(value) });
    if (isModule(value)) disposeParameters(value.parameters());
  }
  const all = [...flowsCodecs, ...conditionersCodecs];
  // Neither a flow nor a layer: their files are tested beside them.
  const others = [
    "pushforward/dequantized",
    "pushforward/classifier",
    "pushforward/deep-set",
    "pushforward/attention-encoder",
    "pushforward/conv-encoder",
    "pushforward/missing-mask",
  ];
  expect(all.map(({ type }) => type).filter((type) => !types.has(type))).toEqual(others);
});

test("every exported class and factory stands in the cases", () => {
  const source = sourceOfCases(new URL("../cases/index.ts", import.meta.url));
  // Functions that make no flow.
  const tools = new Set([
    "bitsPerDimension",
    "farColumns",
    "flowMatching",
    "inTableUnits",
    "loadArchitecture",
    "logProbRows",
    "preset",
    "sampleRows",
    "splitStandardization",
  ]);
  // A class with a factory is covered by it; integers have no density.
  const made = new Set(["EmbedContext", "Dequantized"]);
  const missing = Object.entries({ ...users, ...authors })
    .filter(([name, value]) => typeof value === "function" && !tools.has(name) && !made.has(name))
    .map(([name]) => name)
    .filter((name) => !new RegExp(`\\b${name}\\(`).test(source));
  expect(missing).toEqual([]);
});
