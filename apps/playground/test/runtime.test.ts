// A compiled model in a page without TensorFlow.js: scored, and trained to the losses that Node gets.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { openCompiled, trainCompiledEvents } from "@pushforward/runtime";
import { wasmEngine } from "@pushforward/runtime/wasm";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { createKey, nsf } from "pushforward";
import { compileModel } from "pushforward/compile";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { MINUTE } from "./visit-settings.ts";

/** What the page runs, and Node as well. */
const PROGRAM = `
import { openCompiled, trainCompiledEvents } from "@pushforward/runtime";
import { wasmEngine } from "@pushforward/runtime/wasm";
import { createKey } from "@pushforward/core";
globalThis.run = (bytes, x) => {
  const model = openCompiled(Uint8Array.from(bytes), { engine: wasmEngine(["simd"]) });
  const before = [...model.logProb(x)];
  const losses = [...trainCompiledEvents(model, { x }, { key: createKey(3), maxEpochs: 4 })].map(({ loss }) => loss);
  return { before, losses, after: [...model.logProb(x)] };
};`;

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, MINUTE);

afterAll(() => browser?.close());

test("the same numbers as in Node, to the last bit", { timeout: MINUTE }, async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: dirname(fileURLToPath(import.meta.url)) },
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    conditions: ["@pushforward/source"],
    external: ["@tensorflow/*"],
    write: false,
    logLevel: "error",
  });
  const program = outputFiles[0]?.text as string;
  expect(program).not.toContain("@tensorflow");
  const bytes = compileModel(nsf({ features: 2, transforms: 1, hidden: [8], dropout: 0.1, key: createKey(0) }));
  const x = Array.from(createKey(1).normal(200), (z) => 1 + 0.3 * z);

  const page = await browser.newPage();
  await page.addScriptTag({ content: program });
  const inPage = await page.evaluate(
    ([file, rows]) => {
      type Run = (bytes: readonly number[], x: readonly number[]) => Record<string, number[]>;
      return (globalThis as unknown as { run: Run }).run(file, rows);
    },
    [[...bytes], x] as const,
  );
  await page.close();

  const model = openCompiled(bytes, { engine: wasmEngine(["simd"]) });
  expect(inPage["before"]).toEqual([...model.logProb(x)]);
  const losses = [...trainCompiledEvents(model, { x }, { key: createKey(3), maxEpochs: 4 })].map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  expect(inPage["losses"]).toEqual(losses);
  expect(inPage["after"]).toEqual([...model.logProb(x)]);
});
