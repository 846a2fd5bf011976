import { useBackend } from "@pushforward/backend";
import {
  ContextError,
  createKey,
  DisposedError,
  DomainError,
  ModelFileError,
  OptionError,
  ShapeError,
} from "@pushforward/core";
import { currentExecutor, isDistribution, setExecutor } from "@pushforward/core/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distributionsCodecs } from "../extend.ts";
import {
  ConditionalGaussianMixture,
  GaussianMixture,
  GaussianMixturePerClass,
  Mixture,
  MultivariateNormal,
} from "../index.ts";

const key = createKey(23);
const registry = createRegistry(...distributionsCodecs);

function values(make: () => tf.Tensor): number[] {
  return tf.tidy(() => Array.from(make().dataSync()));
}

function withTensors<T>(compute: () => T): T {
  const executor = currentExecutor();
  setExecutor(tf.backend(), undefined);
  try {
    return compute();
  } finally {
    setExecutor(tf.backend(), executor);
  }
}

/** Gaussians of a fit: flat arrays in float64, whose factors have this size. */
function fitted(
  components: number,
  n: number,
  size: number,
): { weights: Float64Array; means: Float64Array; scaleTrils: Float64Array } {
  const [a, b] = key.fold("fit").split();
  const noise = b?.normal(components * n * n) as Float32Array;
  return {
    weights: Float64Array.from({ length: components }, (_, k) => 1 + (k % 3)),
    means: Float64Array.from(a?.normal(components * n) as Float32Array, (value) => 3 * value),
    scaleTrils: Float64Array.from(noise, (value, at) => {
      const [i, j] = [Math.floor(at / n) % n, at % n];
      return i === j ? size * (1 + 0.2 * value) : i > j ? 0.3 * size * value : 0;
    }),
  };
}

