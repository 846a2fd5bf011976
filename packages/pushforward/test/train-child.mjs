// Trains a spline flow with a checkpoint every few steps, goes on from the checkpoint if there is one, and tells on
// stdout what it does, each number as the 16 hex digits of its float64. The tests kill it. With WORD and COUNT it waits
// at that line of this kind until it is killed, so that a slow parent does not come too late.
// Usage: node train-child.mjs CHECKPOINT STEPS [WORD COUNT]
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { adamW, cosineSchedule, createKey, nsf, toyDataset, trainEvents, useBackend } from "pushforward";
import { loadCheckpoint, saveCheckpoint } from "pushforward/node";

const [path, steps, waitsAt, count] = process.argv.slice(2);
const tell = (...words) => process.stdout.write(`${words.join(" ")}\n`);
let left = Number(count);
const waitHere = async (word) => {
  if (word === waitsAt && --left === 0) await new Promise((resolve) => setTimeout(resolve, 120_000));
};
const hex = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
};

await useBackend("wasm");
const key = createKey("kill");
const flow = nsf({ features: 2, transforms: 2, hidden: [16, 16], key: key.fold("model") });
const events = trainEvents(flow, toyDataset("moons").sample(key.fold("data"), 400), {
  key: key.fold("fit"),
  batchSize: 64,
  maxSteps: Number(steps),
  maxEpochs: 1000,
  patience: 1000,
  optimizer: adamW(),
  learningRate: cosineSchedule({ learningRate: 1e-2 }),
  checkpoint: {
    every: { steps: 4 },
    save: async (checkpoint) => {
      tell("saving", checkpoint.meta.progress.step);
      await saveCheckpoint(path, checkpoint);
      tell("saved", checkpoint.meta.progress.step);
      await waitHere("saving");
    },
  },
  resume: existsSync(path) ? await loadCheckpoint(path) : undefined,
});
for await (const event of events) {
  if (event.type === "start") tell("start", event.step);
  if (event.type === "step") {
    tell("step", event.step, hex(event.loss), hex(event.gradientNorm));
    await waitHere("step");
  }
  if (event.type === "epoch")
    tell("epoch", event.epoch, hex(event.trainLoss), hex(event.validationLoss), event.bestEpoch);
  if (event.type === "stop") {
    const hash = createHash("sha256");
    for (const parameter of flow.parameters().values()) hash.update(parameter.read());
    tell("stop", event.reason, event.steps, event.bestEpoch, hex(event.bestValidationLoss), hash.digest("hex"));
  }
}
