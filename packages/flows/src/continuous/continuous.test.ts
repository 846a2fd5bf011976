import { useBackend } from "@pushforward/backend";
import { createKey, type Parameter } from "@pushforward/core";
import { AbstractModule, parameter } from "@pushforward/core/extend";
import { matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Continuous } from "./continuous.ts";
import { type VelocityField, VelocityNetwork } from "./velocity-network.ts";

/** `v = x A`, whose flow is `x e^A`. */
class LinearField extends AbstractModule implements VelocityField {
  readonly features = 2;
  readonly contextSize = 0;
  readonly matrix: Parameter;

  constructor(values: readonly number[]) {
    super();
    this.matrix = parameter([2, 2], values);
  }

  velocity(_t: tf.Tensor, x: tf.Tensor): tf.Tensor {
    return matMul(x, this.matrix.variable);
  }

  velocityAndDivergence(t: tf.Tensor, x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] {
    const trace = tf.sum(tf.mul(this.matrix.variable, tf.eye(2)));
    return [this.velocity(t, x), tf.add(tf.zeros([x.shape[0] as number]), trace)];
  }
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a field of one's own: the flow of a linear field is the exponential of its matrix", () => {
      // A turn by π/2 with a growth of e^0.3.
      using layer = new Continuous({ field: new LinearField([0.3, Math.PI / 2, -Math.PI / 2, 0.3]) });
      const [y, logDet] = layer.forwardAndLogDet(
        tf.tensor2d([
          [1, 0],
          [0, 2],
        ]),
      );
      const growth = Math.exp(0.3);
      const expected = [0, growth, -2 * growth, 0];
      for (const [i, value] of y.dataSync().entries())
        expect(Math.abs(value - (expected[i] as number))).toBeLessThan(2e-5);
      for (const value of logDet.dataSync()) expect(value).toBeCloseTo(0.6, 5);
      const { grads } = tf.variableGrads(() => tf.sum(layer.forwardAndLogDet(tf.tensor2d([[1, 0]]))[1]) as tf.Scalar);
      const gradient = Object.values(grads)[0] as tf.Tensor;
      // Of the trace: 1 on the diagonal.
      for (const [i, value] of gradient.dataSync().entries()) expect(value).toBeCloseTo(i % 3 === 0 ? 1 : 0, 5);
    });

    test("a context that is not finite spoils its own row alone", () => {
      using layer = new Continuous({ field: new VelocityNetwork({ features: 1, context: 1, key: createKey(0) }) });
      for (const [path, p] of layer.parameters()) {
        p.write(
          Array.from(
            p.read(),
            (v, i) =>
              v +
              0.3 *
                (createKey(1)
                  .fold(path)
                  .normal(i + 1)[i] as number),
          ),
        );
      }
      const x = tf.tensor2d([[0.5], [0.5]]);
      const [first, second] = layer.inverse(x, tf.tensor2d([[Number.NaN], [1]])).dataSync();
      expect(first).toBeNaN();
      expect(second).toBe(layer.inverse(tf.tensor2d([[0.5]]), tf.tensor2d([[1]])).dataSync()[0]);
    });

    test("a probe of Hutchinson has the exact divergence as its mean", () => {
      using field = new VelocityNetwork({ features: 3, hidden: [5, 6, 5], key: createKey(0) });
      for (const [path, p] of field.parameters()) p.write(createKey(2).fold(path).normal(p.read().length));
      const rows = 4000;
      const x = tf.tile(tf.tensor2d([[0.3, -0.4, 1]]), [rows, 1]);
      const t = tf.fill([rows, 1], 0.2);
      const probe = tf.tensor2d(
        createKey(3)
          .uniform(3 * rows)
          .map((u) => (u < 0.5 ? -1 : 1)),
        [rows, 3],
      );
      const estimates = Array.from(field.velocityAndDivergence(t, x, undefined, probe)[1].dataSync());
      const exact = field.velocityAndDivergence(t, x)[1].dataSync()[0] as number;
      const mean = estimates.reduce((sum, v) => sum + v / rows, 0);
      const sd = Math.sqrt(estimates.reduce((sum, v) => sum + (v - mean) ** 2 / rows, 0));
      expect(sd).toBeGreaterThan(0.01);
      expect(Math.abs(mean - exact)).toBeLessThan((4 * sd) / Math.sqrt(rows));
    });
  });
}

test("an equation that is too stiff, and options out of range, are told", async () => {
  await useBackend("wasm");
  using layer = new Continuous({ field: new LinearField([-1e6, 0, 0, 1]), maxSteps: 50 });
  expect(() => layer.forward(tf.ones([3, 2]))).toThrow(
    /Continuous.forward: expected the differential equation to be solved within 50 steps .* got to time 0.00\d in row 0/,
  );
  const field = new LinearField([0, 0, 0, 0]);
  expect(() => new Continuous({ field, relativeTolerance: 0 })).toThrow("expected relativeTolerance above 0");
  expect(() => new Continuous({ field, steps: 0 })).toThrow("expected steps to be an integer");
  expect(() => new Continuous({ field, solver: "euler" as "runge-kutta-4" })).toThrow("expected solver");
  expect(() => new VelocityNetwork({ features: 1, activation: "relu" as "tanh" })).toThrow("smooth activation");
});
