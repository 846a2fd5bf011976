import { useBackend } from "@pushforward/backend";
import { createKey, type Distribution, type Module, OptionError } from "@pushforward/core";
import {
  Autoregressive,
  type ConditionalFlow,
  Coupling,
  Elementwise,
  type Flow,
  iaf,
  maf,
  nsf,
  realNvp,
} from "@pushforward/flows";
import { Permutation } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { writeLibraryWeights } from "../test/library-weights.ts";
import { nflowsMaf, nflowsNsf, nflowsRealNvp } from "./nflows/nflows-architectures.ts";
import { zukoMaf, zukoNsf, zukoRealNvp } from "./zuko/zuko-families.ts";

const key = createKey(0);
const nflows = { key } as const;
const zuko = { key, hidden: [5, 4] } as const;

interface Reference {
  readonly features: number;
  readonly make: () => Flow | ConditionalFlow;
  readonly logProb: readonly number[];
}

// Log-densities by nflows 0.14 (commit 5d22344) and zuko 1.6.0 (commit 1063ae4) on PyTorch 2.6, in float64: four rows, number
// i of x is 1.5·sin(2.3·i + 0.5), of the context 1.2·cos(1.9·i), rounded to float32.
const references: Record<string, Reference> = {
  "maf of nflows": {
    features: 3,
    make: () => nflowsMaf({ ...nflows, features: 3, context: 2, transforms: 2, hidden: [5, 5, 5] }),
    logProb: [-6.11026922, -6.00988922, -5.76010832, -5.72976584],
  },
  "maf of nflows, 1 feature": {
    features: 1,
    make: () => nflowsMaf({ ...nflows, features: 1, context: 1, transforms: 2, hidden: [4, 4, 4] }),
    logProb: [-1.54772312, -1.93519882, -2.61062789, -1.61069025],
  },
  "nsf of nflows": {
    features: 3,
    make: () => nflowsNsf({ ...nflows, features: 3, coupling: true, transforms: 2, hidden: [5, 5, 5], bins: 4 }),
    logProb: [-5.83190974, -3.91326603, -6.25765781, -6.92400618],
  },
  "nsf of nflows, context": {
    features: 2,
    make: () =>
      nflowsNsf({ ...nflows, features: 2, context: 2, coupling: true, transforms: 3, hidden: [4, 4, 4], bins: 4 }),
    logProb: [-4.09243237, -4.62944676, -3.2461998, -5.05075599],
  },
  "nsf of nflows, autoregressive": {
    features: 2,
    make: () => nflowsNsf({ ...nflows, features: 2, transforms: 2, hidden: [4, 4, 4], bins: 4 }),
    logProb: [-6.78675645, -2.28275481, -6.20273317, -7.55647145],
  },
  "realNvp of nflows": {
    features: 3,
    make: () => nflowsRealNvp({ ...nflows, features: 3, transforms: 3, hidden: [4, 4, 4] }),
    logProb: [-6.06813785, -5.27877933, -4.67781126, -4.57803398],
  },
  "maf of zuko": {
    features: 3,
    make: () => zukoMaf({ ...zuko, features: 3, context: 2, transforms: 2 }),
    logProb: [-5.5536955, -6.43308112, -6.2895917, -5.80270649],
  },
  "maf of zuko, residual": {
    features: 3,
    make: () => zukoMaf({ ...zuko, features: 3, transforms: 3, hidden: [5, 5], residual: true }),
    logProb: [-8.44576362, -8.96182655, -8.49590611, -7.44992614],
  },
  "maf of zuko, two passes": {
    features: 4,
    make: () => zukoMaf({ ...zuko, features: 4, transforms: 2, passes: 2 }),
    logProb: [-8.16519587, -7.16263077, -6.42088154, -6.08654934],
  },
  "maf of zuko, 1 feature": {
    features: 1,
    make: () => zukoMaf({ ...zuko, features: 1, context: 2, transforms: 2 }),
    logProb: [-1.78071048, -1.50774155, -1.27524482, -2.58509986],
  },
  "nsf of zuko": {
    features: 3,
    make: () => zukoNsf({ ...zuko, features: 3, transforms: 2, bins: 4 }),
    logProb: [-6.17412828, -2.86250578, -5.25782751, -7.41429953],
  },
  "realNvp of zuko": {
    features: 3,
    make: () => zukoRealNvp({ ...zuko, features: 3, context: 2, transforms: 3 }),
    logProb: [-4.3023156, -4.5069492, -4.87872032, -5.27650394],
  },
};

