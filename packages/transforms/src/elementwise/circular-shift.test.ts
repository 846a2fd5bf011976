import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { CircularShift } from "./circular-shift.ts";

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each([0, 1, -2.5, 3.1, 40])("turns by %d as complex numbers do", (shift) => {
      using layer = new CircularShift({ features: 1 });
      layer
        .parameters()
        .get("shift")
        ?.variable.assign(tf.tensor1d([shift]));
      const angles = [-3.1, -1, 0, 0.5, 3];
      const got = tf.tidy(() => layer.forward(tf.tensor2d(angles, [5, 1])).dataSync());
      for (const [i, angle] of angles.entries()) {
        // e^{i(x + t)} by the addition theorems, in float64.
        const cosine = Math.cos(angle) * Math.cos(shift) - Math.sin(angle) * Math.sin(shift);
        const sine = Math.sin(angle) * Math.cos(shift) + Math.cos(angle) * Math.sin(shift);
        expect(Math.abs((got[i] as number) - Math.atan2(sine, cosine))).toBeLessThan(1e-5);
      }
    });

    test("the ends are inside, beyond them the log-det is −∞", () => {
      using layer = new CircularShift({ features: 1 });
      const logDet = tf.tidy(() =>
        Array.from(layer.inverseAndLogDet(tf.tensor2d([[-Math.PI], [Math.PI], [3.2], [Number.NaN]]))[1].dataSync()),
      );
      expect(logDet.slice(0, 3)).toEqual([0, 0, Number.NEGATIVE_INFINITY]);
    });
  });
}
