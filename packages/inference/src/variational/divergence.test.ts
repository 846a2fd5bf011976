import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { StandardNormal } from "@pushforward/distributions";
import { Flow } from "@pushforward/flows";
import { AffineElementwise } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { fitVariational, fitVariationalEvents } from "./fit-variational.ts";

/** Of a third of the mass at −3 and two thirds at 3, each of standard deviation ½; log Z = 2. */
const twoModes = (x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const at = (mean: number, weight: number): tf.Tensor =>
      tf.add(
        tf.squeeze(tf.mul(-2, tf.square(tf.sub(x, mean))), [-1]),
        Math.log(weight / (0.5 * Math.sqrt(2 * Math.PI))),
      );
    return tf.add(2, tf.logSumExp(tf.stack([at(-3, 1 / 3), at(3, 2 / 3)], -1), -1));
  });

describe("divergences", () => {
  beforeAll(() => useBackend("wasm"));

  it("an annealed density comes with a growing power, and is judged at its own", async () => {
    using q = new Flow(new StandardNormal({ features: 1 }), new AffineElementwise({ features: 1 }));
    const constant = (x: tf.Tensor): tf.Tensor => tf.tidy(() => tf.add(100, tf.mul(0, tf.sum(x, -1))));
    const options = { key: createKey(1), steps: 10, samples: 256, validationSamples: 256, annealing: 0.5 };
    const losses: number[] = [];
    for await (const event of fitVariationalEvents(q, constant, { ...options, training: { learningRate: 0 } })) {
      if (event.type === "step") losses.push(event.loss);
      if (event.type === "epoch") expect(Math.abs((event.validationLoss as number) + 101.4)).toBeLessThan(0.5);
    }
    const powers = [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1];
    // −½ log 2πe is the mean of the log-density of q.
    for (const [step, power] of powers.entries()) {
      expect(Math.abs((losses[step] as number) + 100 * power + 1.42)).toBeLessThan(0.3);
    }
  });

  it.runIf(DEEP)(
    "a normal covers both modes by the forward divergence, and lies between by α",
    { timeout: 120_000 },
    async () => {
      const spreadOf = async (divergence: "reverse" | "forward" | number): Promise<number> => {
        using q = new Flow(new StandardNormal({ features: 1 }), new AffineElementwise({ features: 1 }));
        q.parameters().get("transform.shift")?.write([1.5]);
        q.parameters().get("transform.scale")?.write([2.5]);
        const options = { key: createKey(3), steps: 500, samples: 256, validationSamples: 500, divergence };
        await fitVariational(q, twoModes, { ...options, training: { learningRate: 0.02 } });
        return Math.sqrt(tf.tidy(() => tf.moments(q.sample(createKey(4), [4000])).variance.dataSync()[0] as number));
      };
      // The mixture has a standard deviation of 2.87, each mode ½.
      expect(await spreadOf("reverse")).toBeLessThan(0.6);
      expect(await spreadOf(0)).toBeGreaterThan(1);
      expect(await spreadOf("forward")).toBeGreaterThan(2.4);
    },
  );

  it("refuses what is none", async () => {
    using q = new Flow(new StandardNormal({ features: 1 }), new AffineElementwise({ features: 1 }));
    const key = createKey(0);
    await expect(fitVariational(q, twoModes, { key, divergence: 1.5 })).rejects.toThrow("a number from 0 to below 1");
    await expect(fitVariational(q, twoModes, { key, annealing: 2 })).rejects.toThrow("expected annealing from 0 to 1");
  });
});
