// Gzip size of each package's own code, and of "load a model and score it", against the ceilings in sizes.json.
// A rightful increase raises the ceiling in the commit that causes it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
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
  const entries = ["index", "extend"]
    .map((door) => join(root, "packages", name, "src", `${door}.ts`))
    .filter(existsSync);
  if (entries.length === 0) continue;
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const others = names.flatMap((dependency) => [dependency, `${dependency}/*`]);
  const external = ["@pushforward/*", "@tensorflow/*", "node:*", "#*", ...others];
  const contents = entries.map((entry) => `export * from ${JSON.stringify(entry)};`).join("\n");
  rows.push([name, await size({ stdin: { contents, resolveDir: root }, external })]);
}
rows.push(["kernels/wasm", await size({ entryPoints: [join(root, "packages", "kernels", "src", "wasm.ts")] })]);
// What is loaded later, by `import()`, does not count: neither what only wasm and threads need, nor rarer families. esbuild
// keeps what a barrel exports in one piece; the bundler of the page, like Rollup and webpack, splits it by modules.
const score = `import { lazyRegistry, readModel, useBackend } from "pushforward";
await useBackend("cpu");
const bytes = new Uint8Array(await (await fetch("model.safetensors")).arrayBuffer());
const { model } = await readModel(bytes, lazyRegistry);
console.log(model.logProb([[0, 0]]).dataSync());`;
const later = /^node:|^(fs|path|os|worker_threads|perf_hooks|util|crypto)$|^@pushforward\/kernels\/(wasm|workers)$/;

async function sizeAtOnce(code, external) {
  const vite = await import(createRequire(join(root, "apps", "playground", "package.json")).resolve("vite"));
  const entry = join(root, "entry.ts");
  const { output } = await vite.build({
    configFile: false,
    root,
    logLevel: "error",
    resolve: { conditions: ["@pushforward/source", "module", "browser"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: entry, external: (id) => external.test(id) },
    },
  });
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const atOnce = new Set();
  const add = (name) => {
    if (!chunks.has(name) || atOnce.has(name)) return;
    atOnce.add(name);
    const { imports, dynamicImports } = chunks.get(name);
    for (const next of imports) add(next);
    // The program starts this backend.
    for (const next of dynamicImports) if (/tfjs-backend-cpu/.test(chunks.get(next)?.facadeModuleId)) add(next);
  };
  add(output.find(({ isEntry }) => isEntry).fileName);
  return [...atOnce].reduce((sum, name) => sum + gzipSync(chunks.get(name).code, { level: 9 }).length, 0);
}
const either = (...patterns) => new RegExp(patterns.map(({ source }) => source).join("|"));
rows.push(["load a model and score it, our code", await sizeAtOnce(score, either(later, /^@tensorflow\//))]);
rows.push([
  "load a model and score it, with TensorFlow.js and the cpu backend",
  await sizeAtOnce(score, either(later, /^@tensorflow\/tfjs-backend-wasm/)),
]);
// The same without TensorFlow.js, by the runtime of compiled models.
const open = `import { openCompiled, scalarEngine, trainCompiledEvents } from "@pushforward/runtime";
const bytes = new Uint8Array(await (await fetch("model.plan")).arrayBuffer());
const model = openCompiled(bytes, { engine: scalarEngine });
console.log(model.logProb([0, 0]));`;
const train = "for (const { loss } of trainCompiledEvents(model, window.rows, window.options)) console.log(loss);";
const compiled = (contents) => size({ stdin: { contents, resolveDir: root }, external: ["@tensorflow/*"] });
rows.push(["open a compiled model and score it", await compiled(open)]);
rows.push(["open a compiled model, score and train it", await compiled(`${open}\n${train}`)]);

let failed = false;
for (const [name, bytes] of rows) {
  const ceiling = ceilings[name];
  const over = ceiling === undefined || bytes > ceiling;
  failed ||= over;
  console.log(`${String(bytes).padStart(8)} B  ${name}${over ? `  over the ceiling of ${ceiling ?? "none"}` : ""}`);
}
process.exit(failed ? 1 : 0);
