import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { test } from "vitest";
import { maf } from "./index.ts";
test("zz", async () => {
  await useBackend("wasm");
  const key = createKey(0);
  const flow = maf({ features: 43, hidden: [512, 512], key });
  const x = tf.tensor2d(key.normal(512 * 43), [512, 43]);
  for (let i = 0; i < 2; i++) flow.transform.forward(x).dispose();
  const layer = (flow.transform as any).layers[0];
  const a = performance.now(); for (let i = 0; i < 5; i++) { const t = layer.forward(x); t.dataSync(); t.dispose(); } console.log("layer", (performance.now() - a) / 5);
  const b = performance.now(); for (let i = 0; i < 5; i++) { const t = layer.inverse(x); t.dataSync(); t.dispose(); } console.log("layer pass", (performance.now() - b) / 5);
  const made = layer.conditioner;
  const c = performance.now(); for (let i = 0; i < 5; i++) tf.tidy(() => { const s = made.begin(512); let p; for (let k = 0; k < 43; k++) { s.next(p); p = tf.slice(x, [0, k], [-1, 1]); } }); console.log("steps only", (performance.now() - c) / 5);
  const e = tf.engine() as any;
  const backend = tf.backend() as any;
  const info = await tf.profile(() => layer.forward(x));
  const sum: Record<string, [number, number]> = {};
  for (const k of info.kernels) { const t = await k.kernelTimeMs; const v = (sum[k.name] ??= [0, 0]); v[0]++; v[1] += typeof t === "number" ? t : 0; }
  console.log(JSON.stringify(sum));
});
