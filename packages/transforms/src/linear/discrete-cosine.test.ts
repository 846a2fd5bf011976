import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { DiscreteCosine } from "./discrete-cosine.ts";

beforeAll(() => useBackend("cpu"));

// scipy.fft.dct 1.15, norm="ortho"
test("agrees with SciPy, and back", () => {
  using map = new DiscreteCosine({ features: 5 });
  const x = [1, 2.5, -3, 0.25, 4];
  const y = map.forward(tf.tensor1d(x));
  expect(maxError(y, [2.12426458, -0.968069787, 3.91824432, -2.46862125, -2.32725406])).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), x)).toBeLessThan(1e-6);
});
