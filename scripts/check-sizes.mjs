// Gzip size of each package's own code, and of "load a model and score it", against the ceilings in sizes.json.
// A rightful increase raises the ceiling in the commit that causes it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const ceilings = JSON.parse(readFileSync(join(root, "scripts", "sizes.json"), "utf8"));

async function size(options) {
  const result = await build({
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["@pushforward/source"],
    write: false,
    logLevel: "error",
    ...options,
  });
  return gzipSync(result.outputFiles[0].contents, { level: 9 }).length;
}

const rows = [];
for (const name of readdirSync(join(root, "packages"))) {
  const entry = join(root, "packages", name, "src", "index.ts");
  if (!existsSync(entry)) continue;
  rows.push([
    name,
    await size({ entryPoints: [entry], external: ["@pushforward/*", "@tensorflow/*", "node:*", "#*"] }),
  ]);
}
rows.push(["kernels/wasm", await size({ entryPoints: [join(root, "packages", "kernels", "src", "wasm.ts")] })]);
// What only wasm and threads need is not loaded.
const score = `import { decodeModel, standardRegistry, useBackend } from "pushforward";
await useBackend("cpu");
const { model } = decodeModel(new Uint8Array(await (await fetch("model.safetensors")).arrayBuffer()), standardRegistry);
console.log(model.logProb([[0, 0]]).dataSync());`;
const browser = {
  platform: "browser",
  external: [
    "node:*",
    "fs",
    "path",
    "os",
    "worker_threads",
    "perf_hooks",
    "util",
    "crypto",
    "@pushforward/kernels/wasm",
    "@pushforward/kernels/workers",
  ],
};
const entry = { stdin: { contents: score, resolveDir: root, loader: "ts" }, ...browser, loader: { ".wasm": "empty" } };
rows.push([
  "load a model and score it, our code",
  await size({ ...entry, external: [...browser.external, "@tensorflow/*"] }),
]);
rows.push([
  "load a model and score it, with TensorFlow.js and the cpu backend",
  await size({ ...entry, external: [...browser.external, "@tensorflow/tfjs-backend-wasm"] }),
]);

let failed = false;
for (const [name, bytes] of rows) {
  const ceiling = ceilings[name];
  const over = ceiling === undefined || bytes > ceiling;
  failed ||= over;
  console.log(`${String(bytes).padStart(8)} B  ${name}${over ? `  over the ceiling of ${ceiling ?? "none"}` : ""}`);
}
process.exit(failed ? 1 : 0);
