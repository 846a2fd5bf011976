import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { expectIdentity, expectNumbers } from "../../test/expect-numbers.ts";
import { linearSpline, quadraticSpline } from "./piecewise-splines.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // nflows 0.14, unconstrained_linear_spline, in float64.
  test("agrees with nflows", () => {
    expectNumbers(linearSpline({ bins: 5, bound: 3, minBin: 0 }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-4.5, -2.915514782, -0.501203365, 0.657479523, 0.804460259, 1.040628988, 2.919068538, 3.6],
      logDet: [0.0, -0.168593607, 0.752072224, -1.406628128, -1.406628128, -1.771020648, 0.481579644, 0.0],
    });
  });

  test("zeros are the identity", () =>
    expectIdentity(linearSpline(), [-7, -5, -4.9, -2.5, -0.3, 0, 1, 2.5, 4.99, 5, 6]));
});

test.each([
  [{ bins: 1 }, "bins to be an integer from 2 to 500, got 1."],
  [{ bound: 0 }, "bound above 0 and at most 1000000, got 0."],
  [{ minBin: 0.1 }, "minBin from 0 to 0.0625, got 0.1."],
] as const)("refuses %o", (options, message) => {
  expect(() => linearSpline(options as object)).toThrow(new OptionError(`linearSpline: expected ${message}`));
});

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // nflows 0.14, unconstrained_quadratic_spline, in float64.
  test("agrees with nflows", () => {
    expectNumbers(quadraticSpline({ bins: 5, bound: 3, form: { endWeight: 0.25 } }), {
      x: [-4.5, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95, 3.6],
      y: [-4.5, -2.926253953, -0.899711018, -0.186832041, 0.09225767, 1.576499416, 2.964025807, 3.6],
      logDet: [0.0, -0.260770458, -0.011818875, -0.517640775, -1.095494482, 0.395776797, -0.308559126, 0.0],
    });
  });

  test("zeros are the identity", () =>
    expectIdentity(quadraticSpline(), [-7, -5, -4.9, -2.5, -0.3, 0, 1, 2.5, 4.99, 5, 6]));
});

test.each([
  [{ bins: 1 }, "bins to be an integer from 2 to 500, got 1."],
  [{ bound: 0 }, "bound above 0 and at most 1000000, got 0."],
  [{ form: { endWeight: 1 } }, "form.endWeight from 0 to 0.5, got 1."],
] as const)("refuses %o", (options, message) => {
  expect(() => quadraticSpline(options as object)).toThrow(new OptionError(`quadraticSpline: expected ${message}`));
});
