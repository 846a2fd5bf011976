import { useBackend } from "@pushforward/backend";
import { ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { chain } from "../combinators/chain.ts";
import { concatenate } from "../combinators/concatenate.ts";
import { Identity } from "../combinators/identity.ts";
import { invert } from "../combinators/invert.ts";
import { Exp } from "../elementwise/exp.ts";
import { Checkerboard } from "./checkerboard.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("white pixels are the first channels, black ones the others", () => {
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 4, 1]);
    const y = new Checkerboard().forward(x).arraySync();
    expect(y).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [6, 5],
        [8, 7],
      ],
      [
        [9, 10],
        [11, 12],
      ],
    ]);
  });

  test("between it and its inverse a map of the second half is one of the black pixels", () => {
    const black = concatenate({ parts: [new Identity(), new Exp()], sizes: [2, 2] });
    const layer = chain([new Checkerboard(), black, invert(new Checkerboard())]);
    const y = layer.forward(tf.zeros([5, 4, 6, 2])).arraySync() as number[][][][];
    for (const image of y) {
      for (const [i, row] of image.entries()) {
        for (const [j, pixel] of row.entries()) expect(pixel).toEqual((i + j) % 2 === 0 ? [0, 0] : [1, 1]);
      }
    }
  });
});

test("refuses an odd width", () => {
  expect(() => new Checkerboard().forwardShape([2, 3, 1])).toThrow(
    new ShapeError(
      "Checkerboard.forwardShape: expected an image [height, width, channels] with an even width, got shape [2, 3, 1].",
    ),
  );
  expect(() => new Checkerboard().inverse(tf.zeros([2, 3, 3]))).toThrow(ShapeError);
});
