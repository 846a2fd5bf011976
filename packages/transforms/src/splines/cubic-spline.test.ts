import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { expectIdentity, expectNumbers } from "../../test/expect-numbers.ts";
import { cubicSpline } from "./cubic-spline.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // nflows 0.14, unconstrained_cubic_spline, in float64.
  test("agrees with nflows", () => {
    const form = { leastEnd: 0, endOffset: 0 };
    expectNumbers(cubicSpline({ bins: 5, bound: 3, tails: "identity", form }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-4.5, -2.884034843, -1.270636025, -1.23270197, -1.181514804, 2.537506336, 2.966395113, 3.6],
      logDet: [0.0, 0.341725543, -3.049236489, -2.889766912, -2.09281238, -1.114572849, -0.434085592, 0.0],
    });
  });

  test("zeros are the identity", () =>
    expectIdentity(cubicSpline(), [-7, -5, -4.9, -2.5, -0.3, 0, 1, 2.5, 4.99, 5, 6]));
});

test.each([
  [{ bins: 1 }, "bins to be an integer from 2 to 500, got 1."],
  [{ bound: 0 }, "bound above 0 and at most 1000000, got 0."],
  [{ tails: "none" }, 'tails "identity" or "linear", got "none".'],
  [{ form: { leastEnd: 1 } }, "form.leastEnd from 0 to 0.5, got 1."],
] as const)("refuses %o", (options, message) => {
  expect(() => cubicSpline(options as object)).toThrow(new OptionError(`cubicSpline: expected ${message}`));
});
