import { useBackend } from "@pushforward/backend";
import {
  type ConditionalDistribution,
  ContextError,
  createKey,
  type Distribution,
  OptionError,
  type ParameterTree,
  type TensorLike,
} from "@pushforward/core";
import { AbstractModule, parameter } from "@pushforward/core/extend";
import { DiagonalNormal } from "@pushforward/distributions";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../../testing/test/deep.ts";
import { train } from "../fit/train.ts";
import { TapedGradients } from "./gradients.ts";
import { contrastiveLoss } from "./loss.ts";

/** q(x | c) = N(x; a c + b, exp(l)). */
class Line extends AbstractModule implements ConditionalDistribution {
  readonly contextShape = [1];
  readonly numbers = parameter([3]);

  given(context: TensorLike): Distribution {
    const [a, b, l] = tf.split(this.numbers.variable, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return new DiagonalNormal({ mean: tf.add(tf.mul(context as tf.Tensor, a), b), scale: tf.exp(l) });
  }

  override parameters(): ParameterTree {
    return new Map([["numbers", this.numbers]]);
  }
}

const normal = (x: number, mean: number, sd: number): number =>
  -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);

/** The formula in float64, with all rows as atoms of each; the prior is N(0.5, 2). */
function exact(
  x: readonly number[],
  c: readonly number[],
  [a, b, l]: readonly [number, number, number],
  weights?: readonly number[],
): number {
  const losses = c.map((ci, i) => {
    const ratios = x.map((xj) => Math.exp(normal(xj, a * ci + b, Math.exp(l)) - normal(xj, 0.5, 2)));
    return -Math.log((ratios[i] as number) / ratios.reduce((p, q) => p + q));
  });
  return losses.reduce((sum, loss, i) => sum + loss * (weights?.[i] ?? 1), 0) / losses.length;
}

const prior = (): DiagonalNormal => new DiagonalNormal({ mean: [0.5], scale: [2] });
const key = createKey(4);

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each([[undefined], [[0.5, 2, 0.5, 1]]])(
      "is the formula, and its gradient the slope: weights %s",
      (weights) => {
        const [x, c] = [
          [0.3, -1, 2, 0.7],
          [1, -0.5, 1.5, 0],
        ] as const;
        const at = [0.8, -0.2, -0.4] as const;
        using model = new Line();
        model.numbers.write(at);
        const loss = contrastiveLoss({ prior: prior(), atoms: 4 });
        const gradients = new TapedGradients(model.parameters());
        let value = Number.NaN;
        let slopes: number[] = [];
        tf.tidy(() => {
          const [rows, context] = [tf.tensor2d([...x], [4, 1]), tf.tensor2d([...c], [4, 1])];
          const batch = { x: rows, context, size: 4, ...(weights && { weights: tf.tensor1d(weights) }) };
          const found = gradients.of(() => loss(model, batch, key));
          value = found.loss;
          slopes = [...(found.gradients.get("numbers") as tf.Tensor).dataSync()];
        });
        gradients.dispose();
        expect(value).toBeCloseTo(exact(x, c, at, weights), 5);
        expect(slopes.length).toBe(3);
        for (const [i, slope] of slopes.entries()) {
          const moved = (step: number) => at.map((v, j) => (j === i ? v + step : v)) as [number, number, number];
          const expected = (exact(x, c, moved(1e-5), weights) - exact(x, c, moved(-1e-5), weights)) / 2e-5;
          expect(Math.abs(slope - expected)).toBeLessThan(1e-4);
        }
      },
    );

    test("fewer atoms are other rows, each at most once", () => {
      using model = new Line();
      const loss = (atoms: number, size: number): number =>
        tf.tidy(() => {
          const x = tf.ones([size, 1]);
          return contrastiveLoss({ prior: prior(), atoms })(
            model,
            { x, context: x, size },
            key,
          ).dataSync()[0] as number;
        });
      // Of equal rows each has the same share.
      expect(loss(3, 5)).toBeCloseTo(Math.log(3), 5);
      expect(loss(10, 5)).toBeCloseTo(Math.log(5), 5);
      expect(loss(10, 1)).toBeCloseTo(0, 5);
    });

    test.runIf(DEEP)("finds the posterior of the prior from parameters of a proposal", async () => {
      // c = x + e/2, x ~ N(0, 1), so x | c ~ N(0.8 c, 0.2). Of rows from N(1, 0.7²) the likelihood alone gives a slope of 0.66.
      const n = 4000;
      const [z, e] = [key.fold("x").normal(n), key.fold("e").normal(n)];
      const x = Array.from(z, (value) => [1 + 0.7 * value]);
      const context = x.map(([value = 0], i) => [value + 0.5 * (e[i] as number)]);
      using model = new Line();
      await train(
        model,
        { x, context },
        {
          key,
          loss: contrastiveLoss({ prior: new DiagonalNormal({ features: 1 }), atoms: 20 }),
          maxEpochs: 12,
          batchSize: 200,
          learningRate: 0.03,
          validation: 0,
        },
      );
      const found = [...model.numbers.read()];
      for (const [i, expected] of [0.8, 0, 0.5 * Math.log(0.2)].entries()) {
        expect(Math.abs((found[i] as number) - expected)).toBeLessThan(0.08);
      }
    });
  });
}

test("errors", async () => {
  await useBackend("cpu");
  expect(() => contrastiveLoss({ prior: prior(), atoms: 1 })).toThrow(
    new OptionError("contrastiveLoss: expected atoms to be an integer from 2, got 1."),
  );
  using model = new Line();
  const x = tf.ones([2, 1]);
  const loss = contrastiveLoss({ prior: prior() });
  expect(() => loss(model, { x, size: 2 }, key)).toThrow(
    new ContextError("contrastiveLoss: expected data with a context, got none."),
  );
  using learnable = new DiagonalNormal({ features: 1, learnable: true });
  expect(() => loss(learnable, { x, context: x, size: 2 }, key)).toThrow(
    new OptionError("contrastiveLoss: expected a conditional distribution, got a model without a context."),
  );
  x.dispose();
});
