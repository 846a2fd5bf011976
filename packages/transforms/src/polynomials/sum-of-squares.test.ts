import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { expectFallback } from "../../test/expect-fallback.ts";
import { expectIdentity, expectNumbers } from "../../test/expect-numbers.ts";
import { sumOfSquares } from "./sum-of-squares.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // numpy.polynomial 2.4, integrated, in float64.
  test("agrees with NumPy, with tangents outside", () => {
    expectNumbers(sumOfSquares({ polynomials: 2, degree: 3, bound: 3 }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-3.322912349, -2.988588555, -1.379311045, 0.819645541, 2.876190068, 8.01669223, 11.204973887, 11.876682603],
      logDet: [
        -1.570874219, -1.411694687, 0.602920979, 1.119117113, 1.322013132, 1.307540741, 0.133774096, 0.028615087,
      ],
    });
  });

  // zuko 1.6, SOSPolynomialTransform and a shift, in float64.
  test("agrees with zuko", () => {
    const form = { scale: 1, slope: 1e-3, constants: "ones" } as const;
    expectNumbers(sumOfSquares({ polynomials: 2, degree: 3, bound: 1000, unit: 10, form }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-8.919659857, -6.193115426, -1.859252906, 0.818928444, 2.781388952, 7.452156553, 12.334229097, 14.946797851],
      logDet: [0.333946875, 0.706065711, 1.026179124, 1.149526959, 1.218331053, 1.329854871, 1.386002527, 1.393627094],
    });
  });

  test("the kernel agrees with plain operations", () =>
    expectFallback(sumOfSquares(), "PushforwardSumOfSquares", [-7, -5, -2.5, -0.3, 0, 0.7, 3, 6, 12], 2e-5));

  test("zeros are the identity", () =>
    expectIdentity(sumOfSquares(), [-7, -5, -4.9, -2.5, -0.3, 0, 1, 2.5, 4.99, 5, 6]));
});

test.each([
  [{ polynomials: 33 }, "polynomials of at most 32, got 33."],
  [{ degree: 0 }, "degree to be an integer of at least 1, got 0."],
  [{ bound: 0 }, "bound above 0 and at most 1000000, got 0."],
  [{ form: { constants: "two" } }, 'form.constants to be "spread" or "ones", got "two".'],
  [{ form: { slope: 2 } }, "form.slope from 1e-8 to 1, got 2."],
] as const)("refuses %o", (options, message) => {
  expect(() => sumOfSquares(options as object)).toThrow(new OptionError(`sumOfSquares: expected ${message}`));
});
