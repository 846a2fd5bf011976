import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { expectFallback } from "../../test/expect-fallback.ts";
import { expectNumbers } from "../../test/expect-numbers.ts";
import { gaussianization } from "./gaussianization.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // mpmath 1.3, 40 digits.
  test("agrees with mpmath, far out too", () => {
    expectNumbers(gaussianization({ components: 3 }), {
      x: [-6, -2.9, -1.1, -0.2, 0.4, 1.7, 2.95],
      y: [-2.485539201, -1.785457825, -1.656043275, -1.158194881, -0.456513388, 3.8896561, 4.488505068],
      logDet: [-1.122746376, -2.114662497, -3.392659138, 0.088706851, 0.959312081, -0.346281144, -0.737879565],
    });
  });

  // zuko 1.6, GaussianizationTransform, in float64.
  test("agrees with zuko", () => {
    const form = { weights: "equal", limit: 0, spread: 0, epsilon: 1e-6 } as const;
    expectNumbers(gaussianization({ components: 3, form }), {
      x: [-2.0, -1.1, -0.2, 0.4, 1.0],
      y: [-1.070012189, -0.881743414, 0.023170822, 0.702368194, 1.324028038],
      logDet: [-1.702025523, -0.943001726, 0.177456005, 0.160176967, -0.334230258],
    });
  });

  test.each([
    gaussianization({ components: 3 }),
    gaussianization({ components: 2, form: { weights: "equal", limit: 0, epsilon: 1e-6 } }),
  ])("the kernel agrees with plain operations", (family) =>
    expectFallback(family, "PushforwardGaussianization", [-9, -4, -2.5, -0.3, 0, 0.7, 3, 6, 12], 2e-4),
  );
});

test.each([
  [{ components: 0 }, "components to be an integer of at least 1, got 0."],
  [{ form: { weights: "none" } }, 'form.weights to be "learned" or "equal", got "none".'],
  [{ form: { spread: 2 } }, "form.spread from 0 to 1.7, got 2."],
] as const)("refuses %o", (options, message) => {
  expect(() => gaussianization(options as object)).toThrow(new OptionError(`gaussianization: expected ${message}`));
});
