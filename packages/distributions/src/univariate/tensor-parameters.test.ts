import { useBackend } from "@pushforward/backend";
import { createKey, type Distribution, OptionError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import * as univariates from "./univariates.ts";

type Nested = readonly number[] | readonly (readonly number[])[];
type Parameters = Readonly<Record<string, Nested>>;

interface Case {
  readonly name: string;
  readonly parameters: Parameters;
  readonly x: readonly number[];
}

const locationScale = { location: [0.5, -1], scale: [0.7, 2] };

/** Two features each. */
const cases: readonly Case[] = [
  { name: "Bernoulli", parameters: { probs: [0.3, 0.8] }, x: [1, 0] },
  { name: "Beta", parameters: { alpha: [0.7, 5], beta: [2, 3] }, x: [0.2, 0.7] },
  {
    name: "Categorical",
    parameters: {
      logits: [
        [0.3, -1, 0.5],
        [1, 0, 2],
      ],
    },
    x: [2, 0],
  },
  {
    name: "Categorical",
    parameters: {
      probs: [
        [0.3, 1, 0.5],
        [0.4, 3, 2],
      ],
    },
    x: [1, 2],
  },
  { name: "Cauchy", parameters: locationScale, x: [2, -1.5] },
  { name: "Exponential", parameters: { rate: [0.5, 3] }, x: [1.5, 0.4] },
  { name: "Gamma", parameters: { concentration: [0.6, 7], rate: [2, 0.5] }, x: [0.4, 9] },
  { name: "Gumbel", parameters: locationScale, x: [1.5, -2] },
  { name: "HalfNormal", parameters: { scale: [0.5, 2] }, x: [0.9, 0.7] },
  { name: "Laplace", parameters: locationScale, x: [1.5, -3] },
  { name: "Logistic", parameters: locationScale, x: [1.5, -3] },
  { name: "Weibull", parameters: { concentration: [0.7, 2.5], scale: [0.5, 3] }, x: [0.4, 2] },
  { name: "LogNormal", parameters: locationScale, x: [1.5, 0.3] },
  { name: "NegativeBinomial", parameters: { totalCount: [0.8, 6], probs: [0.4, 0.7] }, x: [3, 11] },
  { name: "Poisson", parameters: { rate: [0.8, 12] }, x: [2, 9] },
  { name: "StudentT", parameters: { degreesOfFreedom: [1.5, 6], ...locationScale }, x: [2.5, -2] },
  { name: "TruncatedNormal", parameters: { ...locationScale, low: [-0.5, -4], high: [2, 0.5] }, x: [1.2, -2] },
  { name: "TruncatedNormal", parameters: { ...locationScale, low: [3, -4] }, x: [3.2, -2] },
  { name: "VonMises", parameters: { location: [0.5, -3], concentration: [0.7, 30] }, x: [1.2, 3.1] },
];

const classes = new Map(Object.entries(univariates as Readonly<Record<string, unknown>>));

function make(name: string, options: unknown): Distribution {
  return new (classes.get(name) as new (options: unknown) => Distribution)(options);
}

/** A copy of which the number of an index is moved. */
function moved(value: Nested, index: number, step: number): Nested {
  return tf.tidy(() => {
    const tensor = tf.tensor(value as number[]);
    const values = Array.from(value.flat() as number[], (v, i) => (i === index ? v + step : v));
    const [, width] = tensor.shape;
    if (width === undefined) return values;
    return [values.slice(0, width), values.slice(width)];
  });
}

/** The fourth-order difference quotient of log-densities of numbers. */
function quotient(theCase: Case, parameter: string, index: number): number {
  const { name, parameters, x } = theCase;
  const h = 0.02;
  const at = (steps: number): number => {
    const value = moved(parameters[parameter] as Nested, index, steps * h);
    return tf.tidy(
      () =>
        make(name, { ...parameters, [parameter]: value })
          .logProb(x)
          .dataSync()[0] as number,
    );
  };
  return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each(cases)("gradients by parameters are slopes: $name, $parameters", (theCase) => {
      const { name, parameters, x } = theCase;
      const names = Object.keys(parameters);
      const [numbers, followed, slopes] = tf.tidy(() => {
        const tensors = Object.values(parameters).map((value) => tf.tensor(value as number[]));
        const logProb = (...given: tf.Tensor[]): tf.Tensor =>
          make(name, Object.fromEntries(names.map((parameter, i) => [parameter, given[i]]))).logProb(x);
        const gradients = tf.grads((...given: tf.Tensor[]) => tf.mul(2, logProb(...given)))(tensors);
        return [
          make(name, parameters).logProb(x).dataSync()[0] as number,
          logProb(...tensors).dataSync()[0] as number,
          gradients.map((gradient) => Array.from(gradient.dataSync())),
        ] as const;
      });
      expect(Math.abs(followed - numbers)).toBeLessThan(1e-5);
      for (const [i, parameter] of names.entries()) {
        for (const [index, slope] of (slopes[i] as number[]).entries()) {
          const expected = 2 * quotient(theCase, parameter, index);
          expect(Math.abs(slope - expected), parameter).toBeLessThan(3e-3 * Math.max(1, Math.abs(expected)));
        }
      }
    });

    test("a shared tensor collects the gradients of all elements", () => {
      const slope = tf.tidy(() => {
        const logProb = (rate: tf.Tensor): tf.Tensor =>
          new univariates.Poisson({ rate, features: 2 }).logProb([
            [1, 2],
            [3, 6],
          ]);
        return tf.grad(logProb)(tf.scalar(2)).dataSync()[0];
      });
      expect(slope).toBeCloseTo(12 / 2 - 4, 5);
    });

    test("outside of the support nothing follows, and what is NaN stays NaN", () => {
      const gradientAt = (x: number, concentration: number): readonly number[] =>
        tf.tidy(() => {
          const logProb = (a: tf.Tensor): tf.Tensor => new univariates.Gamma({ concentration: a }).logProb([x]);
          const a = tf.tensor1d([concentration]);
          return [logProb(a).dataSync()[0] as number, tf.grad(logProb)(a).dataSync()[0] as number];
        });
      expect(gradientAt(-1, 2)).toEqual([Number.NEGATIVE_INFINITY, 0]);
      expect(gradientAt(Number.NaN, 2)).toEqual([Number.NaN, Number.NaN]);
      expect(gradientAt(1, Number.NaN)).toEqual([Number.NaN, Number.NaN]);
      const logits = tf.tensor2d([[Number.NaN, 1]]);
      const categorical = new univariates.Categorical({ logits });
      expect(tf.tidy(() => categorical.logProb([1]).dataSync()[0])).toBeNaN();
      expect(tf.tidy(() => categorical.sample(createKey(0)).dataSync()[0])).toBeNaN();
      logits.dispose();
    });
  });
}

test("every class has a case", () => {
  const names = [...classes.keys()].filter((name) => /^(?!Abstract)[A-Z]/.test(name));
  expect(names.filter((name) => !cases.some((theCase) => theCase.name === name))).toEqual([]);
});

test("tensors are not saved", async () => {
  await useBackend("cpu");
  const rate = tf.tensor1d([1]);
  expect(() => new univariates.Poisson({ rate }).config()).toThrow(
    new OptionError("Poisson: expected numbers to save, got tensors. Make it of numbers."),
  );
  const logits = tf.tensor2d([[0, 1]]);
  expect(() => new univariates.Categorical({ logits }).config()).toThrow(
    new OptionError("Categorical: expected numbers to save, got tensors. Make it of numbers."),
  );
  expect(() => new univariates.Categorical({})).toThrow(
    new OptionError("Categorical: expected probs or logits, got neither."),
  );
  tf.dispose([rate, logits]);
});
