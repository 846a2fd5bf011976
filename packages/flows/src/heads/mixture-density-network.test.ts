import { useBackend } from "@pushforward/backend";
import { Mlp } from "@pushforward/conditioners";
import { ContextError, createKey, OptionError, ShapeError } from "@pushforward/core";
import { MultivariateNormal } from "@pushforward/distributions";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { MixtureDensityNetwork, mixtureDensityOutputSize } from "./mixture-density-network.ts";

const key = createKey(11);

function values(make: () => tf.Tensor): number[] {
  return tf.tidy(() => Array.from(make().dataSync()));
}

/** A network whose outputs are these, whatever the context. */
function constant(outputs: readonly number[]): Mlp {
  const mlp = new Mlp({ inputSize: 1, outputSize: outputs.length, hidden: [] });
  mlp.layers[0]?.bias.write(outputs);
  return mlp;
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("is the mixture of normals that its numbers say", () => {
      const logs = [0.1, -0.3, 0.4, 0.2, -0.5, 0];
      const below = [0.5, -0.2, 0.3, -0.4, 0.1, 0.6];
      const means = [1, 2, 3, -1, 0, 1];
      const conditioner = constant([0.2, -0.6, ...means, ...logs, ...below]);
      using mixture = new MixtureDensityNetwork({ features: 3, components: 2, conditioner, epsilon: 0 });
      const x = [0.5, -0.25, 2];
      const weight = 1 / (1 + Math.exp(-0.8));
      const densities = [0, 1].map((k) => {
        const [a, b, c] = below.slice(3 * k, 3 * k + 3) as [number, number, number];
        const [p, q, r] = logs.slice(3 * k, 3 * k + 3).map(Math.exp) as [number, number, number];
        const scaleTril = [
          [p, 0, 0],
          [a, q, 0],
          [b, c, r],
        ];
        const normal = new MultivariateNormal({ mean: means.slice(3 * k, 3 * k + 3), scaleTril });
        return Math.exp(values(() => normal.logProb(x))[0] as number);
      }) as [number, number];
      const expected = Math.log(weight * densities[0] + (1 - weight) * densities[1]);
      expect(values(() => mixture.given([7]).logProb(x))[0]).toBeCloseTo(expected, 5);
    });

    test("draws have the moments of the component", () => {
      // The second component has no weight.
      const conditioner = constant([0, -1e9, 1, -2, 9, 9, Math.log(0.5), Math.log(2), 0, 0, 1.5, 0]);
      using mixture = new MixtureDensityNetwork({ features: 2, components: 2, conditioner });
      const draws = values(() => mixture.given([[0], [1]]).sample(key, [20_000]));
      const moment = (of: (a: number, b: number) => number): number => {
        let sum = 0;
        for (let i = 0; i < draws.length; i += 2) sum += of((draws[i] as number) - 1, (draws[i + 1] as number) + 2);
        return sum / (draws.length / 2);
      };
      const moments = [
        moment((a) => a),
        moment((_, b) => b),
        moment((a) => a * a),
        moment((a, b) => a * b),
        moment((_, b) => b * b),
      ];
      // Of L Lᵀ with L = [[0.5, 0], [1.5, 2]]; 5 standard errors of 40,000 draws.
      for (const [i, expected] of [0, 0, 0.25, 0.75, 6.25].entries()) {
        expect(Math.abs((moments[i] as number) - expected)).toBeLessThan(0.025 * Math.max(1, 9 * expected));
      }
    });
  });
}

test("sizes", () => {
  const sizes = { features: 3, components: 2 } as const;
  expect(mixtureDensityOutputSize(sizes)).toBe(2 + 6 + 2 * 6);
  expect(mixtureDensityOutputSize({ ...sizes, tied: true })).toBe(2 + 6 + 6);
  expect(mixtureDensityOutputSize({ ...sizes, covariance: "diagonal" })).toBe(2 + 6 + 6);
  expect(mixtureDensityOutputSize({ ...sizes, covariance: "spherical", tied: true })).toBe(2 + 6 + 1);
});

test("errors", () => {
  const sizes = { features: 2, components: 2 };
  const conditioner = new Mlp({ inputSize: 1, outputSize: 12, key });
  expect(() => new MixtureDensityNetwork({ ...sizes, conditioner: new Mlp({ inputSize: 1, outputSize: 11 }) })).toThrow(
    new ShapeError(
      "MixtureDensityNetwork: expected a conditioner with outputSize 12 and no context of its own, " +
        "got outputSize 11 and context size 0.",
    ),
  );
  expect(() => new MixtureDensityNetwork({ ...sizes, conditioner, epsilon: -1 })).toThrow(
    new OptionError("MixtureDensityNetwork: expected epsilon to be a number of at least 0, got -1."),
  );
  expect(() => mixtureDensityOutputSize({ features: 0, components: 2 })).toThrow(
    new OptionError("MixtureDensityNetwork: expected features to be an integer of at least 1, got 0."),
  );
  expect(() => mixtureDensityOutputSize({ ...sizes, covariance: "round" as "full" })).toThrow(
    new OptionError('MixtureDensityNetwork: expected covariance to be one of full, diagonal, spherical, got "round".'),
  );
  using mixture = new MixtureDensityNetwork({ ...sizes, conditioner });
  expect(() => mixture.given([1, 2])).toThrow(
    new ContextError("MixtureDensityNetwork.given: expected a context of shape [..., 1], got [2]."),
  );
  expect(() => mixture.given([[1]]).logProb([1, 2, 3])).toThrow(ShapeError);
});