/** The log-density in float64, by substitution. */
function reference({ weights, means, scaleTrils }: ReturnType<typeof fitted>, x: ArrayLike<number>): number {
  const n = x.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const terms = Array.from(weights, (weight, k) => {
    const z: number[] = [];
    let term = Math.log(weight / total) - (n / 2) * Math.log(2 * Math.PI);
    for (let i = 0; i < n; i++) {
      let rest = (x[i] as number) - (means[k * n + i] as number);
      for (let j = 0; j < i; j++) rest -= (scaleTrils[(k * n + i) * n + j] as number) * (z[j] as number);
      const pivot = scaleTrils[(k * n + i) * n + i] as number;
      z.push(rest / pivot);
      term -= Math.log(pivot) + 0.5 * (z[i] as number) ** 2;
    }
    return term;
  });
  const peak = Math.max(...terms);
  return peak + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - peak), 0));
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("is the mixture of its normals", () => {
      const options = {
        weights: [1, 3],
        means: [
          [-2, 0],
          [2, 1],
        ],
        covariances: [
          [
            [1, 0],
            [0, 1],
          ],
          [
            [0.5, 0.3],
            [0.3, 0.3],
          ],
        ],
      };
      const components = options.means.map(
        (mean, k) => new MultivariateNormal({ mean, covariance: options.covariances[k] as number[][] }),
      );
      const other = new Mixture({ weights: options.weights, components });
      const x = tf.tensor2d(key.normal(60), [30, 2]);
      const expected = values(() => other.logProb(x));
      for (const learnable of [false, true]) {
        using mixture = new GaussianMixture({ ...options, learnable });
        for (const found of [values(() => mixture.logProb(x)), withTensors(() => values(() => mixture.logProb(x)))]) {
          for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 4);
        }
      }
      x.dispose();
    });

    test("narrow components are as precise as float32 means allow", () => {
      const n = 10;
      const fit = fitted(16, n, 0.0032);
      // What a float32 mean can say, so that only the arithmetic is measured; whitening entries are around 300.
      const exact = { ...fit, means: fit.means.map(Math.fround) };
      using mixture = new GaussianMixture({ ...exact, learnable: true });
      const x = Float32Array.from({ length: 40 * n }, (_, i) => {
        const k = Math.floor(i / n) % 16;
        return (exact.means[k * n + (i % n)] as number) + 0.0032 * (((i * 7919) % 100) / 25 - 2);
      });
      const rows = tf.tensor2d(x, [40, n]);
      const expected = Array.from({ length: 40 }, (_, row) => reference(exact, x.subarray(row * n, row * n + n)));
      for (const found of [
        values(() => mixture.logProb(rows)),
        withTensors(() => values(() => mixture.logProb(rows))),
      ]) {
        for (const [i, value] of expected.entries()) {
          expect(Math.abs((found[i] as number) - value) / Math.max(1, Math.abs(value))).toBeLessThan(3e-6);
        }
      }
      rows.dispose();
    });

    test("far away there is no density and no gradient, and NaN only for NaN", () => {
      using mixture = new GaussianMixture({ ...fitted(3, 2, 0.003), learnable: true });
      const far = [1e13, 1e15, 1e30, 3e38, Number.POSITIVE_INFINITY].flatMap((v) => [
        [v, 0],
        [0, -v],
        [-v, v],
      ]);
      const check = (): void => {
        for (const value of values(() => mixture.logProb(far))) {
          expect(value).not.toBeNaN();
          expect(value).toBeLessThan(-1e20);
        }
        const slopes = values(() => tf.grad((x: tf.Tensor) => tf.sum(mixture.logProb(x)))(tf.tensor(far.slice(6))));
        expect(slopes.every((slope) => slope === 0)).toBe(true);
        expect(
          values(() =>
            mixture.logProb([
              [Number.NaN, 1],
              [0, 0],
            ]),
          ).map(Number.isNaN),
        ).toEqual([true, false]);
      };
      check();
      withTensors(check);
    });

    test("draws have the moments of the mixture, in random order, and move with its parameters", () => {
      using mixture = new GaussianMixture({
        weights: [1, 3],
        means: [[-5], [5]],
        scaleTrils: [[[1]], [[2]]],
        learnable: true,
      });
      const draws = values(() => mixture.sample(key, [8000]));
      const share = (part: number[]): number => part.filter((x) => x < -1.5).length / part.length;
      expect(share(draws)).toBeCloseTo(0.25, 1);
      expect(share(draws.slice(0, 1000))).toBeCloseTo(0.25, 1);
      const [shift] = [...mixture.parameters()]
        .filter(([name]) => name === "shift")
        .map(([, parameter]) => parameter.variable);
      const weights = Float32Array.from({ length: 50 }, (_, i) => i * i);
      const few = values(() => mixture.sample(key, [50]));
      const loss = (): tf.Scalar => tf.sum(tf.mul(tf.reshape(mixture.sample(key, [50]), [50]), tf.tensor(weights)));
      const gradient = values(
        () => tf.variableGrads(loss, [shift as tf.Variable]).grads[(shift as tf.Variable).name] as tf.Tensor,
      );
      const total = (isFirst: boolean): number =>
        few.reduce((sum, x, i) => sum + (x < -1.5 === isFirst ? (weights[i] as number) : 0), 0);
      // x = m + L·(z − b): each draw moves by −L, in its own place.
      expect(gradient[0]).toBeCloseTo(-total(true), 0);
      expect(gradient[1]).toBeCloseTo(-2 * total(false), 0);
      expect(tf.tidy(() => mixture.sample(key, [0]).shape)).toEqual([0, 1]);
    });

    test("a conditional mixture is the joint one over that of the context", () => {
      const n = 4;
      const fit = fitted(5, n, 0.7);
      const joint = new GaussianMixture(fit);
      const c = 2;
      const ofContext = new GaussianMixture({
        weights: fit.weights,
        means: Array.from({ length: 5 }, (_, k) => Array.from(fit.means.subarray(k * n, k * n + c))),
        scaleTrils: Array.from({ length: 5 }, (_, k) =>
          Array.from({ length: c }, (__, i) =>
            Array.from(fit.scaleTrils.subarray((k * n + i) * n, (k * n + i) * n + c)),
          ),
        ),
      });
      const p = new ConditionalGaussianMixture({ ...fit, contextFeatures: 3, contextColumns: [2, 0] });
      const x = joint.sample(key, [20]);
      const numbers = x.arraySync() as number[][];
      // The second column is not seen, whatever it is.
      const context = numbers.map((row) => [row[1] as number, Number.NaN, row[0] as number]);
      const expected = values(() => tf.sub(joint.logProb(x), ofContext.logProb(tf.slice(x, [0, 0], [20, c]))));
      const given = p.given(context);
      expect(given.batchShape).toEqual([20]);
      expect(given.eventShape).toEqual([2]);
      const found = values(() => given.logProb(tf.slice(x, [0, c], [20, n - c])));
      for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 3);
      expect(tf.tidy(() => given.sample(key, [6]).shape)).toEqual([6, 20, 2]);
      x.dispose();
    });

    test("far from all contexts the density is still one", () => {
      const p = new ConditionalGaussianMixture({
        contextFeatures: 1,
        weights: [1, 1],
        means: [
          [-1, 0],
          [1, 3],
        ],
        covariances: [
          [
            [1, 0],
            [0, 1],
          ],
          [
            [4, 0],
            [0, 0.25],
          ],
        ],
      });
      const x = tf.tensor2d(
        Array.from({ length: 1301 }, (_, i) => i / 100 - 5),
        [1301, 1],
      );
      const check = (): void => {
        for (const c of [30, -1e3, 1e6]) {
          // The wide component takes all.
          const logProb = values(() => p.given([c]).logProb(x));
          const mass = logProb.reduce((sum, value) => sum + Math.exp(value) * 0.01, 0);
          expect(mass).toBeCloseTo(1, 3);
          expect(logProb[800]).toBeCloseTo(Math.log(2) - 0.5 * Math.log(2 * Math.PI), 3);
        }
        for (const c of [1e30, Number.NEGATIVE_INFINITY]) {
          expect(values(() => p.given([c]).logProb(x)).every((value) => value === Number.NEGATIVE_INFINITY)).toBe(true);
        }
        expect(values(() => p.given([Number.NaN]).logProb(x)).every(Number.isNaN)).toBe(true);
      };
      check();
      withTensors(check);
      x.dispose();
    });

    test("each class has its own mixture, and weights of classes mix them", () => {
      const fit = fitted(6, 2, 0.8);
      const p = new GaussianMixturePerClass({ ...fit, contextFeatures: 4, classColumns: [3, 0, 1] });
      expect(p.components).toBe(2);
      const x = tf.tensor2d(key.normal(20), [10, 2]);
      const ofClass = [0, 1, 2].map((c) => {
        const part = (array: Float64Array, size: number): Float64Array =>
          array.subarray(2 * c * size, 2 * (c + 1) * size);
        return new GaussianMixture({
          weights: part(fit.weights, 1),
          means: part(fit.means, 2),
          scaleTrils: part(fit.scaleTrils, 4),
        });
      });
      const expected = ofClass.map((mixture) => values(() => mixture.logProb(x)));
      const check = (): void => {
        for (const [c, column] of [3, 0, 1].entries()) {
          const context = [0, 0, 7, 0].map((value, i) => (i === column ? 1 : value));
          const found = values(() => p.given(context).logProb(x));
          for (const [i, value] of (expected[c] as number[]).entries()) expect(found[i]).toBeCloseTo(value, 4);
        }
        const mixed = values(() => p.given([0.25, 0.75, 7, 0]).logProb(x));
        for (const [i, value] of mixed.entries()) {
          const [, a, b] = expected.map((all) => Math.exp(all[i] as number)) as [number, number, number];
          expect(value).toBeCloseTo(Math.log(0.25 * a + 0.75 * b), 4);
        }
        expect(values(() => p.given([0, 0, 7, 0]).logProb([1, 1]))).toEqual([Number.NEGATIVE_INFINITY]);
        expect(values(() => p.given([0, 0, 7, 0]).logProb([Number.NaN, 1]))).toEqual([Number.NaN]);
        expect(values(() => p.given([-1, 0, 7, 1]).logProb([1, 1]))).toEqual([Number.NaN]);
      };
      check();
      withTensors(check);
      const before = tf.memory().numTensors;
      expect(() =>
        p
          .given([
            [1, 0, 0, 0],
            [0, 0, 1, 0],
          ])
          .sample(key),
      ).toThrow(
        new ContextError(
          "GaussianMixturePerClass.sample: expected a class in each context, got weights [0, 0, 0] in row 1.",
        ),
      );
      expect(tf.memory().numTensors).toBe(before);
      x.dispose();
    });

    test("a model file holds the numbers as tensors, of a fixed mixture as well", () => {
      for (const learnable of [false, true]) {
        using mixture = new GaussianMixture({ ...fitted(128, 10, 0.5), learnable });
        const [logits] = [...mixture.parameters().values()];
        logits?.write(logits.read().map((value) => value * 1.5));
        expect(JSON.stringify(mixture.config()).length).toBeLessThan(80);
        const bytes = encodeModel(mixture, registry);
        const { model } = decodeModel(bytes, registry, { is: isDistribution });
        const x = tf.tensor2d(key.normal(100), [10, 10]);
        expect(values(() => model.logProb(x))).toEqual(values(() => mixture.logProb(x)));
        x.dispose();
        (model as GaussianMixture).dispose();
      }
    });

    test("a disposed one says so", () => {
      const mixture = new GaussianMixture({ features: 2 });
      mixture.dispose();
      mixture.dispose();
      expect(() => mixture.logProb([0, 0])).toThrow(DisposedError);
      expect(() => mixture.sample(key)).toThrow(DisposedError);
    });
  });
}