function rows(columns: number, f: (i: number) => number): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: 4 * columns }, (_, i) => f(i)),
    [4, columns],
  );
}

function trainable(model: Module): number {
  let sum = 0;
  for (const parameter of model.parameters().values()) {
    if (parameter.trainable) sum += parameter.shape.reduce((product, n) => product * n, 1);
  }
  model.dispose();
  return sum;
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each(Object.entries(references))(
      "%s, with the weights of its twin there, has its density",
      (name, reference) => {
        using flow = reference.make();
        writeLibraryWeights(flow, name.includes("zuko") ? "zuko" : "nflows");
        tf.tidy(() => {
          const x = rows(reference.features, (i) => 1.5 * Math.sin(2.3 * i + 0.5));
          const context = contextOf(flow);
          const density: Distribution = "given" in flow ? flow.given(context as tf.Tensor) : flow;
          const values = density.logProb(x).dataSync();
          const [u] = flow.transform.inverseAndLogDet(x, context);
          const [back] = flow.transform.forwardAndLogDet(u, context);
          for (const [i, value] of values.entries()) {
            expect(Math.abs(value - (reference.logProb[i] as number))).toBeLessThan(1e-5);
          }
          expect(tf.max(tf.abs(tf.sub(back, x))).dataSync()[0]).toBeLessThan(1e-5);
        });
      },
    );
  });
}

function contextOf(flow: Flow | ConditionalFlow): tf.Tensor | undefined {
  return "given" in flow ? rows(flow.contextShape[0] as number, (i) => 1.2 * Math.cos(1.9 * i)) : undefined;
}

// The notebooks of JuliaLinhart/NormalizingFlows print the first five; the others follow from its models.
describe("the models of the original project have as many parameters as there", () => {
  const two = { ...nflows, features: 2, standardize: { mean: [1, 2], sd: [3, 4] } } as const;
  const nsfOf = (width: number) => ({ ...two, coupling: true, hidden: [width, width, width] });
  test.each([
    ["MAF, hidden 50", () => nflowsMaf(two), 52_770],
    ["NSF, hidden 50, 10 bins", () => nflowsNsf(nsfOf(50)), 58_925],
    ["NSF, hidden 47, 10 bins", () => nflowsNsf(nsfOf(47)), 52_580],
    ["MAF, hidden 52, context 1", () => nflowsMaf({ ...two, hidden: [52, 52, 52], context: 1 }), 58_520],
    ["NSF, hidden 50, context 1, 8 bins", () => nflowsNsf({ ...nsfOf(50), bins: 8, context: 1 }), 58_645],
    ["MAF of one variable, context 1", () => nflowsMaf({ ...nflows, features: 1, context: 1 }), 53_510],
    ["MAF, context 9", () => nflowsMaf({ ...nflows, features: 2, context: 9 }), 60_270],
    [
      "the spline net of one variable in sbi",
      () => nflowsNsf({ ...nflows, features: 1, coupling: true, context: 1, transforms: 1 }),
      4129,
    ],
  ] as const)("%s", (_, make, count) => {
    expect(trainable(make())).toBe(count);
  });
});

