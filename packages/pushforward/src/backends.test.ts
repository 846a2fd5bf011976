import { useBackend } from "@pushforward/backend";
import { createKey, type Parameter } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { toyDataset } from "@pushforward/datasets";
import { architectureNames, createFlow, nsf } from "@pushforward/flows";
import { maxError } from "@pushforward/testing";
import { adam, trainEvents } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { figure } from "../test/figures.ts";
import { perturb } from "../test/perturb.ts";

const ROWS = DEEP ? 1024 : 128;
const key = createKey(20261124);

/** Relative error of the whole vector in the Euclidean norm. */
function relativeL2(got: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (const [i, value] of expected.entries()) {
    difference += ((got[i] as number) - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** At their default sizes, integrals of networks and differential equations take the cpu backend half a minute. */
const SMALLER: Readonly<Record<string, { readonly transforms: number; readonly hidden: readonly number[] }>> = {
  unaf: { transforms: 1, hidden: [8] },
  cnf: { transforms: 1, hidden: [16, 16] },
};

// P7: 1e-4 mixed for values, 1e-3 relative L2 for gradients.
describe("cpu and wasm agree with the same weights and key", () => {
  for (const name of architectureNames) {
    // Five integrals of networks for each row take the cpu backend ten seconds.
    for (const features of name === "unaf" ? [2] : [2, 5]) {
      for (const context of [undefined, 2]) {
        // The laws of all layers compare the backends, too.
        test.runIf(DEEP || (features === 2 && context !== undefined && (name === "maf" || name === "nsf")))(
          `${name}, ${features} features${context ? ", context" : ""}`,
          async () => {
            await useBackend("cpu");
            const flow = perturb(
              createFlow(name, { features, context, key: key.fold("model"), ...SMALLER[name] }),
              key.fold("move"),
              0.1,
            );
            const x = key.fold("x").normal(ROWS * features);
            const c = key.fold("context").normal(ROWS * (context ?? 1));
            const parameters = [...flow.parameters().values()].filter(({ trainable }) => trainable);
            const run = (): Float32Array[] => {
              const at = () =>
                isConditionalDistribution(flow) ? flow.given(tf.tensor(c, [ROWS, context as number])) : flow;
              const logProb = (): tf.Tensor => at().logProb(tf.tensor(x, [ROWS, features]));
              return tf.tidy(() => {
                const variables = parameters.map((parameter: Parameter) => parameter.variable);
                const { grads } = tf.variableGrads(() => tf.neg(tf.mean(logProb())), variables);
                const gradients = variables.map((v) => (grads[v.name] as tf.Tensor).dataSync() as Float32Array);
                const joined = new Float32Array(gradients.reduce((n, g) => n + g.length, 0));
                let offset = 0;
                for (const g of gradients) {
                  joined.set(g, offset);
                  offset += g.length;
                }
                const samples = at().sample(key.fold("sample"), context === undefined ? [ROWS] : []);
                return [logProb().dataSync() as Float32Array, samples.dataSync() as Float32Array, joined];
              });
            };
            const cpu = run() as [Float32Array, Float32Array, Float32Array];
            await useBackend("wasm");
            const wasm = run() as [Float32Array, Float32Array, Float32Array];
            flow.dispose();
            expect(cpu[1]).toHaveLength(ROWS * features);
            const logProb = maxError(wasm[0], cpu[0]);
            const samples = maxError(wasm[1], cpu[1]);
            const gradients = relativeL2(wasm[2], cpu[2]);
            expect(Math.hypot(...cpu[2])).toBeGreaterThan(0.05);
            expect(logProb).toBeLessThan(1e-4);
            expect(samples).toBeLessThan(1e-4);
            expect(gradients).toBeLessThan(1e-3);
            figure(`P7 ${name}, ${features}${context ? ", context" : ""}`, { logProb, samples, gradients });
          },
        );
      }
    }
  }
});

// P17: within the first 50 steps, rounding has not yet had the time to separate two runs of Adam.
test("the backend switched in the middle of a fit, twice: the loss goes on", async () => {
  const data = toyDataset("moons").sample(key.fold("moons"), 500);
  const run = async (backends: readonly ["cpu" | "wasm", "cpu" | "wasm", "cpu" | "wasm"]): Promise<number[]> => {
    await useBackend(backends[0]);
    using flow = nsf({ features: 2, transforms: 2, hidden: [16, 16], key });
    const losses: number[] = [];
    // From the identity start Adam's first steps go by the sign of gradients that are nearly 0.
    perturb(flow, key.fold("start"), 0.05);
    const events = trainEvents(flow, data, { key, maxSteps: 50, batchSize: 64, learningRate: 1e-3, optimizer: adam() });
    for await (const event of events) {
      if (event.type !== "step") continue;
      losses.push(event.loss);
      if (event.step === 20) await useBackend(backends[1]);
      if (event.step === 35) await useBackend(backends[2]);
    }
    return losses;
  };
  const straight = await run(["wasm", "wasm", "wasm"]);
  const switched = await run(["wasm", "cpu", "wasm"]);
  const cpu = await run(["cpu", "cpu", "cpu"]);
  expect(straight).toHaveLength(50);
  expect(switched.slice(0, 20)).toEqual(straight.slice(0, 20));
  expect(switched.slice(20)).not.toEqual(straight.slice(20));
  expect(maxError(switched, straight)).toBeLessThan(1e-4);
  expect(maxError(cpu, straight)).toBeLessThan(1e-4);
  const mean = (part: readonly number[]): number => part.reduce((a, b) => a + b) / part.length;
  expect(mean(switched.slice(-8))).toBeLessThan(mean(switched.slice(0, 8)) - 0.05);
  const shown = [1, 20, 21, 22, 35, 36, 50].map((step) => [
    step,
    straight[step - 1],
    switched[step - 1],
    cpu[step - 1],
  ]);
  figure("switched: step, wasm, wasm→cpu→wasm, cpu", shown);
  figure("switched: largest difference", [maxError(switched, straight), maxError(cpu, straight)]);
});
