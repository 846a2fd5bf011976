import { useBackend } from "@pushforward/backend";
import { parameter } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { expectNoLeak, LawError } from "./index.ts";

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("results are disposed, what was allocated on first use is forgiven", async () => {
      const p = parameter([1], [2]);
      expectNoLeak(() => tf.tidy(() => tf.square(p.variable)));
      expectNoLeak(() => [tf.scalar(1), tf.scalar(2)]);
      expectNoLeak(() => 3);
      await expectNoLeak(async () => tf.scalar(1));
      p.dispose();
    });

    test("a tensor left behind is counted, sync and async", async () => {
      const kept: tf.Tensor[] = [];
      const leak = (): void => {
        kept.push(tf.scalar(1), tf.scalar(2));
      };
      const message = "logProb: expected no tensor to be left behind, got +2 tensors and +2 data buffers.";
      expect(() => expectNoLeak(leak, "logProb")).toThrow(LawError);
      expect(() => expectNoLeak(leak, "logProb")).toThrow(message);
      await expect(expectNoLeak(async () => leak(), "logProb")).rejects.toThrow(message);
      tf.dispose(kept);
    });

    test("a tensor too few is an error as well", () => {
      const victims = [tf.scalar(1), tf.scalar(2)];
      expect(() => expectNoLeak(() => victims.pop()?.dispose())).toThrow("got -1 tensors and -1 data buffers");
    });

    test("a clone left behind is a leak too", () => {
      const x = tf.scalar(1);
      const kept: tf.Tensor[] = [];
      expect(() => expectNoLeak(() => void kept.push(tf.clone(x)))).toThrow("got +1 tensors");
      tf.dispose([x, ...kept]);
    });

    test("errors of the function come through", async () => {
      const fail = (): never => {
        throw new RangeError("inner");
      };
      expect(() => expectNoLeak(fail)).toThrow(RangeError);
      await expect(expectNoLeak(async () => fail())).rejects.toThrow(RangeError);
    });
  });
}