describe("permutations and orders", () => {
  const layersOf = (flow: Flow): readonly object[] => (flow.transform as Chain).layers;
  const ordersOf = (flow: Flow): unknown[] =>
    layersOf(flow).map((layer) => {
      if (layer instanceof Autoregressive) return layer.conditioner.order.join("");
      if (layer instanceof Coupling) return layer.mask.map(Number).join("");
      return layer instanceof Permutation ? `to ${layer.order.join("")}` : layer instanceof Elementwise ? "one" : "LU";
    });

  test("a permutation stands on the data side of each layer, and masks take the variables as they come", () => {
    using reversed = maf({ features: 3, transforms: 2, permutation: "reverse", key });
    expect(ordersOf(reversed)).toEqual(["012", "to 210", "012", "to 210"]);
    using random = maf({ features: 5, transforms: 2, permutation: "random", key });
    const [, first, , second] = ordersOf(random);
    expect(first).not.toBe(second);
    using mixed = nsf({ features: 2, transforms: 1, coupling: true, permutation: "reverse", key });
    expect(ordersOf(mixed)).toEqual(["01", "LU", "to 10"]);
    using one = nflowsMaf({ ...nflows, features: 1, transforms: 1, key });
    expect(ordersOf(one)).toEqual(["0"]);
  });

  test("the layers of a library are counted from the data", () => {
    using coupled = nflowsNsf({ ...nflows, features: 3, transforms: 2, coupling: true });
    expect(ordersOf(coupled)).toEqual(["LU", "010", "LU", "101"]);
    using zukos = zukoMaf({ ...zuko, features: 3, transforms: 2 });
    expect(ordersOf(zukos)).toEqual(["210", "012"]);
    using ours = maf({ features: 3, transforms: 2, key });
    expect(ordersOf(ours)).toEqual(["012", "210"]);
    using inOrder = nflowsMaf({ ...nflows, features: 3, transforms: 2, order: "alternate" });
    expect(ordersOf(inOrder)).toEqual(["012", "210"]);
  });

  test("passes make ranks of several variables", () => {
    using flow = maf({ features: 5, transforms: 2, passes: 2, key });
    expect(ordersOf(flow)).toEqual(["00011", "11000"]);
  });

  test("zuko draws the parameters of a single variable", () => {
    using drawn = zukoMaf({ ...zuko, features: 1, transforms: 2 });
    using zeros = maf({ features: 1, transforms: 2, key });
    const values = (flow: Flow): number[] => [...flow.parameters().values()].flatMap((p) => Array.from(p.read()));
    expect(new Set(values(drawn)).size).toBe(4);
    expect(values(zeros)).toEqual([0, 0, 0, 0]);
  });

  test("says what contradicts", () => {
    expect(() => maf({ features: 2, order: "random", permutation: "reverse", key })).toThrow(
      new OptionError(
        "maf: expected an order or a permutation, got both. A permutation moves the variables between the layers, and " +
          "their masks take them as they come.",
      ),
    );
    expect(() => iaf({ features: 2, passes: 3, key })).toThrow(
      new OptionError("iaf: expected passes of at most 2, one for each variable, got 3."),
    );
    expect(() => nflowsMaf({ ...nflows, features: 2, residual: false, hidden: [4, 5] })).toThrow(
      new OptionError("nflowsMaf: expected hidden layers of one width, as nflows has them, got [4, 5]."),
    );
    expect(() => zukoMaf({ ...zuko, features: 2, residual: true, hidden: [] })).toThrow(
      new OptionError("Made: expected at least one hidden layer for residual blocks, got none."),
    );
    expect(() => realNvp({ features: 2, permutation: "turn" as "random", key })).toThrow(
      new OptionError('realNvp: expected permutation to be "reverse" or "random", got "turn".'),
    );
    expect(() => zukoRealNvp({ ...zuko, features: 2, residual: true })).toThrow(
      new OptionError(
        "zukoRealNvp: expected no residual, got true: zuko has no residual network without masks. Leave it out.",
      ),
    );
  });
});
