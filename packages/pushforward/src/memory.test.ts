import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { disposeParameters, isModule } from "@pushforward/core/extend";
import { toyDataset } from "@pushforward/datasets";
import { maf, nsf } from "@pushforward/flows";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { loadModel, saveModel } from "@pushforward/serialization/node";
import { type Checkpoint, train, trainEvents } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../testing/test/deep.ts";
import { figure } from "../test/figures.ts";
import { standardRegistry } from "./index.ts";

const key = createKey(20261124);
const data = toyDataset("moons").sample(key.fold("data"), 500);
const folder = mkdtempSync(join(tmpdir(), "pushforward-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Memory {
  readonly tensors: number;
  readonly bytes: number;
  readonly buffers: number;
}

function memory(): Memory {
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  return { tensors: numTensors, bytes: numBytes, buffers: numDataBuffers };
}

function expectSame(what: string, before: Memory): void {
  const after = memory();
  expect(after, what).toEqual(before);
  // 0 = 0 would say little.
  expect(after.tensors).toBeGreaterThan(0);
  figure(`P19 ${tf.getBackend()}: ${what}`, { before, after });
}

// P19.
for (const backend of BACKENDS) {
  // Nothing of this depends on the size of the model; cpu is slow.
  const few = !DEEP;
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    const make = () => nsf({ features: 2, transforms: 2, hidden: [16, 16], key });

    test("training steps", { timeout: 600_000 }, async () => {
      using flow = make();
      const maxSteps = DEEP ? 1010 : 110;
      const events = trainEvents(flow, data, { key, maxSteps, maxEpochs: 1000, patience: 1000, batchSize: 64 });
      let early: Memory | undefined;
      let steps = 0;
      for await (const event of events) {
        if (event.type !== "step") continue;
        steps = event.step;
        if (steps === 10) early = memory();
        if (steps === maxSteps) expectSame(`${maxSteps - 10} training steps`, early as Memory);
      }
      expect(steps).toBe(maxSteps);
      const before = memory();
      const saved: Checkpoint[] = [];
      const checkpoint = { every: { steps: 3 }, save: (state: Checkpoint) => void saved.push(state) };
      await train(flow, data, { key, maxSteps: 20, batchSize: 64, checkpoint });
      await train(flow, data, { key, maxSteps: 20, batchSize: 64, checkpoint, resume: saved[2] });
      expect(saved.map(({ meta }) => meta.progress.step)).toEqual([3, 6, 9, 12, 15, 18, 12, 15, 18]);
      expectSame("a whole fit with checkpoints, and a resumed one", before);
    });

    test("1,000 samples and densities", () => {
      using flow = make();
      using conditional = maf({ features: 2, context: 1, transforms: 2, hidden: [8], key });
      const draw = (i: number): void => {
        const [x, logProb] = flow.sampleAndLogProb(key.fold(i), [1]);
        const again = flow.logProb(x);
        const y = conditional.given([0.5]).sample(key.fold(i));
        tf.dispose([x, logProb, again, y]);
      };
      draw(-1);
      const before = memory();
      const count = few ? 200 : 1000;
      for (let i = 0; i < count; i++) draw(i);
      expectSame(`${count} samples and densities`, before);
    });

    test("100 rounds of saving and loading", async () => {
      using flow = make();
      const x = [[0.3, -0.7]];
      const expected = tf.tidy(() => flow.logProb(x).dataSync()[0]);
      const use = (model: object): void => {
        if (!isModule(model) || !("logProb" in model)) throw new Error("expected a flow");
        const copy = model as typeof flow;
        expect(tf.tidy(() => copy.logProb(x).dataSync()[0])).toBe(expected);
        disposeParameters(model.parameters());
      };
      const path = join(folder, `${backend}.safetensors`);
      const before = memory();
      for (let i = 0; i < (few ? 20 : 100); i++) {
        use(decodeModel(encodeModel(flow, standardRegistry), standardRegistry).model);
        // A file that is refused must not leave anything behind either.
        expect(() => decodeModel(encodeModel(flow, standardRegistry).subarray(0, -1), standardRegistry)).toThrow();
      }
      expectSame("100 rounds of encodeModel and decodeModel", before);
      for (let i = 0; i < 100; i++) {
        await saveModel(path, flow, standardRegistry);
        use((await loadModel(path, standardRegistry)).model);
      }
      expectSame("100 rounds of saveModel and loadModel", before);
    });

    test("50 aborted fits, 50 that are left, 50 with a loss that throws", { timeout: 120_000 }, async () => {
      using flow = make();
      await train(flow, data, { key, maxSteps: 1, batchSize: 32 });
      const before = memory();
      const count = few ? 10 : 50;
      for (let i = 0; i < count; i++) {
        const controller = new AbortController();
        const events = trainEvents(flow, data, { key: key.fold(i), batchSize: 32, signal: controller.signal });
        let last = "";
        for await (const event of events) {
          if (event.type === "step" && event.step === 1 + (i % 4)) controller.abort();
          if (event.type === "stop") last = event.reason;
        }
        expect(last).toBe("aborted");
      }
      expectSame(`${count} aborted fits`, before);
      for (let i = 0; i < count; i++) {
        for await (const event of trainEvents(flow, data, { key: key.fold(i), batchSize: 32 })) {
          if (event.type === "step" && event.step === 1 + (i % 3)) break;
        }
      }
      expectSame(`${count} fits left within the loop`, before);
      for (let i = 0; i < count; i++) {
        let calls = 0;
        const failing = train(flow, data, {
          key: key.fold(i),
          batchSize: 32,
          validation: 0,
          loss: (model, batch) => {
            const logProb = model.logProb(batch.x);
            if (calls++ === 1 + (i % 3)) throw new Error("thrown within the loss");
            return tf.neg(tf.mean(logProb));
          },
        });
        await expect(failing).rejects.toThrow("thrown within the loss");
      }
      expectSame(`${count} fits with a loss that throws`, before);
    });
  });
}
