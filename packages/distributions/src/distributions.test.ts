import { useBackend } from "@pushforward/backend";
import { createKey, DisposedError, DomainError, ModelFileError, OptionError, ShapeError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distributionsCodecs, independentDistribution } from "./extend.ts";
import { DiagonalNormal, Mixture, MultivariateNormal, StandardNormal, Uniform } from "./index.ts";

const key = createKey(11);
const registry = createRegistry(...distributionsCodecs);

function values(make: () => tf.Tensor): number[] {
  return tf.tidy(() => Array.from(make().dataSync()));
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("Uniform maps the space onto its box; several boxes have no such map", () => {
      const support = new Uniform({ low: [0, -2], high: [1, 3] }).support;
      const onto = values(() => support?.forward(tf.tensor2d([[-50, 50]])) as tf.Tensor);
      expect(onto).toEqual([0, 3]);
      expect(new Uniform({ low: [[0], [1]], high: [2] }).support).toBeUndefined();
      expect(new StandardNormal({ features: 2 })).not.toHaveProperty("support");
    });

    test("batch axes broadcast by NumPy's rules", () => {
      const normal = new DiagonalNormal({
        mean: [
          [0, 0],
          [1, 1],
          [2, 2],
        ],
        scale: [1, 2],
      });
      expect(normal.batchShape).toEqual([3]);
      expect(normal.eventShape).toEqual([2]);
      expect(normal.sample(key, [4, 5]).shape).toEqual([4, 5, 3, 2]);
      expect(normal.logProb(tf.zeros([4, 1, 2])).shape).toEqual([4, 3]);
      const full = new MultivariateNormal({
        mean: [[[0, 1]], [[2, 3]]],
        scaleTril: [
          [
            [1, 0],
            [0, 1],
          ],
          [
            [2, 0],
            [1, 1],
          ],
          [
            [1, 0],
            [3, 1],
          ],
        ],
      });
      expect(full.batchShape).toEqual([2, 3]);
      expect(full.logProb(tf.zeros([2, 3, 2])).shape).toEqual([2, 3]);
    });

    test("gradients flow into tensors that give mean and scale", () => {
      // d/dμ log p = (x − μ)/σ², d/dσ log p = ((x − μ)² − σ²)/σ³ at x = 3, μ = 1, σ = 2.
      const [mean, scale] = tf.tidy(() => {
        const gradient = tf.grads((m: tf.Tensor, s: tf.Tensor) =>
          tf.sum(new DiagonalNormal({ mean: m, scale: s }).logProb([3])),
        );
        return gradient([tf.tensor([1]), tf.tensor([2])]).map((g) => g.dataSync()[0] as number);
      }) as [number, number];
      expect(mean).toBeCloseTo(0.5, 5);
      expect(scale).toBeCloseTo(0, 5);
    });

    test("a scale of one number is counted once for each feature", () => {
      const normal = new DiagonalNormal({ mean: tf.zeros([3]), scale: tf.tensor([2]) });
      expect(values(() => normal.logProb([0, 0, 0]))[0]).toBeCloseTo(
        -3 * (Math.log(2) + 0.5 * Math.log(2 * Math.PI)),
        5,
      );
    });

    test("infinite values have no density and no NaN", () => {
      const far = [
        [Number.POSITIVE_INFINITY, 0],
        [0, Number.NEGATIVE_INFINITY],
      ];
      const all = [
        new StandardNormal({ features: 2 }),
        new DiagonalNormal({ mean: [1, 2], scale: [3, 4] }),
        new MultivariateNormal({
          covariance: [
            [1, 0.5],
            [0.5, 1],
          ],
        }),
        new Uniform({ low: [0, 0], high: [1, 1] }),
      ];
      for (const distribution of [...all, new Mixture({ components: all })]) {
        expect(values(() => distribution.logProb(far))).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      }
    });

    test("the box is closed and its gradient is zero everywhere", () => {
      const box = new Uniform({ low: [0, 0], high: [1, 2] });
      expect(
        values(() =>
          box.logProb([
            [0, 0],
            [1, 2],
            [1, 2.0000005],
          ]),
        ),
      ).toEqual([Math.fround(-Math.LN2), Math.fround(-Math.LN2), Number.NEGATIVE_INFINITY]);
      expect(
        values(() =>
          tf.grad((x: tf.Tensor) => tf.sum(box.logProb(x)))(
            tf.tensor([
              [0.5, 0.5],
              [7, 7],
            ]),
          ),
        ),
      ).toEqual([0, 0, 0, 0]);
    });

    test("the learnable covariance is the same normal as the fixed one", () => {
      const options = {
        mean: [1, 2, 3],
        covariance: [
          [4, 1.2, -0.8],
          [1.2, 1, 0.1],
          [-0.8, 0.1, 0.5],
        ],
      };
      using learnable = new MultivariateNormal({ ...options, learnable: true });
      const fixed = new MultivariateNormal(options);
      const x = [
        [0, 1, 2],
        [1, 2, 3],
        [5, 1, -1],
      ];
      const [a, b] = [fixed, learnable].map((d) => values(() => d.logProb(x))) as [number[], number[]];
      for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 3);
      const [s, t] = [fixed, learnable].map((d) => values(() => d.sample(key, [5]))) as [number[], number[]];
      for (const [i, value] of s.entries()) expect(t[i]).toBeCloseTo(value, 4);
    });

    test("draws of a mixture come in random order, each component as often as its weight says", () => {
      const mixture = new Mixture({
        weights: [1, 3],
        components: [new Uniform({ low: [0], high: [1] }), new Uniform({ low: [5], high: [6] })],
      });
      const draws = values(() => mixture.sample(key, [4000]));
      const share = (part: number[]): number => part.filter((x) => x < 2).length / part.length;
      expect(share(draws)).toBeCloseTo(0.25, 1);
      expect(share(draws.slice(0, 1000))).toBeCloseTo(0.25, 1);
    });

    test("draws of a mixture are differentiable in its components", () => {
      const weights = Float32Array.from({ length: 50 }, (_, i) => i * i);
      const draw = (mean: tf.Tensor): tf.Tensor => {
        const components = [new DiagonalNormal({ mean, scale: [1] }), new DiagonalNormal({ mean: [5] })];
        return tf.reshape(new Mixture({ components }).sample(key, [50]), [50]);
      };
      const loss = (mean: tf.Tensor): tf.Tensor => tf.sum(tf.mul(draw(mean), tf.tensor(weights)));
      const [gradient] = values(() => tf.grad(loss)(tf.tensor([-5])));
      const draws = values(() => draw(tf.tensor([-5])));
      // Each draw of the first component moves with its mean, in its own place.
      expect(gradient).toBe(draws.reduce((sum, x, i) => sum + (x < 0 ? (weights[i] as number) : 0), 0));
    });

    test("each index of a batch has a draw of its own", () => {
      const mixture = new Mixture({
        components: [
          new DiagonalNormal({ mean: [[0]], scale: [1] }),
          new DiagonalNormal({ mean: [0], scale: [[1], [1], [1]] }),
        ],
      });
      const draws = values(() => mixture.sample(key, [20]));
      expect(new Set(draws).size).toBe(60);
    });

    test("no draw leaks", () => {
      using mixture = new Mixture({
        learnable: true,
        components: [new StandardNormal({ features: 2 }), new MultivariateNormal({ features: 2, learnable: true })],
      });
      expectNoLeak(() => [
        mixture.sample(key, [7]),
        mixture.logProb(tf.tidy(() => [[1, 2]])),
        ...mixture.sampleAndLogProb(key),
      ]);
    });

    test("a disposed distribution says so", () => {
      const normal = new DiagonalNormal({ features: 2, learnable: true });
      normal.dispose();
      normal.dispose();
      expect(() => normal.logProb([0, 0])).toThrow(DisposedError);
    });
  });
}

