import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { expectIdentity, expectNumbers } from "../../test/expect-numbers.ts";
import { circularRationalQuadratic } from "./circular-rational-quadratic.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // nflows 0.14, rational_quadratic_spline on [−π, π] with the first slope at both ends, in float64.
  test("agrees with a spline of tied ends", () => {
    expectNumbers(circularRationalQuadratic({ bins: 5 }), {
      x: [-3.1, -2.0, -0.7, 0.3, 1.9, 3.0],
      y: [-3.125276584, -1.373178224, -1.341907309, -1.322906205, 2.6322191, 3.093726146],
      logDet: [-0.773146058, -1.498512646, -5.013005342, -2.653856405, -0.79069155, -1.047896277],
    });
  });

  // zuko 1.6, CircularShiftTransform before MonotonicRQSTransform, in float64.
  test("agrees with zuko", () => {
    const limit = -Math.log(1e-3);
    const form = { softmaxLimit: limit / 2, minBin: 0, slopeLimit: limit };
    expectNumbers(circularRationalQuadratic({ bins: 5, shift: -Math.PI, ends: "one", form }), {
      x: [-3.1, -2.0, -0.7, 0.3, 1.9, 3.0],
      y: [-1.165040371, 2.013902352, 2.660869324, -2.727904074, -1.268298969, -1.197272973],
      logDet: [-1.476477635, 1.081039771, -0.699735014, 0.556825022, -3.098427541, -1.995622845],
    });
  });

  test("zeros are the identity", () => expectIdentity(circularRationalQuadratic(), [-3.1, -1, 0, 2, 3.1]));

  test("an angle beyond π has no density, one of π has", () => {
    const family = circularRationalQuadratic({ bins: 4 });
    tf.tidy(() => {
      const raw = tf.fill([family.parameterCount], 0.5);
      const [, logDet] = family.bind(raw).forwardAndLogDet(tf.tensor1d([-4, 3.2, Math.PI, -Math.PI, Number.NaN]));
      const [low, high, end, start, none] = logDet.dataSync();
      expect([low, high]).toEqual([-Infinity, -Infinity]);
      expect(end).toBeCloseTo(start as number, 6);
      expect(none).toBeNaN();
    });
  });
});

test.each([
  [{ bins: 1 }, "bins to be an integer from 2 to 500, got 1."],
  [{ shift: 4 }, "shift from −π to π, got 4."],
  [{ ends: "two" }, 'ends to be "learned" or "one", got "two".'],
] as const)("refuses %o", (options, message) => {
  expect(() => circularRationalQuadratic(options as object)).toThrow(
    new OptionError(`circularRationalQuadratic: expected ${message}`),
  );
});
