// Trains the small flow that the page plays at first, and writes it to src/engine/painter/intro-model.ts.
// Run: node scripts/make-intro.mjs
import { writeFile } from "node:fs/promises";
import {
  columnStatistics,
  createKey,
  encodeModel,
  logProbRows,
  nsf,
  standardize,
  standardRegistry,
  toyDataset,
  trainEvents,
  useBackend,
} from "pushforward";
import { splitStandardization } from "pushforward/extend";

await useBackend("wasm");
const set = toyDataset("moons");
const rows = set.sample(createKey(0), 4000);
const statistics = columnStatistics(rows);
const [init, key] = createKey(1).split(2);
const flow = nsf({ features: 2, key: init, transforms: 3, hidden: [16], bins: 6, standardize: statistics });
const options = { key, maxEpochs: 250, patience: 250, batchSize: 256, learningRate: 1e-2, threads: 1 };
for await (const event of trainEvents(splitStandardization(flow).inner, standardize(rows, statistics), options)) {
  if (event.type === "stop") console.log(`${event.steps} steps, ${event.reason}`);
}
// Half of the digits are enough for a picture, and zeros compress well.
for (const parameter of flow.parameters().values()) {
  if (!parameter.trainable) continue;
  const values = Float32Array.from(parameter.read());
  const bits = new Uint32Array(values.buffer);
  for (const [i, word] of bits.entries()) bits[i] = (word + 0x8000) & 0xffff0000;
  parameter.write(values);
}
const loss = -logProbRows(flow, set.sample(createKey(2), 4000)).reduce((sum, value) => sum + value / 4000, 0);
const bytes = encodeModel(flow, standardRegistry);
console.log(`${loss.toFixed(3)} nats on new rows, the true density ${set.entropy?.toFixed(3)}; ${bytes.length} bytes`);
await writeFile(
  new URL("../src/engine/painter/intro-model.ts", import.meta.url),
  `// Written by scripts/make-intro.mjs.\n\n/** A trained flow of two moons: a model file in base64. */\nexport const INTRO_MODEL: string =\n  "${Buffer.from(bytes).toString("base64")}";\n`,
);
