import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

const folder = dirname(fileURLToPath(import.meta.url));

/** What a page would load of an entry, with TensorFlow.js left outside to see whether it is asked for. */
async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["@pushforward/source"],
    external: ["@tensorflow/*"],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0]?.text as string;
}

test("scores, samples and trains without TensorFlow.js", async () => {
  const runtime = await bundled('export * from "./index.ts"; export * from "./wasm.ts";');
  expect(runtime).not.toMatch(/@tensorflow|tfjs/);
  // The check can fail.
  expect(await bundled('export * from "@pushforward/flows/compile";')).toMatch(/@tensorflow/);
});
