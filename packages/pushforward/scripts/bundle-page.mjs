// Bundles the script of a page without a bundler. Run by itself, it writes it to `dist`: pushforward.min.js for a script tag,
// pushforward.min.mjs as a module, and their hashes for `integrity`.
import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const entry = fileURLToPath(new URL("../src/page/page.ts", import.meta.url));
const dist = new URL("../dist/", import.meta.url);

/** Packages name TensorFlow.js and modules of Node; the page needs none. */
const alone = {
  name: "alone",
  setup({ onResolve }) {
    onResolve({ filter: /^(@tensorflow\/|node:)/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
    onResolve({ filter: /./ }, ({ path, kind }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
  },
};

/**
 * Returns the text of the script.
 *
 * @param {"iife" | "esm"} format a script with the global name `pushforward`, or a module
 * @param {{ starts: readonly object[], kernels: Uint8Array }} parts the starting models, and the WebAssembly module of the
 *   kernels
 */
export async function bundlePage(format, { starts, kernels }) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format,
    ...(format === "iife" && { globalName: "pushforward" }),
    target: "es2022",
    platform: "browser",
    mainFields: ["module", "main"],
    conditions: ["@pushforward/source"],
    define: {
      STARTING_MODELS: JSON.stringify(starts),
      KERNELS: JSON.stringify(Buffer.from(kernels).toString("hex")),
    },
    charset: "utf8",
    legalComments: "none",
    write: false,
    logLevel: "error",
    plugins: [alone],
  });
  const text = outputFiles[0].text;
  if (/@tensorflow|node:/.test(text))
    throw new Error("bundle-page: expected a script without imports, got one with some.");
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { useBackend } = await import("../dist/index.js");
  const { startingModels } = await import("../dist/page/starting-models.js");
  const { kernelModule } = await import("@pushforward/runtime/wasm");
  await useBackend("cpu");
  const parts = { starts: startingModels(), kernels: kernelModule("simd") };
  const integrity = {};
  for (const [name, format] of Object.entries({ "pushforward.min.js": "iife", "pushforward.min.mjs": "esm" })) {
    const text = await bundlePage(format, parts);
    await writeFile(new URL(name, dist), text);
    integrity[name] = `sha384-${createHash("sha384").update(text).digest("base64")}`;
  }
  // The modules that are bundled work in no other way.
  for (const name of ["page", "starting-models"]) await rm(new URL(`page/${name}.js`, dist));
  await writeFile(new URL("integrity.json", dist), `${JSON.stringify(integrity, undefined, 2)}\n`);
}
