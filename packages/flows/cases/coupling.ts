import { ConvNet, Mlp, ResidualMlp } from "@pushforward/conditioners";
import type { Key } from "@pushforward/core";
import type { BijectionCase } from "@pushforward/testing";
import { additive, affine, rationalQuadratic } from "@pushforward/transforms";
import { Coupling, type CouplingOptions } from "../src/schemes/coupling.ts";
import { small } from "./small.ts";
import { affineForms, knots, spline, splineForms, splineTolerances } from "./spline.ts";

function coupling(
  key: Key,
  family: CouplingOptions["family"],
  mask: readonly boolean[],
  context: number,
  orientation: "density" | "sampling",
): Coupling {
  const transformed = mask.filter((m) => m).length;
  const sizes = { inputSize: mask.length - transformed, outputSize: transformed * family.parameterCount, context };
  const conditioner = context > 0 ? new ResidualMlp({ key, ...small, ...sizes }) : new Mlp({ key, ...small, ...sizes });
  return new Coupling({ conditioner, family, mask, orientation });
}

export const couplingCases: Readonly<Record<string, BijectionCase>> = {
  "Coupling affine, 2 features": {
    make: (key) => coupling(key, affine(), [false, true], 0, "density"),
    eventShape: [2],
    triangular: [0, 1],
  },
  "Coupling affine, 5 features in turn, context, sampling": {
    make: (key) => coupling(key, affine(), [true, false, true, false, true], 2, "sampling"),
    eventShape: [5],
    triangular: [1, 0, 1, 0, 1],
  },
  "Coupling additive, 4 features": {
    make: (key) => coupling(key, additive(), [true, true, false, false], 0, "density"),
    eventShape: [4],
    triangular: [1, 1, 0, 0],
  },
  "Coupling splines, 3 features, context": {
    make: (key) => coupling(key, spline(), [false, true, true], 1, "density"),
    eventShape: [3],
    triangular: [0, 1, 1],
    edges: knots,
    tolerances: splineTolerances,
  },
  "Coupling splines, 5 features, sampling": {
    make: (key) => coupling(key, spline(), [false, false, true, true, false], 0, "sampling"),
    eventShape: [5],
    triangular: [0, 0, 1, 1, 0],
    edges: knots,
    tolerances: splineTolerances,
  },
  "Coupling of image channels, context": {
    make: (key) => {
      const conditioner = new ConvNet({
        inputSize: 1,
        outputSize: 2,
        context: 2,
        key,
        hidden: [4],
        activation: "tanh",
      });
      return new Coupling({ conditioner, family: affine(), mask: [false, true] });
    },
    eventShape: [2, 3, 2],
  },
  ...Object.fromEntries(
    Object.entries(affineForms).map(([name, form]): [string, BijectionCase] => [
      `Coupling affine of ${name}, 3 features`,
      {
        make: (key) => coupling(key, affine({ form }), [false, true, true], 0, "density"),
        eventShape: [3],
        triangular: [0, 1, 1],
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(splineForms).map(([name, form]): [string, BijectionCase] => [
      `Coupling ${name} splines, 3 features, context`,
      {
        make: (key) => coupling(key, rationalQuadratic({ bins: 6, bound: 4, form }), [false, true, true], 1, "density"),
        eventShape: [3],
        triangular: [0, 1, 1],
        edges: knots,
        tolerances: splineTolerances,
      },
    ]),
  ),
};