test("a hostile config costs nothing", () => {
  const config = { components: 65_536, features: 65_536, learnable: true };
  const node = { type: "pushforward/gaussian-mixture", version: 1, config };
  // It is only described until the file turns out to hold as many numbers.
  const { components, eventShape } = registry.decode(node) as GaussianMixture;
  expect([components, ...eventShape]).toEqual([65_536, 65_536]);
  const wrongNodes: [object, RegExp][] = [
    [{ ...node, config: { ...config, features: 0 } }, /features: expected an integer/],
    [{ ...node, config: { ...config, weights: [1] } }, /expected no field "weights"/],
    [
      {
        ...node,
        type: "pushforward/conditional-gaussian-mixture",
        config: { components: 1, features: 2, contextFeatures: 3, contextColumns: [0, 5], learnable: false },
      },
      /different columns of a context of 3, got 5/,
    ],
    [
      {
        ...node,
        type: "pushforward/gaussian-mixture-per-class",
        config: { components: 1, features: 2, contextFeatures: 3, classColumns: [1, 1], learnable: false },
      },
      /different columns of a context of 3, got 1/,
    ],
  ];
  for (const [bad, message] of wrongNodes) {
    expect(() => registry.decode(bad as never)).toThrow(ModelFileError);
    expect(() => registry.decode(bad as never)).toThrow(message);
  }
});

