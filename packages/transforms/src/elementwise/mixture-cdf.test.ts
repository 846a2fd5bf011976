import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { MixtureOfGaussiansCdf, MixtureOfLogisticsCdf } from "./mixture-cdf.ts";

beforeAll(() => useBackend("cpu"));

const x = [-25, -1.5, 0.4, 2, 60];

function gaussianMixture(range?: "line" | "interval"): MixtureOfGaussiansCdf {
  const map = new MixtureOfGaussiansCdf({ features: 1, components: 3, ...(range && { range }) });
  const parameters = map.parameters();
  parameters.get("logit")?.write([0.5, -0.3, 0.1]);
  parameters.get("mean")?.write([-2, 0.5, 3]);
  parameters.get("logScale")?.write([0.2, -0.7, 0.4]);
  return map;
}

// SciPy 1.15 in float64, from log-probabilities.
test("agrees with SciPy in both tails, and back", () => {
  using map = gaussianMixture();
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(x, [5, 1]));
  expect(maxError(y, [-18.8097989, -0.492319179, 0.156193032, 0.71508633, 38.2383411])).toBeLessThan(1e-6);
  expect(maxError(logDet, [-0.333071324, -0.907202867, -0.64024897, -1.48389375, -0.400786365])).toBeLessThan(1e-4);
  expect(maxError(map.inverse(y), x)).toBeLessThan(2e-6);
});

test("onto the interval it is the distribution function, whose derivative is the density", () => {
  using map = gaussianMixture("interval");
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(x, [5, 1]));
  expect(maxError(y, [0, 0.311246862, 0.562059566, 0.76272215, 1])).toBeLessThan(1e-6);
  expect(maxError(logDet, [-178.156278, -1.94733049, -1.57138563, -2.65850651, -732.405091])).toBeLessThan(1e-6);
  expect(map.support).toBe(map);
});

test("one component is the identity, three are close to it", () => {
  using one = new MixtureOfGaussiansCdf({ features: 1, components: 1 });
  using three = new MixtureOfGaussiansCdf({ features: 1, components: 3 });
  const points = tf.tensor2d([-3, -1, 0, 0.5, 4], [5, 1]);
  expect(maxError(one.forward(points), points)).toBeLessThan(1e-6);
  expect(maxError(three.forward(points), points)).toBeLessThan(0.5);
});

test("errors", () => {
  expect(() => new MixtureOfGaussiansCdf({ features: 1, components: 0 })).toThrow(
    new OptionError("MixtureOfGaussiansCdf: expected components to be an integer of at least 1, got 0."),
  );
  expect(() => new MixtureOfGaussiansCdf({ features: 1, range: "circle" as never })).toThrow(
    new OptionError('MixtureOfGaussiansCdf: expected range to be "line" or "interval", got "circle".'),
  );
});

function logisticMixture(range?: "line" | "interval"): MixtureOfLogisticsCdf {
  const map = new MixtureOfLogisticsCdf({ features: 1, components: 3, ...(range && { range }) });
  const parameters = map.parameters();
  parameters.get("logit")?.write([0.5, -0.3, 0.1]);
  parameters.get("mean")?.write([-2, 0.5, 3]);
  parameters.get("logScale")?.write([0.2, -0.7, 0.4]);
  return map;
}

// SciPy 1.15 in float64, from log-probabilities.
test("agrees with SciPy in both tails, and back", () => {
  using map = logisticMixture();
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(x, [5, 1]));
  expect(maxError(y, [-19.0437617, -0.837871886, 0.225917398, 1.17325502, 39.3594879])).toBeLessThan(1e-6);
  expect(maxError(logDet, [-0.278453306, -0.655786179, -0.34873091, -0.813994531, -0.399998833])).toBeLessThan(1e-4);
  expect(maxError(map.inverse(y), x)).toBeLessThan(2e-6);
});

test("onto the interval it is the distribution function, whose derivative is the density", () => {
  using map = logisticMixture("interval");
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(x, [5, 1]));
  expect(maxError(y, [5.36289595e-9, 0.301983179, 0.55624035, 0.763732871, 1])).toBeLessThan(1e-6);
  expect(maxError(logDet, [-19.322215, -2.21268222, -1.7477579, -2.52632394, -39.7594867])).toBeLessThan(1e-6);
  expect(map.support).toBe(map);
});

test("one component is the identity, three are close to it", () => {
  using one = new MixtureOfLogisticsCdf({ features: 1, components: 1 });
  using three = new MixtureOfLogisticsCdf({ features: 1, components: 3 });
  const points = tf.tensor2d([-3, -1, 0, 0.5, 4], [5, 1]);
  expect(maxError(one.forward(points), points)).toBeLessThan(1e-6);
  expect(maxError(three.forward(points), points)).toBeLessThan(0.5);
});

test("errors", () => {
  expect(() => new MixtureOfLogisticsCdf({ features: 1, components: 0 })).toThrow(
    new OptionError("MixtureOfLogisticsCdf: expected components to be an integer of at least 1, got 0."),
  );
  expect(() => new MixtureOfLogisticsCdf({ features: 1, range: "circle" as never })).toThrow(
    new OptionError('MixtureOfLogisticsCdf: expected range to be "line" or "interval", got "circle".'),
  );
});
