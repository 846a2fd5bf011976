// Trains a spline flow for 200 steps, draws 10,000 samples, and writes the sha-256 of all losses and samples.
// Usage: node hash-child.mjs SEED
import { createHash } from "node:crypto";
import { createKey, nsf, toyDataset, trainEvents, useBackend } from "pushforward";

await useBackend("wasm");
const key = createKey(Number(process.argv[2]));
const flow = nsf({ features: 2, transforms: 2, hidden: [16, 16], key });
const hash = createHash("sha256");
let steps = 0;
const data = toyDataset("pinwheel").sample(key.fold("data"), 1000);
for await (const event of trainEvents(flow, data, { key, batchSize: 64, maxSteps: 200, patience: 1000 })) {
  if (event.type !== "step") continue;
  steps++;
  hash.update(Float64Array.of(event.loss));
}
const samples = flow.sample(key.fold("samples"), [10_000]).dataSync();
hash.update(samples);
process.stdout.write(JSON.stringify({ steps, samples: samples.length, hash: hash.digest("hex") }));
