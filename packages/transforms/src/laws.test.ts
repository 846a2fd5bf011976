import { useBackend } from "@pushforward/backend";
import { commonConditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey, type Json } from "@pushforward/core";
import { disposeParameters, isModule } from "@pushforward/core/extend";
import { createRegistry } from "@pushforward/serialization/extend";
import { bijectionLaws } from "@pushforward/testing";
import { expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { sourceOfCases } from "../../testing/test/source-of-cases.ts";
import { testLaws } from "../../testing/test/test-laws.ts";
import { cases, casesCodecs } from "../cases/index.ts";
import { transformsCodecs } from "./codecs.ts";
import * as authors from "./extend.ts";
import * as users from "./index.ts";
import * as transforms from "./transforms.ts";

const registry = createRegistry(...transformsCodecs, ...casesCodecs, ...commonConditionersCodecs);

testLaws(
  Object.entries(cases).map(([name, theCase]) => [
    name,
    bijectionLaws(name, theCase, { registry, points: 64, quick: !DEEP }),
  ]),
  // Their code is that of the other mixture, of "onto the interval", and of the other layers and families of the kind.
  new Set([
    "MixtureOfLogisticsCdf of one feature",
    "MixtureOfGaussiansCdf onto the interval",
    "bernstein family at random with linear tails",
    "BlockAutoregressive of 2 features",
    "ContractiveResidual of 2 features",
    "deepSigmoid family at random",
    "cubicSpline family at random",
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
  for (const { make } of Object.values(cases)) {
    const value = make(createKey(1));
    collect({ ...registry.encode(value) });
    if (isModule(value)) disposeParameters(value.parameters());
  }
  expect(transformsCodecs.map(({ type }) => type).filter((type) => !types.has(type))).toEqual([]);
});

test("every exported class and factory stands in the cases", () => {
  const source = sourceOfCases(new URL("../cases/index.ts", import.meta.url));
  // A class with a factory is covered by it.
  const made = new Set([
    "AdditiveFamily",
    "AffineFamily",
    "AffineSplineFamily",
    "BernsteinFamily",
    "CircularRationalQuadraticFamily",
    "CubicSplineFamily",
    "DeepSigmoidFamily",
    "MonotoneIntegralFamily",
    "MonotoneNetworkFamily",
    "GaussianizationFamily",
    "LinearSplineFamily",
    "QuadraticSplineFamily",
    "RationalQuadraticFamily",
    "SumOfSquaresFamily",
    "Chain",
    "Inverse",
    "Independent",
    "Concatenate",
    "Stack",
    // No transform: an inverse for transforms of authors.
    "monotoneInverse",
  ]);
  const missing = Object.entries({ ...users, ...authors })
    .filter(([name, value]) => typeof value === "function" && !made.has(name))
    .map(([name]) => name)
    .filter((name) => !new RegExp(`\\b${name}\\(`).test(source));
  expect(missing).toEqual([]);
});

test("every registered transform is exported", () => {
  const isPublic = (name: string): boolean => Object.hasOwn(users, name) || Object.hasOwn(authors, name);
  const names = Object.keys(transforms);
  expect(names.filter((name) => /^(?!Abstract)[A-Z][a-z]/.test(name) && !isPublic(name))).toEqual([]);
  // The class or the function that a codec is named after.
  const known = new Set([...Object.keys(users), ...Object.keys(authors)].map((name) => name.toLowerCase()));
  const types = names.flatMap((name) => /^(.+)Codec$/.exec(name)?.[1] ?? []);
  expect(types.filter((type) => !known.has(type.toLowerCase()))).toEqual([]);
});
