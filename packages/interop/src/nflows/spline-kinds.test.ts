import { useBackend } from "@pushforward/backend";
import { createKey, type Parameter } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { nflowsLinear } from "./spline-kinds.ts";

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each([1, 3])("agrees with nflows, %i times", (copies) => {
      using transform = nflowsLinear({ features: 3 });
      const [weight, shift] = [...transform.parameters().values()] as [Parameter, Parameter];
      weight.write([0.3, -0.8, 0.45, 0.6, -1.1, 0.2, -0.35, 0.75, 0.9]);
      shift.write([0.5, -1, 2]);
      const x = tf.tile(tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]), [copies, 1]);
      const repeated = (values: number[]): number[] => new Array<number[]>(copies).fill(values).flat();
      // LULinear of nflows 0.14 in float64.
      const [y, logDet] = transform.forwardAndLogDet(x);
      const forward = [2.827677622, 0.436187417, 3.699306214, 1.245532867, -0.630596449, 0.749010964];
      expect(maxError(y, repeated(forward))).toBeLessThan(1e-6);
      expect(maxError(logDet, repeated([-1.18302269, -1.18302269]))).toBeLessThan(5e-7);
      const [u] = transform.inverseAndLogDet(x);
      const inverse = [-0.988274036, -0.971748766, 0.150947482, 6.008567202, 3.86674177, -2.324591227];
      expect(maxError(u, repeated(inverse))).toBeLessThan(2e-6);
    });
  });
}

test("with a key all entries of the weight are drawn as in nflows", () => {
  using transform = nflowsLinear({ features: 16, key: createKey(1) });
  const weight = transform.parameters().get("weight")?.read() ?? [];
  const largest = Math.max(...Array.from(weight, Math.abs));
  expect(largest).toBeLessThanOrEqual(0.25);
  expect(largest).toBeGreaterThan(0.24);
  expect([...Array(16).keys()].every((i) => weight[17 * i] !== 0)).toBe(true);
});
