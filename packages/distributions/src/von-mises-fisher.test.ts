import { useBackend } from "@pushforward/backend";
import { createKey, DomainError, ShapeError } from "@pushforward/core";
import { kolmogorovSmirnov } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { VonMisesFisher } from "./von-mises-fisher.ts";

const meanDirection = [1, -2, 2];
const points = [
  [0, 0, 1],
  [1, 0, 0],
  [0.6, -0.8, 0],
  [2 / 3, -1 / 3, 2 / 3],
  [-1 / 3, 2 / 3, -2 / 3],
];

function values(f: () => tf.Tensor): number[] {
  return tf.tidy(() => Array.from(f().dataSync()));
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    // scipy.stats.vonmises_fisher, SciPy 1.15.3, at the points as float32, normalized: logpdf and entropy.
    test.each([
      [0.5, [-2.23901576825, -2.40568243492, -2.20568243571, -2.12790465714, -3.07234910158], 2.490372394712884],
      [5, [-1.89506041968, -3.56172708635, -1.5617270943, -0.78394930857, -10.228393753], 1.2279397331047859],
      [200, [-63.2062263665, -129.872893033, -49.8728933511, -18.7617819221, -396.5395597], -2.4604403001386856],
      [1e4, [-3325.96087003, -6659.29420336, -2659.29421926, -1103.73864781, -19992.6275367], -6.372463305566271],
    ])("agrees with SciPy at concentration %d", (concentration, expected, entropy) => {
      const distribution = new VonMisesFisher({ meanDirection, concentration });
      const got = values(() => distribution.logProb(points));
      for (const [i, value] of expected.entries()) {
        expect(Math.abs((got[i] as number) - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
      }
      expect(Math.abs((values(() => distribution.entropy())[0] as number) - entropy)).toBeLessThan(1e-6);
    });

    test.each([0, 1e-3, 1, 30])("integrates to 1 over the sphere at concentration %d", (concentration) => {
      const distribution = new VonMisesFisher({ meanDirection, concentration });
      // Equal areas: midpoints of z and of the longitude.
      const [rings, turns] = [400, 200];
      const grid = Array.from({ length: rings * turns }, (_, i) => {
        const z = (2 * (Math.floor(i / turns) + 0.5)) / rings - 1;
        const longitude = (2 * Math.PI * (i % turns)) / turns;
        const radius = Math.sqrt(1 - z * z);
        return [radius * Math.cos(longitude), radius * Math.sin(longitude), z];
      });
      const total = values(() => tf.sum(tf.exp(distribution.logProb(grid))))[0] as number;
      expect((total * 4 * Math.PI) / (rings * turns)).toBeCloseTo(1, 4);
    });

    test.each([0, 0.01, 3, 500])(
      "draws lie on the sphere, at the right angles, at concentration %d",
      (concentration) => {
        const distribution = new VonMisesFisher({ meanDirection, concentration });
        const draws = values(() => distribution.sample(createKey(concentration * 100), [5000]));
        const cosines = Float64Array.from({ length: 5000 }, (_, i) => {
          const [x, y, z] = draws.slice(3 * i, 3 * i + 3) as [number, number, number];
          if (!(Math.abs(x * x + y * y + z * z - 1) < 1e-6)) expect.fail(`draw ${i} is ${[x, y, z]}`);
          return (x - 2 * y + 2 * z) / 3;
        }).sort();
        // P(cos ≤ w) = (e^κ(w − 1) − e^−2κ)/(1 − e^−2κ).
        const cdf = (w: number): number =>
          concentration === 0
            ? (w + 1) / 2
            : (Math.exp(concentration * (w - 1)) - Math.exp(-2 * concentration)) / -Math.expm1(-2 * concentration);
        expect(kolmogorovSmirnov(cosines.map(cdf)).pValue).toBeGreaterThan(1e-3);
      },
    );

    test("the gradient along the sphere is κ μ", () => {
      const distribution = new VonMisesFisher({ meanDirection: [0, 0, 1], concentration: 7 });
      const gradient = values(() =>
        tf.grad((x: tf.Tensor) => tf.sum(distribution.logProb(x)))(tf.tensor([0.6, 0, 0.8])),
      );
      // Along the meridian, (0.8, 0, −0.6).
      expect(0.8 * (gradient[0] as number) - 0.6 * (gradient[2] as number)).toBeCloseTo(7 * -0.6, 5);
      expect(gradient[1]).toBeCloseTo(0, 6);
    });

    test("refuses what is no direction", () => {
      expect(() => new VonMisesFisher({ meanDirection: [0, 0, 0], concentration: 1 })).toThrow(DomainError);
      expect(() => new VonMisesFisher({ meanDirection: [0, 0, 1], concentration: -1 })).toThrow(DomainError);
      expect(() => new VonMisesFisher({ meanDirection: [0, 1], concentration: 1 })).toThrow(ShapeError);
    });
  });
}
