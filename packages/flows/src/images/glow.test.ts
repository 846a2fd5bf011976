import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import { logAbsDet } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { glow } from "./glow.ts";

const key = createKey(2);

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("its log-det is that of the Jacobian by autodiff, for a color image of two levels", () => {
    const shape = [4, 4, 2] as const;
    using flow = glow({ shape, levels: 2, steps: 1, hidden: [6], key });
    for (const [path, parameter] of flow.parameters()) {
      const noise = key.fold(path).normal(parameter.read().length);
      parameter.write(Float32Array.from(parameter.read(), (v, i) => v + 0.1 * (noise[i] as number)));
    }
    const n = sizeOf(shape);
    const x = tf.tensor(key.normal(n), [...shape]);
    const rows = Array.from({ length: n }, (_, i) =>
      tf
        .grad((v: tf.Tensor) => tf.gather(tf.reshape(flow.transform.inverse(v), [n]), i))(x)
        .dataSync(),
    );
    const jacobian = tf.tensor2d(rows.map((row) => [...row]));
    const expected = logAbsDet(jacobian).dataSync()[0] as number;
    expect(flow.transform.inverseAndLogDet(x)[1].dataSync()[0]).toBeCloseTo(expected, 3);
  });

  test("is the same for one image as among others, given its class", () => {
    using flow = glow({ shape: [4, 2, 1], levels: 1, steps: 2, hidden: [4], alpha: 0.1, context: 3, key });
    for (const [path, parameter] of flow.parameters()) {
      const noise = key.fold(path).normal(parameter.read().length);
      parameter.write(Float32Array.from(parameter.read(), (v, i) => v + 0.2 * (noise[i] as number)));
    }
    const images = tf.tensor(key.uniform(16), [2, 4, 2, 1]);
    const classes = tf.tensor2d([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    const both = flow.given(classes).logProb(images).dataSync();
    const second = flow
      .given([0, 0, 1])
      .logProb(tf.slice(images, 1, 1))
      .dataSync();
    expect(second[0]).toBeCloseTo(both[1] as number, 4);
    const other = flow
      .given([0, 1, 0])
      .logProb(tf.slice(images, 1, 1))
      .dataSync();
    expect(Math.abs((other[0] as number) - (both[1] as number))).toBeGreaterThan(1e-3);
  });
});

test("refuses images that the levels do not divide", () => {
  expect(() => glow({ shape: [28, 28, 1], levels: 3, key })).toThrow(
    new OptionError(
      "glow: expected a height and width that 8, 2 to the number of levels, divides, got 28 × 28. Pad the images, or use fewer levels.",
    ),
  );
  expect(() => glow({ shape: [28, 28], key })).toThrow(
    new OptionError("glow: expected a shape [height, width, channels], got [28, 28]."),
  );
});
