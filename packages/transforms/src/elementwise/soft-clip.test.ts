import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { SoftClip } from "./soft-clip.ts";

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  // zuko 1.6, SoftclipTransform, in float64.
  test("agrees with zuko, and has no density outside", () => {
    const map = new SoftClip({ bound: 11 });
    tf.tidy(() => {
      const x = [-30, -2.5, 0, 0.3, 8];
      const y = [-8.048780488, -2.037037037, 0.0, 0.292035398, 4.631578947];
      const [value, logDet] = map.forwardAndLogDet(tf.tensor1d(x));
      expect(maxError(value, y)).toBeLessThan(1e-6);
      expect(maxError(logDet, [-2.631353588, -0.409588825, -0.0, -0.053814906, -1.093087413])).toBeLessThan(1e-6);
      expect(maxError(map.inverse(tf.tensor1d(y)), x)).toBeLessThan(1e-5);
      expect(map.inverseAndLogDet(tf.tensor1d([12]))[1].dataSync()[0]).toBe(Number.NEGATIVE_INFINITY);
    });
  });
});

test("refuses a bound that is none", () => {
  expect(() => new SoftClip({ bound: 0 })).toThrow(
    new OptionError("SoftClip: expected bound above 0 and at most 1000000, got 0."),
  );
});
