import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelFileError, OptionError, SaveError } from "@pushforward/core";
import { isDistribution } from "@pushforward/core/extend";
import { afterAll, describe, expect, test } from "vitest";
import { isToy, makeToy, toyRegistry } from "../test/toy-model.ts";
import { createRegistry } from "./extend.ts";
import { encodeModel } from "./index.ts";
import { loadCheckpoint, loadModel, saveCheckpoint, saveModel } from "./node.ts";

const folder = mkdtempSync(join(tmpdir(), "pushforward-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "model.safetensors");

async function failure(run: Promise<unknown>): Promise<[string, string]> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelFileError);
  return [(error as ModelFileError).reason, (error as ModelFileError).message];
}

test("a model is saved as it is at the call, and loaded", async () => {
  const toy = makeToy();
  const saving = saveModel(path, toy, toyRegistry, { metadata: { columns: ["x"] } });
  toy.scale.write([99]);
  await saving;
  const { model, metadata } = await loadModel(path, toyRegistry, { is: isToy });
  expect(model.scale.read()).toEqual(Float32Array.of(Math.PI));
  expect(metadata).toEqual({ columns: ["x"] });
});

test("a checkpoint is saved and loaded", async () => {
  const file = join(folder, "checkpoint");
  await saveCheckpoint(file, { meta: { step: 3 }, arrays: new Map([["m", Float32Array.of(1, 2)]]) });
  const { meta, arrays } = await loadCheckpoint(file);
  expect(meta).toEqual({ step: 3 });
  expect(arrays.get("m")).toEqual(Float32Array.of(1, 2));
  expect((await failure(loadCheckpoint(file, { limits: { maxTensors: 0 } })))[0]).toBe("limit");
});

test("nothing is written when the model can't be encoded", async () => {
  const file = join(folder, "unknown");
  await expect(saveModel(file, makeToy(), createRegistry())).rejects.toThrow(OptionError);
  await expect(saveModel(join(folder, "no", "where.st"), makeToy(), toyRegistry)).rejects.toThrow(SaveError);
  for (const name of ["model.csv", "model", "safetensors", ""]) {
    await expect(saveModel(name, makeToy(), toyRegistry)).rejects.toThrow(
      `saveModel: expected a path that ends in .safetensors or .st, got "${name}".`,
    );
  }
  expect(readdirSync(folder)).not.toContain("unknown");
});

describe("loadModel names the file that", () => {
  test("is missing", async () => {
    const [reason, message] = await failure(loadModel(join(folder, "nowhere"), toyRegistry));
    expect(reason).toBe("header");
    expect(message).toMatch(/^load: expected to read ".*nowhere", got ENOENT: /);
  });

  test("is a folder", async () => {
    mkdirSync(join(folder, "sub"));
    expect((await failure(loadModel(join(folder, "sub"), toyRegistry)))[1]).toMatch(/sub" to be a regular file/);
  });

  test.skipIf(process.platform === "win32")("is a device without end, or a pipe", async () => {
    const pipe = join(folder, "pipe");
    expect(spawnSync("sh", ["-c", `mkfifo "${pipe}"`]).status).toBe(0);
    expect((await failure(loadModel(pipe, toyRegistry)))[1]).toMatch(/pipe" to be a regular file/);
    expect((await failure(loadModel("/dev/zero", toyRegistry)))[1]).toMatch(/\/dev\/zero" to be a regular file/);
  });

  test("is too large, before it is read", async () => {
    const file = join(folder, "large");
    writeFileSync(file, "");
    truncateSync(file, 2 * 1024 ** 3 + 1);
    const before = process.memoryUsage().arrayBuffers;
    const [reason, message] = await failure(loadModel(file, toyRegistry));
    expect(reason).toBe("limit");
    expect(message).toMatch(/large" to have at most 2147483648 bytes, got 2147483649\. Raise maxFileBytes\.$/);
    expect((await failure(loadModel(path, toyRegistry, { maxFileBytes: 10 })))[0]).toBe("limit");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  test("is damaged, of another type, or of another kind", async () => {
    const bytes = encodeModel(makeToy(), toyRegistry);
    writeFileSync(path, bytes);
    expect((await failure(loadModel(path, createRegistry())))[1]).toMatch(
      /^".*model\.safetensors": registry\.decode: /,
    );
    expect((await failure(loadModel(path, toyRegistry, { is: isDistribution })))[0]).toBe("type");
    writeFileSync(path, bytes.subarray(0, 1_000));
    const [reason, message] = await failure(loadModel(path, toyRegistry));
    expect(reason).toBe("header");
    expect(message).toMatch(/^".*model\.safetensors": safetensors: expected a header within the 1000 bytes/);
  });
});
