import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BackendError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { describeBackend, useBackend } from "./index.ts";
import { wasmFiles } from "./wasm-files-node.ts";

const shipped = join(wasmFiles()["tfjs-backend-wasm.wasm"] as string, "..");

beforeAll(() => useBackend("cpu"));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.doUnmock("@tensorflow/tfjs-backend-wasm");
});

/** The message of a start that fails, after the backend before it was seen to go on. */
async function failure(wasmFolder?: string | URL): Promise<string> {
  const held = tf.tensor1d([1, 2]);
  const starting = useBackend("wasm", { wasmFolder });
  expect([...tf.exp(held).dataSync()][1], "cpu runs while wasm starts").toBeCloseTo(Math.exp(2), 5);
  const error = await starting.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(BackendError);
  expect(tf.getBackend()).toBe("cpu");
  expect([...tf.exp(held).dataSync()][1], "cpu runs after wasm failed").toBeCloseTo(Math.exp(2), 5);
  held.dispose();
  return (error as BackendError).message;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pushforward-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const COPY =
  'Reinstall @pushforward/backend; in a bundle, copy its folder assets beside the bundle and name the copy: useBackend("wasm", { wasmFolder }); or call useBackend("cpu").';

test("an engine without WebAssembly", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(await failure()).toBe(
    'useBackend: expected "wasm" to start, got an engine without WebAssembly. Call useBackend("cpu").',
  );
  expect((await describeBackend()).notes[1]).toBe('useBackend("wasm") failed: it got an engine without WebAssembly');
});

test("a file that is not there, twice", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "tfjs-backend-wasm-simd.wasm");
  for (const _ of [1, 2]) {
    expect(await failure(folder)).toBe(
      `useBackend: expected "wasm" to start, got no file at ${file} (ENOENT: no such file or directory, open '${file}'). ${COPY}`,
    );
  }
});

test("a web page and a damaged file in its place", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "tfjs-backend-wasm-simd.wasm");
  await writeFile(file, "<!doctype html>");
  expect(await failure(pathToFileURL(folder))).toBe(
    `useBackend: expected "wasm" to start, got a web page in the place of ${file}. ${COPY}`,
  );
  await writeFile(file, Uint8Array.of(0, 0x61, 0x73, 0x6d, 9));
  const message = await failure(folder);
  expect(message).toContain(`got a file that this engine refuses, ${file} (WebAssembly.compile(): `);
  expect(message).toContain("allow 'wasm-unsafe-eval' where a Content-Security-Policy is set");
});

test("after the failures it starts from a folder of the caller's, and the notes forget them", async () => {
  await useBackend("wasm", { wasmFolder: `${pathToFileURL(shipped).href}/` });
  expect(await describeBackend()).toMatchObject({ name: "wasm", simd: true });
  await useBackend("cpu");
  expect((await describeBackend()).notes[1]).toBe('useBackend("wasm") is several times faster');
});

test("a package of another version", async () => {
  vi.resetModules();
  vi.doMock("@tensorflow/tfjs-backend-wasm", () => ({ version_wasm: "4.21.0", setWasmPaths: () => undefined }));
  const fresh = await import("./index.ts");
  await expect(fresh.useBackend("wasm")).rejects.toThrow(
    'useBackend: expected "wasm" to start, got @tensorflow/tfjs-backend-wasm 4.21.0 beside @tensorflow/tfjs-core 4.22.0. Install both in the same version.',
  );
  expect(tf.getBackend()).toBe("cpu");
});
