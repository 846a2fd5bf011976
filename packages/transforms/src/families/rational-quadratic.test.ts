import { useBackend } from "@pushforward/backend";
import { createKey, ModelFileError, OptionError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { rationalQuadratic, rationalQuadraticCodec } from "./rational-quadratic.ts";

// The spline of Durkan et al. 2019, equations 4 and 5, in float64.
function reference(
  x: number,
  raw: readonly number[],
  bins: number,
  bound: number,
  tails = "identity",
): [y: number, logDet: number] {
  const slope = (k: number): number => {
    if (tails === "identity" && (k === 0 || k === bins)) return 1;
    const z = (raw[2 * bins + k - (tails === "identity" ? 1 : 0)] as number) + Math.log(Math.expm1(1 - 1e-3));
    return 1e-3 + Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  };
  if (x > bound) return [bound + slope(bins) * (x - bound), Math.log(slope(bins))];
  if (x < -bound) return [-bound + slope(0) * (x + bound), Math.log(slope(0))];
  const sizes = (values: readonly number[]): number[] => {
    const top = Math.max(...values);
    const exponentials = values.map((v) => Math.exp(v - top));
    const total = exponentials.reduce((a, b) => a + b);
    return exponentials.map((e) => 2 * bound * (1e-3 + (1 - 1e-3 * bins) * (e / total)));
  };
  const widths = sizes(raw.slice(0, bins));
  const heights = sizes(raw.slice(bins, 2 * bins));
  let [k, x0, y0] = [0, -bound, -bound];
  while (k < bins - 1 && x >= x0 + (widths[k] as number)) {
    x0 += widths[k] as number;
    y0 += heights[k] as number;
    k++;
  }
  const [w, h, d0, d1] = [widths[k] as number, heights[k] as number, slope(k), slope(k + 1)];
  const t = (x - x0) / w;
  const s = h / w;
  const denominator = s + (d1 + d0 - 2 * s) * t * (1 - t);
  const y = y0 + (h * (s * t * t + d0 * t * (1 - t))) / denominator;
  const derivative = (s * s * (d1 * t * t + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2)) / denominator ** 2;
  return [y, Math.log(derivative)];
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each([
      [2, 3, 1],
      [8, 5, 1],
      [16, 2, 1],
      [4, 5, 3],
    ])("%i bins on ±%d with parameters of spread %d agree with float64", (bins, bound, spread) => {
      const family = rationalQuadratic({ bins, bound });
      const raw = createKey(bins)
        .normal(family.parameterCount)
        .map((v) => spread * v);
      const x = Float32Array.from({ length: 201 }, (_, i) => ((i - 100) / 80) * bound);
      const bijection = family.bind(tf.tensor1d(raw));
      const [y, logDet] = bijection.forwardAndLogDet(tf.tensor1d(x));
      const expected = Array.from(x, (value) => reference(value, [...raw], bins, bound));
      expect(
        maxError(
          y,
          expected.map(([value]) => value),
        ),
      ).toBeLessThan(spread === 1 ? 3e-6 : 2e-5);
      expect(
        maxError(
          logDet,
          expected.map(([, value]) => value),
        ),
      ).toBeLessThan(spread === 1 ? 2e-5 : 2e-4);
      const outside = Array.from(x, (value, i) => (Math.abs(value) > bound ? [value, y.dataSync()[i]] : [0, 0]));
      for (const [before, after] of outside) expect(after).toBe(before);
    });

    test.each([2, 8])("%i bins with linear tails agree with float64, inside and far outside", (bins) => {
      const family = rationalQuadratic({ bins, bound: 3, tails: "linear" });
      const raw = createKey(bins).normal(family.parameterCount);
      const x = Float32Array.from({ length: 201 }, (_, i) => (i - 100) / 20)
        .with(0, -1e4)
        .with(200, 1e4);
      const bound = family.bind(tf.tensor1d(raw));
      const [y, logDet] = bound.forwardAndLogDet(tf.tensor1d(x));
      const expected = Array.from(x, (value) => reference(value, [...raw], bins, 3, "linear"));
      const values = expected.map(([value]) => value);
      expect(maxError(tf.div(y, values), tf.onesLike(y))).toBeLessThan(1e-5);
      expect(
        maxError(
          logDet,
          expected.map(([, value]) => value),
        ),
      ).toBeLessThan(2e-5);
      expect(
        maxError(tf.div(bound.inverse(y), tf.maximum(tf.abs(x), 1)), tf.div(x, tf.maximum(tf.abs(x), 1))),
      ).toBeLessThan(1e-5);
    });

    test("zeros are the identity", () => {
      const x = tf.linspace(-7, 7, 57);
      for (const tails of ["identity", "linear"] as const) {
        const family = rationalQuadratic({ tails });
        const [y, logDet] = family.bind(tf.zeros([family.parameterCount])).forwardAndLogDet(x);
        expect(maxError(y, x)).toBeLessThan(2e-6);
        expect(maxError(logDet, tf.zeros([57]))).toBeLessThan(5e-6);
      }
    });
  });
}

test("has 3·bins − 1 parameters, and with linear tails two more", () => {
  expect(rationalQuadratic().parameterCount).toBe(23);
  expect(rationalQuadratic({ bins: 16 }).parameterCount).toBe(47);
  expect(rationalQuadratic({ tails: "linear" }).parameterCount).toBe(25);
});

test("a file names the tails only where they are linear, and without them means the identity", () => {
  const registry = createRegistry(rationalQuadraticCodec);
  const node = registry.encode(rationalQuadratic({ bins: 4, tails: "identity" }));
  expect(node).toEqual({ type: "pushforward/rational-quadratic", version: 2, config: { bins: 4, bound: 5 } });
  expect(registry.decode({ ...node })).toEqual(rationalQuadratic({ bins: 4 }));
  const linear = rationalQuadratic({ tails: "linear" });
  expect(registry.decode({ ...registry.encode(linear) })).toEqual(linear);
});

test("errors", () => {
  const registry = createRegistry(rationalQuadraticCodec);
  for (const bins of [1, 0, 2.5, 501, Number.NaN]) {
    expect(() => rationalQuadratic({ bins })).toThrow(
      new OptionError(`rationalQuadratic: expected bins to be an integer from 2 to 500, got ${bins}.`),
    );
    const config = { bins, bound: 5 };
    expect(() => registry.decode({ type: "pushforward/rational-quadratic", version: 1, config })).toThrow(
      ModelFileError,
    );
  }
  expect(() => rationalQuadratic({ tails: "cubic" as "linear" })).toThrow(
    new OptionError('rationalQuadratic: expected tails "identity" or "linear", got "cubic".'),
  );
  const cubic = { bins: 8, bound: 5, tails: "cubic" };
  expect(() => registry.decode({ type: "pushforward/rational-quadratic", version: 1, config: cubic })).toThrow(
    new ModelFileError(
      "config",
      'pushforward/rational-quadratic.tails: expected one of identity, linear, got "cubic".',
    ),
  );
  for (const bound of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => rationalQuadratic({ bound })).toThrow(
      new OptionError(`rationalQuadratic: expected bound above 0 and at most 1000000, got ${bound}.`),
    );
  }
});
