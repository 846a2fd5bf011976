import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { StandardNormal } from "@pushforward/distributions";
import { Flow, nsf, realNvp } from "@pushforward/flows";
import { AffineElementwise, BoxConstraint, chain, LULinear } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { BACKENDS, DEEP } from "../../../testing/test/deep.ts";
import { fitVariational, fitVariationalEvents } from "./fit-variational.ts";

/** e³ times N((1, −2), Σ), Σ = ((1, 0.8), (0.8, 2)): log Z = 3 + ln 2π + ½ ln det Σ without the factor of the density. */
const DET = 2 - 0.64;
const LOG_Z = 3 + Math.log(2 * Math.PI) + 0.5 * Math.log(DET);
const gaussian = (x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const [a, b] = tf.split(tf.sub(x, [1, -2]), 2, -1) as [tf.Tensor, tf.Tensor];
    const square = tf.add(tf.sub(tf.mul(2, tf.square(a)), tf.mul(tf.mul(1.6, a), b)), tf.square(b));
    return tf.sub(3, tf.squeeze(tf.div(square, 2 * DET), [-1]));
  });
const linear = (): Flow =>
  new Flow(
    new StandardNormal({ features: 2 }),
    chain([new LULinear({ features: 2 }), new AffineElementwise({ features: 2 })]),
  );

/** x₁ ~ N(0, 1), x₂ ~ N((x₁² − 1)/2, ¼) times e: log Z = 1. */
const banana = (x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
    const residual = tf.sub(b, tf.mul(0.5, tf.sub(tf.square(a), 1)));
    const log = tf.add(tf.mul(-0.5, tf.square(a)), tf.mul(-2, tf.square(residual)));
    return tf.sub(tf.squeeze(log, [-1]), Math.log(2 * Math.PI) - Math.LN2 - 1);
  });

describe.each(BACKENDS)("variational on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  it("finds a Gaussian exactly, and with it log Z", { timeout: 240_000 }, async () => {
    using q = linear();
    const found = await fitVariational(q, gaussian, {
      key: createKey(1),
      steps: DEEP ? 600 : 300,
      samples: 32,
      validationSamples: 500,
      training: { learningRate: 0.03 },
    });
    expect(found.reason).toBe("completed");
    expect(found.essFraction).toBeGreaterThan(0.999);
    expect(Math.abs(found.elbo - LOG_Z)).toBeLessThan(2e-3);
    expect(Math.abs(found.logZ - LOG_Z)).toBeLessThan(1e-3 + 5 * found.logZStandardError);
    expect(found.logZStandardError).toBeLessThan(1e-3);
    expect(found.elbo).toBeLessThanOrEqual(found.logZ + 1e-5);
  });

  it("leaks no tensors", async () => {
    const run = async (): Promise<void> => {
      using q = linear();
      await fitVariational(q, gaussian, {
        key: createKey(2),
        steps: 5,
        samples: 8,
        validationSamples: 9,
        finalSamples: 50,
      });
      for await (const event of fitVariationalEvents(q, gaussian, { key: createKey(2), steps: 5, samples: 8 })) {
        if (event.type === "step") break;
      }
    };
    await run();
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("fitVariational", () => {
  beforeAll(() => useBackend("wasm"));

  it.runIf(DEEP)("finds a banana, and log Z within its stated error", { timeout: 240_000 }, async () => {
    using q = nsf({ features: 2, coupling: true, transforms: 3, hidden: [32, 32], bound: 8, key: createKey(3) });
    const found = await fitVariational(q, banana, { key: createKey(4), steps: 600, samples: 64 });
    expect(found.essFraction).toBeGreaterThan(0.8);
    expect(found.elbo).toBeGreaterThan(0.9);
    expect(found.elbo).toBeLessThan(1 + 5 * found.elboStandardError);
    expect(found.logZStandardError).toBeLessThan(0.02);
    expect(Math.abs(found.logZ - 1)).toBeLessThan(5 * found.logZStandardError);
  });

  it("has no noise in the gradient where the approximation is exact; the whole gradient has", async () => {
    const norms = async (gradient: "path" | "full"): Promise<number[]> => {
      using q = new Flow(new StandardNormal({ features: 2 }), new AffineElementwise({ features: 2 }));
      const exact = (x: tf.Tensor): tf.Tensor => tf.tidy(() => tf.mul(-0.5, tf.sum(tf.square(x), -1)));
      const found: number[] = [];
      const options = { key: createKey(5), steps: 4, samples: 16, validationSamples: 16, gradient };
      for await (const event of fitVariationalEvents(q, exact, { ...options, training: { learningRate: 0 } })) {
        if (event.type === "step") found.push(event.gradientNorm);
      }
      return found;
    };
    expect(Math.max(...(await norms("path")))).toBeLessThan(1e-5);
    expect(Math.min(...(await norms("full")))).toBeGreaterThan(0.01);
  });

  it.runIf(DEEP)("learns on a bounded support, and depends on the key alone", async () => {
    const run = async (seed: number): Promise<number> => {
      const base = realNvp({ features: 2, transforms: 2, hidden: [8], key: createKey(6) });
      using q = new Flow(
        base.base,
        chain([base.transform, new BoxConstraint({ low: [0, 0], high: [1, 1], sharpness: 0 })]),
      );
      // The density 4·x₁·x₂ on the unit square.
      const density = (x: tf.Tensor): tf.Tensor => tf.tidy(() => tf.sum(tf.log(tf.mul(2, x)), -1));
      const { elbo } = await fitVariational(q, density, { key: createKey(seed), steps: 300, samples: 64 });
      return elbo;
    };
    const first = await run(1);
    expect(first).toBeGreaterThan(-0.1);
    expect(first).toBeLessThan(0.02);
    expect(await run(1)).toBe(first);
    expect(await run(2)).not.toBe(first);
  });

  it("stops when told to, and refuses counts that are none", async () => {
    using q = linear();
    const abort = new AbortController();
    abort.abort();
    const found = await fitVariational(q, gaussian, { key: createKey(7), signal: abort.signal, finalSamples: 100 });
    expect(found.reason).toBe("aborted");
    await expect(fitVariational(q, gaussian, { key: createKey(7), samples: 0 })).rejects.toThrow(OptionError);
  });
});

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
