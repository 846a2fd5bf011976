// The library as the worker of the examples loads it, with the WebAssembly files of its backend.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Modules of Node are empty, as bundlers of pages have them: functions for files are not called in a page. */
const emptyNode = {
  name: "empty-node",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "empty", sideEffects: false }));
    onLoad({ filter: /.*/, namespace: "empty" }, () => ({ contents: "module.exports = {};" }));
  },
};

/**
 * The worker of the examples starts no other workers, and one of the two builds of the kernels is enough for them: with an
 * empty text in place of the second, the kernels choose the first.
 */
const oneOfEach = {
  name: "one-of-each",
  setup({ onLoad }) {
    onLoad({ filter: /kernels[\\/]src[\\/]generated[\\/](relaxed|worker)\.ts$/ }, () => ({
      contents: 'export const relaxedModule = "", workerProgram = "";',
    }));
  },
};

/** Writes `run/lib`, and `run/assets`, where the backend looks for its files. */
export async function writeRunner({ root, here, out }) {
  await build({
    entryPoints: [join(here, "runner", "worker.mjs")],
    outdir: join(out, "lib"),
    ...{ bundle: true, splitting: true, minify: true, format: "esm", platform: "browser", target: "es2022" },
    conditions: ["@pushforward/source", "browser"],
    plugins: [emptyNode, oneOfEach],
    logLevel: "warning",
    logOverride: { "direct-eval": "silent" },
  });
  mkdirSync(join(out, "assets"), { recursive: true });
  // A browser without SIMD lacks much else that the examples use.
  const file = "tfjs-backend-wasm-simd.wasm";
  copyFileSync(join(root, "packages", "backend", "assets", file), join(out, "assets", file));
}
