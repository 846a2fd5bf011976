import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Exp } from "../elementwise/exp.ts";
import { LULinear } from "../linear/lu-linear.ts";
import { masked } from "./masked.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("the others stay bit for bit; the chosen ones go through the bijection in their order", () => {
    const linear = new LULinear({ features: 2, key: createKey(1) });
    const transform = masked({ bijection: linear, mask: [false, true, false, true] });
    const y = transform.forward(tf.tensor1d([0.1, 2, -0.3, 4])).dataSync();
    const expected = linear.forward(tf.tensor1d([2, 4])).dataSync();
    expect(Array.from(y)).toEqual([Math.fround(0.1), expected[0], Math.fround(-0.3), expected[1]]);
    linear.dispose();
  });
});

test("refuses a mask of all features or none", () => {
  expect(() => masked({ bijection: new Exp(), mask: [true, true] })).toThrow(
    new OptionError("masked: expected a mask that chooses some features and not all, got 2 of 2."),
  );
});
