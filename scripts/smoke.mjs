// Trains a small flow with the built packages and checks its loss and its density: a test of the runtime that runs this
// file. Usage: node scripts/smoke.mjs, bun scripts/smoke.mjs, or deno run -A scripts/smoke.mjs, after `turbo run build`.
import { createKey, decodeModel, encodeModel, nsf, standardRegistry, toyDataset, train, useBackend } from "pushforward";

function expectNear(name, got, expected, tolerance) {
  if (Math.abs(got - expected) <= tolerance) return;
  throw new Error(`smoke: expected ${name} ${expected} ± ${tolerance}, got ${got}.`);
}

const losses = {};
for (const backend of ["cpu", "wasm"]) {
  await useBackend(backend);
  const points = toyDataset("moons").sample(createKey(1), 500);
  const flow = nsf({ features: 2, transforms: 2, hidden: [16], key: createKey(2) });
  const { bestValidationLoss } = await train(flow, points, { key: createKey(3), maxEpochs: 5 });
  losses[backend] = bestValidationLoss;
  const x = flow.sample(createKey(4), [3]);
  const { model } = decodeModel(encodeModel(flow, standardRegistry), standardRegistry);
  const [before, after] = [flow, model].map((density) => density.logProb(x).dataSync());
  for (const [i, value] of before.entries()) expectNear(`log-density ${i} of the loaded model`, after[i], value, 1e-6);
}
expectNear("validation loss", losses.cpu, 3.172, 0.01);
expectNear("validation loss on wasm", losses.wasm, losses.cpu, 1e-3);
console.log(`smoke: a flow trained to ${losses.wasm} nats per sample on both backends`);