const wrong: [string, () => unknown, new (...args: never[]) => Error, string][] = [
  [
    "a weight of 0",
    () => new GaussianMixture({ weights: [1, 0], means: [0, 1] }),
    DomainError,
    "GaussianMixture: expected positive weights, got 0.",
  ],
  [
    "no size",
    () => new GaussianMixture({ weights: [1, 2] }),
    OptionError,
    "GaussianMixture: expected means, covariances or the option features, got none.",
  ],
  [
    "means of another number",
    () => new GaussianMixture({ weights: [1, 2], means: [[1], [2], [3]] }),
    ShapeError,
    "GaussianMixture: expected means of shape [2, 1] or an equal number of values, got [3, 1].",
  ],
  [
    "factors of another size",
    () => new GaussianMixture({ means: [[1, 2]], scaleTrils: [[[1]]] }),
    ShapeError,
    "GaussianMixture: expected scaleTrils of shape [1, 2, 2] or an equal number of values, got [1, 1, 1].",
  ],
  [
    "flat means that do not fit",
    () => new GaussianMixture({ weights: [1, 2], means: [1, 2, 3] }),
    ShapeError,
    "GaussianMixture: expected features to be an integer of at least 1, got 1.5.",
  ],
  [
    "both kinds of matrices",
    () => new GaussianMixture({ covariances: [[[1]]], scaleTrils: [[[1]]] }),
    OptionError,
    "GaussianMixture: expected covariances or scaleTrils, got both.",
  ],
  [
    "a covariance that is none",
    () => new GaussianMixture({ covariances: [[[1]], [[-1]]] }),
    DomainError,
    "GaussianMixture component 1: expected a positive definite covariance, got a pivot of -1 in row 0.",
  ],
  [
    "no component",
    () => new GaussianMixture({ weights: [], features: 1 }),
    ShapeError,
    "GaussianMixture: expected at least one component, got 0 in all.",
  ],
  [
    "half a component",
    () => new GaussianMixture({ components: 0.5, features: 1 }),
    OptionError,
    "GaussianMixture: expected components to be an integer of at least 1, got 0.5.",
  ],
  [
    "nothing beside the context",
    () => new ConditionalGaussianMixture({ contextFeatures: 2, means: [[0, 1]] }),
    ShapeError,
    "ConditionalGaussianMixture: expected more features than the 2 of the context, got 2.",
  ],
  [
    "a column that is not there",
    () => new ConditionalGaussianMixture({ contextFeatures: 2, contextColumns: [2], means: [[0, 1]] }),
    ContextError,
    "ConditionalGaussianMixture: expected different columns of a context of 2, got 2.",
  ],
  [
    "components that the classes do not share out",
    () => new GaussianMixturePerClass({ contextFeatures: 2, classColumns: [0, 1], weights: [1, 1, 1], features: 1 }),
    ShapeError,
    "GaussianMixturePerClass: expected the same number of components for each of 2 classes, got 3 in all.",
  ],
  [
    "no class",
    () => new GaussianMixturePerClass({ contextFeatures: 2, classColumns: [], features: 1 }),
    ContextError,
    "GaussianMixturePerClass: expected different columns of a context of 2, got none.",
  ],
];

