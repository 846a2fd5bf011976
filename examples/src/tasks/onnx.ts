import { writeFile } from "node:fs/promises";
import { exportOnnx } from "@pushforward/onnx";
import { createKey, maf, useBackend } from "pushforward";

await useBackend("wasm");
const flow = maf({ features: 2, key: createKey(0) }); // train it first

await writeFile("density.onnx", exportOnnx(flow)); // x → log_prob
await writeFile("sampler.onnx", exportOnnx(flow, { task: "sampler" })); // normal → x