const wrong: [string, () => unknown, new (...args: never[]) => Error, string][] = [
  [
    "asymmetric",
    () =>
      new MultivariateNormal({
        covariance: [
          [0.5, 0.5],
          [0.3, 0.3],
        ],
      }),
    DomainError,
    "MultivariateNormal: expected a symmetric covariance, got 0.5 at [0, 1] and 0.3 at [1, 0].",
  ],
  [
    "indefinite",
    () =>
      new MultivariateNormal({
        covariance: [
          [1, 2],
          [2, 1],
        ],
      }),
    DomainError,
    "MultivariateNormal: expected a positive definite covariance, got a pivot of -3 in row 1. Drop columns that depend on each other, or add a small number to the diagonal.",
  ],
  [
    "singular",
    () =>
      new MultivariateNormal({
        covariance: [
          [0.01, 0.03],
          [0.03, 0.09],
        ],
      }),
    DomainError,
    "got a pivot of",
  ],
  [
    "factor with upper part",
    () =>
      new MultivariateNormal({
        scaleTril: [
          [1, 2],
          [0, 1],
        ],
      }),
    DomainError,
    "expected zeros above the diagonal of scaleTril, got 2 at [0, 1].",
  ],
  [
    "factor with bad diagonal",
    () =>
      new MultivariateNormal({
        scaleTril: [
          [1, 0],
          [0, -1],
        ],
      }),
    DomainError,
    "expected a positive diagonal of scaleTril, got -1 in row 1.",
  ],
  [
    "two matrices",
    () => new MultivariateNormal({ scaleTril: [[1]], covariance: [[1]] }),
    OptionError,
    "expected covariance or scaleTril, got both.",
  ],
  [
    "no matrix",
    () => new MultivariateNormal({ covariance: [1, 2] }),
    ShapeError,
    "expected a square matrix of at least one feature, got [2].",
  ],
  [
    "mean of another size",
    () =>
      new MultivariateNormal({
        mean: [1, 2, 3],
        covariance: [
          [1, 0],
          [0, 1],
        ],
      }),
    ShapeError,
    "expected a mean that fits [2], got [3].",
  ],
  [
    "scale 0",
    () => new DiagonalNormal({ mean: [1, 2], scale: [1, 0] }),
    DomainError,
    "DiagonalNormal: expected positive scales, got 0.",
  ],
  [
    "ragged",
    () => new DiagonalNormal({ mean: [[1, 2], [3]] }),
    ShapeError,
    "DiagonalNormal mean: expected arrays of equal length at each level, got a ragged array.",
  ],
  [
    "NaN",
    () => new DiagonalNormal({ mean: [Number.NaN] }),
    OptionError,
    "DiagonalNormal mean: expected finite numbers, got NaN.",
  ],
  [
    "no features",
    () => new DiagonalNormal({}),
    ShapeError,
    "DiagonalNormal: expected at least one feature, got shape []. Pass arrays, or the option features.",
  ],
  [
    "shapes",
    () => new DiagonalNormal({ mean: [1, 2], scale: [1, 2, 3] }),
    ShapeError,
    "DiagonalNormal: expected scale to broadcast with [2], got [3].",
  ],
  [
    "features 0",
    () => new StandardNormal({ features: 0 }),
    OptionError,
    "StandardNormal: expected features to be an integer of at least 1, got 0.",
  ],
  [
    "box",
    () => new Uniform({ low: [0, 1], high: [1, 1] }),
    DomainError,
    "Uniform: expected low < high as 32-bit numbers, got 1 and 1.",
  ],
  [
    "event",
    () => new StandardNormal({ features: 3 }).logProb([[1], [2]]),
    ShapeError,
    "StandardNormal.logProb: expected values with event shape [3], got shape [2, 1].",
  ],
  [
    "batch",
    () => new DiagonalNormal({ mean: [[1], [2]] }).logProb([[1], [2], [3]]),
    ShapeError,
    "DiagonalNormal.logProb: expected batch axes that broadcast with [2], got [3].",
  ],
  [
    "no component",
    () => new Mixture({ components: [] }),
    OptionError,
    "Mixture: expected at least one component, got none.",
  ],
  [
    "component of another shape",
    () => new Mixture({ components: [new StandardNormal({ features: 1 }), new StandardNormal({ features: 2 })] }),
    ShapeError,
    "Mixture: expected event shape [1] in every component, got [2] in component 1.",
  ],
  [
    "weights",
    () => new Mixture({ weights: [1, 2], components: [new StandardNormal({ features: 1 })] }),
    ShapeError,
    "Mixture: expected 1 weights, one for each component, got 2.",
  ],
  [
    "negative weight",
    () => new Mixture({ weights: [-1], components: [new StandardNormal({ features: 1 })] }),
    DomainError,
    "Mixture: expected weights that are finite and not negative, got -1.",
  ],
  [
    "rank",
    () => independentDistribution(new StandardNormal({ features: 1 }), 1),
    OptionError,
    "independentDistribution: expected a rank from 0 to 0, the axes of batch shape [], got 1.",
  ],
  [
    "borrowed tensors in a file",
    () => registry.encode(new DiagonalNormal({ mean: tf.zeros([2]) })),
    OptionError,
    "DiagonalNormal: expected numbers to save, got tensors. Make it of numbers, or learnable.",
  ],
];

