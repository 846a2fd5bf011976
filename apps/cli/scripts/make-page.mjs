// Bundles what runs in the offline page: its beginning and its program, as texts beside the built command line.
import { writeFile } from "node:fs/promises";
import { build } from "esbuild";

/** Packages name TensorFlow.js, and nothing of them that the page uses may need it. */
const withoutTensorflow = {
  name: "without TensorFlow.js",
  setup({ onResolve }) {
    onResolve({ filter: /^(@tensorflow\/|node:)/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};

for (const name of ["start", "main"]) {
  const { outputFiles } = await build({
    entryPoints: [`dist/offline-page/browser/${name}.js`],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    platform: "browser",
    charset: "ascii",
    legalComments: "none",
    logLevel: "error",
    plugins: [withoutTensorflow],
    write: false,
  });
  const [{ text }] = outputFiles;
  if (text.includes("@tensorflow"))
    throw new Error(`${name}: expected a program without TensorFlow.js, got one with it.`);
  await writeFile(`dist/offline-page/page-${name}.js`, text);
}
