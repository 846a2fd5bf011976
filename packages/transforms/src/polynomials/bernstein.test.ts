import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { expectIdentity, expectNumbers } from "../../test/expect-numbers.ts";
import { bernstein } from "./bernstein.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // scipy.interpolate.BPoly 1.17 of the coefficients, in float64.
  test("agrees with SciPy", () => {
    expectNumbers(bernstein({ degree: 9, bound: 3 }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-4.5, -2.900030556, -1.005410673, -0.076849125, 0.460563859, 1.644338068, 2.949981038, 3.6],
      logDet: [0.0, -0.000827038, 0.093235913, -0.055800069, -0.150717061, 0.018548549, 0.001116209, 0.0],
    });
  });

  test("agrees with SciPy and the tangents at the ends", () => {
    expectNumbers(bernstein({ degree: 9, bound: 3, tails: "linear" }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-5.622113949, -2.361807739, -0.235389089, 0.791376281, 1.472790315, 2.916574863, 4.588119027, 5.308059772],
      logDet: [0.714711086, 0.619551974, 0.083940904, 0.147744208, 0.100680149, 0.196745863, 0.155727549, 0.099939095],
    });
  });

  // zuko 1.6, BoundedBernsteinTransform, in float64.
  test("agrees with zuko", () => {
    expectNumbers(bernstein({ degree: 11, least: 0 }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-4.499389784, -2.763103072, -0.754779833, 0.135755565, 0.715440593, 1.993993846, 3.163538911, 3.71882979],
      logDet: [
        0.006674635, 0.148408558, 0.025313532, -0.033867269, -0.030432155, -0.017602431, -0.132616618, -0.169381136,
      ],
    });
  });

  test.each(["identity", "linear"] as const)("zeros are the identity, tails %s", (tails) =>
    expectIdentity(bernstein({ degree: 8, tails }), [-7, -5, -4.9, -2.5, -0.3, 0, 1, 2.5, 4.99, 5, 6]),
  );
});

test.each([
  [{ degree: 5 }, "degree to be an integer from 6 to 128, got 5."],
  [{ bound: 0 }, "bound above 0 and at most 1000000, got 0."],
  [{ tails: "none" }, 'tails "identity" or "linear", got "none".'],
  [{ least: 1 }, "least from 0 to 0.5, got 1."],
] as const)("refuses %o", (options, message) => {
  expect(() => bernstein(options as object)).toThrow(new OptionError(`bernstein: expected ${message}`));
});