describe("errors", () => {
  beforeAll(() => useBackend("cpu"));
  test.each(wrong)("%s", (_, run, type, text) => {
    expect(run).toThrow(type);
    expect(run).toThrow(text);
  });
});

const hostile: [string, string, unknown][] = [
  ["scale 0", "diagonal-normal", { learnable: false, mean: [0], scale: [0] }],
  [
    "arrays that would broadcast",
    "diagonal-normal",
    { learnable: false, mean: Array(300).fill([0]), scale: [Array(300).fill(1)] },
  ],
  [
    "ragged and huge",
    "diagonal-normal",
    { learnable: false, mean: [Array(60000).fill(0), ...Array(60000).fill([])], scale: [1] },
  ],
  ["strings", "diagonal-normal", { learnable: false, mean: ["x"], scale: [1] }],
  ["unknown field", "standard-normal", { shape: [2], extra: 1 }],
  ["negative size", "standard-normal", { shape: [-2] }],
  [
    "not lower",
    "multivariate-normal",
    {
      learnable: false,
      mean: [0, 0],
      scaleTril: [
        [1, 1],
        [0, 1],
      ],
    },
  ],
  ["empty box", "uniform", { low: [1], high: [0] }],
  ["no weights", "mixture", { learnable: false, weights: [], components: [] }],
  [
    "a rank that is not there",
    "independent-distribution",
    { rank: 3, distribution: { type: "pushforward/standard-normal", version: 1, config: { shape: [2] } } },
  ],
];

test.each(hostile)("a file with %s is refused", (_, name, config) => {
  const node = { type: `pushforward/${name}`, version: 1, config } as never;
  expect(() => registry.decode(node)).toThrow(ModelFileError);
});

test("numbers in a config keep their float64 digits", () => {
  const node = registry.encode(new DiagonalNormal({ mean: [0.1], scale: [1 / 3] }));
  expect(node.config).toEqual({ learnable: false, mean: [0.1], scale: [1 / 3] });
});
