import { useBackend } from "@pushforward/backend";
import { type Bijection, ModelFileError, OptionError, ShapeError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { transformsCodecs } from "../codecs.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { Identity, independent } from "./independent.ts";

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("sums the log-det over the axes that become events", () => {
      const transform = independent(new AffineElementwise({ features: 3, scale: 2 }), 2);
      expect([transform.eventRankIn, transform.eventRankOut]).toEqual([3, 3]);
      const [y, logDet] = transform.forwardAndLogDet(tf.ones([7, 5, 4, 3]));
      expect(y.shape).toEqual([7, 5, 4, 3]);
      expect(logDet.shape).toEqual([7]);
      expect(maxError(logDet, new Array(7).fill(60 * Math.LN2))).toBeLessThan(1e-6);
    });

    test("errors", () => {
      const transform = independent(new AffineElementwise({ features: 3 }), 1);
      expect(() => transform.inverse(tf.ones([3]))).toThrow(
        new ShapeError("independent.inverse: expected a value with at least 2 axes, got shape [3]."),
      );
      expect(() => transform.forward(tf.ones([4, 2]))).toThrow(
        new ShapeError("AffineElementwise.forwardShape: expected event shape [3], got [2]."),
      );
      expect(() => transform.forwardShape([3])).toThrow(
        new ShapeError("independent.forwardShape: expected an event shape with at least 2 axes, got [3]."),
      );
    });
  });
}

test("options", () => {
  expect(() => independent(new Identity(), -1)).toThrow(
    new OptionError("independent: expected rank to be an integer of at least 0, got -1."),
  );
  expect(() => independent({} as Bijection, 1)).toThrow(
    new OptionError("independent: expected a bijection, got object."),
  );
});

test("a config of a hostile rank is refused", () => {
  const bijection = { type: "pushforward/identity", version: 1, config: {} };
  const config = { bijection, rank: 1e6 };
  expect(() =>
    createRegistry(...transformsCodecs).decode({ type: "pushforward/independent", version: 1, config }),
  ).toThrow(ModelFileError);
});
