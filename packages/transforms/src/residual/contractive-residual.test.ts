import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { withTraining } from "@pushforward/core/extend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { ContractiveResidual, type ContractiveResidualOptions, spectralNorm } from "./contractive-residual.ts";

beforeAll(() => useBackend("cpu"));

const phases: Readonly<Record<string, number>> = {
  "weights.0": 1,
  "weights.1": 2,
  "biases.0": 3,
  "biases.1": 4,
  contextWeight: 5,
};

/** A map whose parameters are sines: value k is that of phase + 1.3 k. */
function known(options: Partial<ContractiveResidualOptions> = {}): ContractiveResidual {
  const map = new ContractiveResidual({ features: 3, context: 1, hidden: [4], ...options });
  for (const [path, parameter] of map.parameters()) {
    parameter.write(parameter.read().map((_, k) => Math.sin((phases[path] as number) + 1.3 * k)));
  }
  return map;
}

const points = () => tf.tensor2d([0.5, -1.2, 2, -3, 4, 0.1], [2, 3]);
const contexts = () => tf.tensor2d([0.3, -2], [2, 1]);

// NumPy: the largest singular values by its SVD, the Jacobian by central differences.
test("values and log-dets", () => {
  using map = known();
  const [y, logDet] = map.forwardAndLogDet(points(), contexts());
  expect(maxError(y, [0.0690991, -1.8724494, 2.0711421, -3.5671566, 3.1877114, 0.2325841])).toBeLessThan(2e-6);
  expect(maxError(logDet, [-0.389826, 0.171593])).toBeLessThan(5e-6);
  expect(maxError(map.inverse(y, contexts()), points())).toBeLessThan(1e-5);
});

test("the spectral norm and its gradient", () => {
  const matrix = tf.tensor2d(
    Array.from({ length: 12 }, (_, k) => Math.sin(1 + 1.3 * k)),
    [3, 4],
  );
  expect(spectralNorm(matrix).dataSync()[0]).toBeCloseTo(1.9531607, 5);
  // The entry of the gradient in row 0, column 1.
  const gradient = tf
    .grad((w: tf.Tensor) => spectralNorm(w))(matrix)
    .dataSync();
  expect(gradient[1]).toBeCloseTo(0.280683, 4);
  expect(spectralNorm(tf.zeros([2, 2])).dataSync()[0]).toBe(0);
});

test("however large its weights are, a map comes back", () => {
  using map = new ContractiveResidual({ features: 2, hidden: [8], key: createKey(0) });
  for (const [path, parameter] of map.parameters()) {
    parameter.write(
      createKey(1)
        .fold(path)
        .normal(parameter.read().length)
        .map((v) => 30 * v),
    );
  }
  const x = tf.tensor2d(createKey(2).normal(40), [20, 2]);
  expect(maxError(map.inverse(map.forward(x)), x)).toBeLessThan(1e-4);
});

test.runIf(DEEP)("training estimates the log-det without bias, everything else computes it", () => {
  using map = known({ exactUpTo: 2 });
  const exact = map.forwardAndLogDet(points(), contexts())[1].dataSync();
  const count = 1000;
  const sums = [0, 0];
  const squares = [0, 0];
  for (let i = 0; i < count; i++) {
    const estimate = withTraining(map, createKey(7).fold(i), () =>
      tf.tidy(() => map.forwardAndLogDet(points(), contexts())[1].dataSync()),
    );
    for (const row of [0, 1]) {
      sums[row] = (sums[row] as number) + (estimate[row] as number);
      squares[row] = (squares[row] as number) + (estimate[row] as number) ** 2;
    }
  }
  for (const row of [0, 1]) {
    const mean = (sums[row] as number) / count;
    const error = Math.sqrt(((squares[row] as number) / count - mean ** 2) / count);
    expect(error).toBeGreaterThan(1e-4);
    expect(Math.abs(mean - (exact[row] as number)) / error).toBeLessThan(4);
  }
  // Few features: exact in training, too.
  using few = known();
  const inTraining = withTraining(few, createKey(7), () => few.forwardAndLogDet(points(), contexts())[1]);
  expect(maxError(inTraining, exact)).toBe(0);
});

test("options are checked; NaN gives NaN and ends the iteration", () => {
  const make = (options: Partial<ContractiveResidualOptions>) => new ContractiveResidual({ features: 2, ...options });
  expect(() => make({ lipschitz: 1 })).toThrow("expected lipschitz above 0 and up to 0.97, got 1");
  expect(() => make({ hidden: [] })).toThrow(OptionError);
  expect(() => make({ activation: "relu" as "tanh" })).toThrow('"silu" or "tanh", got "relu"');
  using map = make({ key: createKey(0) });
  const back = map.inverse(tf.tensor2d([Number.NaN, 1, 2, 3], [2, 2])).dataSync();
  expect([...back].map(Number.isNaN)).toEqual([true, true, false, false]);
});
