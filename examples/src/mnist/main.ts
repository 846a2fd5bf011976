// A small Glow on MNIST: `node examples/dist/mnist/main.js [--size 16|28] [--steps N] [--out FOLDER]`. Prints bits per
// dimension of test images and the seconds of the training, and draws a sheet: real digits, samples, and samples at a
// temperature of 0.7.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bitsPerDimension, cosineSchedule, createKey, parameterCount, trainEvents, useBackend } from "pushforward";
import { dequantizedLoss, digitModel, drawDigits, meanBound } from "./digit-model.ts";
import { grayPng } from "./gray-png.ts";
import { type DigitSize, readDigits } from "./read-digits.ts";
import { sheet } from "./sheet.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "28" },
    steps: { type: "string", default: "900" },
    batch: { type: "string", default: "32" },
    hidden: { type: "string", default: "32,32" },
    depth: { type: "string", default: "4" },
    rate: { type: "string", default: "4e-3" },
    images: { type: "string", default: "60000" },
    test: { type: "string", default: "10000" },
    out: { type: "string", default: "examples/results" },
  },
});
const size: DigitSize = values.size === "16" ? 16 : 28;
const dimensions = size ** 2;
const [maxSteps, batchSize] = [Number(values.steps), Number(values.batch)];

await useBackend("wasm");
const key = createKey(0);
using model = digitModel({
  size,
  // As many as divide the image.
  levels: size === 16 ? 3 : 2,
  steps: Number(values.depth),
  hidden: values.hidden.split(",").map(Number),
  key,
});
const train = readDigits("train", Number(values.images), size);
const test = readDigits("t10k", Number(values.test), size);
const testBits = (): number => bitsPerDimension(meanBound(model, test.data as Float32Array, size, 50), { dimensions });
console.error(`${parameterCount(model.parameters())} parameters, ${train.shape[0]} images`);

const start = performance.now();
const seconds = (): string => ((performance.now() - start) / 1000).toFixed(0);
const events = trainEvents(model, train, {
  key,
  loss: dequantizedLoss,
  maxSteps,
  batchSize,
  maxEpochs: Math.ceil((maxSteps * batchSize) / (train.shape[0] as number)),
  learningRate: cosineSchedule({ learningRate: Number(values.rate), steps: maxSteps }),
  averaging: { decay: 0.99 },
  validation: 0,
});
let mean = Number.NaN;
for await (const event of events) {
  if (event.type !== "step") continue;
  mean = Number.isNaN(mean) ? event.loss : 0.98 * mean + 0.02 * event.loss;
  if (event.step % 50 !== 0) continue;
  const bits = bitsPerDimension(-mean, { dimensions });
  console.error(`step ${event.step}, ${seconds()} s: ${bits.toFixed(3)} bits per dimension in training`);
}
const trainingSeconds = seconds();
const bits = testBits();
mkdirSync(values.out, { recursive: true });
const file = join(values.out, `mnist-${size}.png`);
// Two rows of real digits, four of samples, four of samples at a lower temperature.
const columns = 16;
const images = [
  ...test.data.subarray(0, 2 * columns * dimensions),
  ...drawDigits(model, 4 * columns, 1, key.fold("samples")),
  ...drawDigits(model, 4 * columns, 0.7, key.fold("samples")),
];
const { pixels, width, height } = sheet(images, size, columns, Math.floor(56 / size));
writeFileSync(file, grayPng(pixels, width, height));
console.log(
  JSON.stringify({
    bitsPerDimension: bits,
    testImages: test.shape[0],
    steps: maxSteps,
    trainingSeconds,
    picture: file,
  }),
);