test.each(wrong)("%s", (_, make, type, message) => {
  expect(make).toThrow(type);
  expect(make).toThrow(message);
});

test("a value or a context of another shape", async () => {
  await useBackend("cpu");
  using mixture = new GaussianMixture({ features: 2 });
  expect(() => mixture.logProb([1, 2, 3])).toThrow(ShapeError);
  const p = new ConditionalGaussianMixture({ contextFeatures: 2, features: 3 });
  expect(() => p.given([1, 2, 3])).toThrow(
    new ContextError("ConditionalGaussianMixture.given: expected a context of shape [..., 2], got [3]."),
  );
  expect(() =>
    p
      .given([
        [1, 2],
        [3, 4],
      ])
      .logProb([[1], [2], [3]]),
  ).toThrow(ShapeError);
});

test("the numbers of a trained mixture make it again", async () => {
  await useBackend("cpu");
  using trained = new GaussianMixture({ ...fitted(3, 3, 0.7), learnable: true });
  for (const [name, parameter] of trained.parameters()) {
    if (parameter.trainable) {
      const noise = key.fold(name).normal(parameter.read().length);
      parameter.write(parameter.read().map((value, i) => value + 0.3 * (noise[i] as number)));
    }
  }
  const { weights, means, scaleTrils, components, features } = trained.numbers();
  expect([components, features]).toEqual([3, 3]);
  expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  using again = new GaussianMixture({ weights, means, scaleTrils });
  const x = tf.tensor(key.fold("x").normal(60), [20, 3]);
  const expected = values(() => trained.logProb(x));
  for (const [i, value] of values(() => again.logProb(x)).entries()) {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  }
});
