// Writes every architecture at its default sizes as ONNX files, with rows and what this library makes of them, for check.py:
//   node packages/onnx/test/write-models.mjs FOLDER
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useBackend } from "@pushforward/backend";
import { createKey, ndArray } from "@pushforward/core";
import { architectureNames, createFlow, logProbRows, sphereFlow } from "@pushforward/flows";
import { exportOnnx } from "@pushforward/onnx";
import * as tf from "@tensorflow/tfjs-core";

const [folder = "onnx-models"] = process.argv.slice(2);
const ROWS = 200;
const key = createKey("check");

function moved(model) {
  for (const [path, parameter] of model.parameters()) {
    if (!parameter.trainable) continue;
    const values = parameter.read();
    const noise = key.fold(path).normal(values.length);
    parameter.write(Float32Array.from(values, (value, i) => value + 0.05 * noise[i]));
  }
  return model;
}

function write(name, model, features, contextSize) {
  const context = key.fold("context").normal(ROWS * contextSize);
  const normal = key.normal(ROWS * features);
  const { x, shape } = tf.tidy(() => {
    const at = contextSize > 0 ? model.given(tf.tensor2d(context, [ROWS, contextSize])) : model;
    const draws = at.sample(key, contextSize > 0 ? [] : [ROWS]);
    return { x: Array.from(draws.dataSync()), shape: draws.shape };
  });
  const rows = ndArray([ROWS, features], Float64Array.from(x));
  const given = contextSize > 0 ? ndArray([ROWS, contextSize], Float64Array.from(context)) : undefined;
  const logProb = Array.from(logProbRows(model, rows, given));
  const sampler = exportOnnx(model, { task: "sampler" });
  writeFileSync(join(folder, `${name}.density.onnx`), exportOnnx(model));
  writeFileSync(join(folder, `${name}.sampler.onnx`), sampler);
  const one = { name, shape, x, logProb, normal: Array.from(normal), context: Array.from(context), contextSize };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(one));
}

mkdirSync(folder, { recursive: true });
await useBackend("wasm");
for (const architecture of architectureNames) {
  for (const context of [undefined, 2]) {
    const flow = moved(createFlow(architecture, { features: 3, context, key: key.fold(architecture) }));
    write(`${architecture}${context === undefined ? "" : "-context"}`, flow, 3, context ?? 0);
    flow.dispose();
    process.stderr.write(".");
  }
}
write("sphere", moved(sphereFlow({ key })), 3, 0);
process.stderr.write("\n");
