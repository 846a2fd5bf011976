import { createKey, type Module } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { maf, nsf } from "./index.ts";

const key = createKey(0);

function trainable(model: Module): number {
  let sum = 0;
  for (const parameter of model.parameters().values()) {
    if (parameter.trainable) sum += parameter.shape.reduce((product, n) => product * n, 1);
  }
  model.dispose();
  return sum;
}

// The notebooks of JuliaLinhart/NormalizingFlows (nflows 0.14) print these, the last two follow from its models.
describe("the models of the original project have as many parameters as there", () => {
  const convention = "nflows";
  const two = { features: 2, convention, key, standardise: { mean: [1, 2], sd: [3, 4] } } as const;
  const nsfOf = (width: number) => ({ ...two, coupling: true, hidden: [width, width, width] });
  test.each([
    ["MAF, hidden 50", () => maf(two), 52_770],
    ["NSF, hidden 50, 10 bins", () => nsf(nsfOf(50)), 58_925],
    ["NSF, hidden 47, 10 bins", () => nsf(nsfOf(47)), 52_580],
    ["MAF, hidden 52, context 1", () => maf({ ...two, hidden: [52, 52, 52], context: 1 }), 58_520],
    ["NSF, hidden 50, context 1, 8 bins", () => nsf({ ...nsfOf(50), bins: 8, context: 1 }), 58_645],
    ["MAF of one variable, context 1", () => maf({ features: 1, convention, context: 1, key }), 53_510],
    ["MAF, context 9", () => maf({ features: 2, convention, context: 9, key }), 60_270],
    [
      "the spline net of one variable in sbi",
      () => nsf({ features: 1, convention, coupling: true, context: 1, transforms: 1, key }),
      4129,
    ],
  ] as const)("%s", (_, make, count) => {
    expect(trainable(make())).toBe(count);
  });
});
