import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@pushforward/backend";
import { type Json, ModelFileError, OptionError } from "@pushforward/core";
import { defineCodec, isDistribution } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { format1 } from "../test/format-1.ts";
import { isToy, makeToy, Toy, toyCodec, toyRegistry } from "../test/toy-model.ts";
import { sealContainer } from "./container.ts";
import { createRegistry, readSafetensors, type SafetensorsTensor, writeSafetensors } from "./extend.ts";
import { decodeModel, encodeModel, type ModelFileLimits } from "./index.ts";

beforeAll(() => useBackend("cpu"));

const KIND = { name: "model file", format: "pushforward", fields: ["model", "metadata"] };
const bytes = encodeModel(makeToy(), toyRegistry, { metadata: { columns: ["x", "y"], zero: -0 } });

/** The toy file with another tree, other tensors or other metadata, its checksum right. */
function resealed(change: {
  model?: (json: { type: string; version: number; config: Record<string, Json> }) => unknown;
  tensors?: (tensors: Map<string, SafetensorsTensor>) => unknown;
  fields?: Record<string, string>;
}): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes);
  const json = JSON.parse(metadata["model"] as string);
  change.model?.(json);
  const changed = new Map(tensors);
  change.tensors?.(changed);
  return sealContainer(KIND, { model: JSON.stringify(json), metadata: "{}", ...change.fields }, changed);
}

function failure(file: Uint8Array, limits: ModelFileLimits = {}): [string, string] {
  try {
    decodeModel(file, toyRegistry, { limits });
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFileError);
    return [(error as ModelFileError).reason, (error as Error).message];
  }
  throw new Error("expected a ModelFileError, got none");
}

describe("numbers that are not finite", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%s in a file is refused", (value) => {
    const file = resealed({
      tensors: (tensors) => {
        const [path, tensor] = [...tensors].find(([, { dtype }]) => dtype === "F32") as [string, SafetensorsTensor];
        const data = Float32Array.from(tensor.data as Float32Array);
        data[data.length - 1] = value;
        tensors.set(path, { ...tensor, data });
      },
    });
    const [reason, message] = failure(file);
    expect(reason).toBe("weights");
    expect(message).toMatch(
      /^model file: expected finite numbers in the tensor ".+", got -?(NaN|Infinity) at index \d+\.$/,
    );
  });

  test("a model that has one is not written", () => {
    const toy = makeToy();
    toy.scale.write([Number.NaN]);
    expect(() => encodeModel(toy, toyRegistry)).toThrow(
      /^encodeModel: expected finite numbers in the parameter ".+", got NaN at index 0\. Nothing has been written\.$/,
    );
    toy.dispose();
  });
});

describe("a round trip", () => {
  test("keeps every parameter bit for bit, the config and the metadata", () => {
    const toy = makeToy();
    const { model, metadata } = decodeModel(bytes, toyRegistry, { is: isToy });
    expect(model.parts.name).toBe(toy.parts.name);
    expect(Object.is(model.parts.shift, -0)).toBe(true);
    expect(metadata).toEqual({ columns: ["x", "y"], zero: -0 });
    const back = model.parameters();
    expect([...back.keys()]).toEqual([...toy.parameters().keys()]);
    for (const [path, parameter] of toy.parameters()) {
      const values = back.get(path)?.read();
      expect(values?.constructor).toBe(parameter.read().constructor);
      expect(Buffer.from(values?.buffer as ArrayBuffer)).toEqual(Buffer.from(parameter.read().buffer as ArrayBuffer));
    }
  });

  test("gives the same bytes again, also from a Buffer within a larger one", () => {
    const shifted = Buffer.concat([Buffer.of(1, 2, 3), bytes]).subarray(3);
    const { model, metadata } = decodeModel(shifted, toyRegistry);
    shifted.fill(0);
    expect(Buffer.compare(encodeModel(model, toyRegistry, { metadata }), bytes)).toBe(0);
  });

  test("a model whose tensors are in use is read as it is now", () => {
    const toy = makeToy();
    toy.scale.variable.assign(tf.scalar(7));
    const { model } = decodeModel(encodeModel(toy, toyRegistry), toyRegistry, { is: isToy });
    expect(model.scale.read()).toEqual(Float32Array.of(7));
    toy.dispose();
  });

  test("the file of the first release is read, and written the same", () => {
    const file = new Uint8Array(Buffer.from(format1, "base64"));
    const { model, metadata } = decodeModel(file, toyRegistry, { is: isToy });
    expect(model.weight.read()).toEqual(makeToy().weight.read());
    expect(model.parts.children.map(({ scale }) => scale.read()[0])).toEqual([Math.fround(0.1), Math.fround(1e-40)]);
    expect(Buffer.compare(encodeModel(model, toyRegistry, { metadata }), file)).toBe(0);
  });

  test("a thing without parameters is a model too", () => {
    const codec = defineCodec<URL, Json>({
      type: "test/url",
      version: 1,
      is: (value): value is URL => value instanceof URL,
      encode: ({ href }) => ({ href }),
      decode: (config) => new URL((config as { href: string }).href),
    });
    const registry = createRegistry(codec);
    const { model, metadata } = decodeModel(encodeModel(new URL("http://a.b/"), registry), registry);
    expect((model as URL).href).toBe("http://a.b/");
    expect(metadata).toEqual({});
  });
});

describe("companions", () => {
  const companions = { "__proto__ 1": makeToy(), other: makeToy() };
  const both = encodeModel(makeToy(), toyRegistry, { companions, metadata: 1 });

  test("come back by their names, with their parameters, and the same bytes again", () => {
    const decoded = decodeModel(both, toyRegistry);
    expect([...decoded.companions.keys()].sort()).toEqual(["__proto__ 1", "other"]);
    for (const [name, value] of Object.entries(companions)) {
      const copy = decoded.companions.get(name) as Toy;
      for (const [path, parameter] of value.parameters()) {
        expect(copy.parameters().get(path)?.read()).toEqual(parameter.read());
      }
    }
    const again = encodeModel(decoded.model, toyRegistry, {
      companions: Object.fromEntries(decoded.companions),
      metadata: decoded.metadata,
    });
    expect(again).toEqual(both);
    expect(decodeModel(bytes, toyRegistry).companions.size).toBe(0);
  });

  test("that are damaged, unknown or without their parameters are refused", () => {
    const { tensors, metadata } = readSafetensors(both);
    const sealed = (
      fields: Record<string, string>,
      kept: ReadonlyMap<string, SafetensorsTensor> = tensors,
    ): Uint8Array =>
      sealContainer(
        { ...KIND, optional: ["companions"] },
        { model: metadata["model"] as string, metadata: "1", ...fields },
        kept,
      );
    expect(failure(sealed({}))).toEqual(["weights", expect.stringContaining("expected no tensor")]);
    expect(failure(sealed({ companions: "[]" }))).toEqual(["metadata", expect.stringContaining("companions by name")]);
    expect(failure(sealed({ companions: '{"a":{"type":"none/such","version":1,"config":{}}}' }))[0]).toBe("type");
    const without = new Map([...tensors].filter(([path]) => !path.startsWith("companions.other.")));
    expect(failure(sealed({ companions: metadata["companions"] as string }, without))).toEqual([
      "weights",
      expect.stringContaining('a tensor "companions.other.'),
    ]);
  });
});

describe("encodeModel refuses what could not be loaded", () => {
  const encode = (change: Partial<typeof toyCodec>): (() => unknown) => {
    return () => encodeModel(makeToy(), createRegistry({ ...toyCodec, ...change }));
  };
  test.each<[string, () => unknown, RegExp]>([
    ["a model without codec", () => encodeModel(makeToy(), createRegistry()), /Pass one with registry\.extend/],
    [
      "metadata that are not JSON",
      () => encodeModel(makeToy(), toyRegistry, { metadata: [NaN] }),
      /metadata: .*\$\[0\], got NaN/,
    ],
    [
      "a config that is not JSON",
      encode({ encode: () => ({ shift: Infinity }) }),
      /encodeModel: model: .*\$\.config\.shift/,
    ],
    ["a config that its codec refuses", encode({ encode: () => ({}) }), /codecs that rebuild the model, got: .*"rows"/],
    [
      "a codec that forgets a parameter",
      encode({ decode: (c, r) => new Toy({ ...toyCodec.decode(c, r).parts, children: [] }) }),
      /expected no tensor "children\.0\.scale"/,
    ],
  ])("%s", (_, run, text) => {
    expect(run).toThrow(OptionError);
    expect(run).toThrow(text);
  });
});

describe("decodeModel refuses", () => {
  test("a safetensors file of another kind", () => {
    expect(failure(writeSafetensors(new Map(), { format: "pt" }))).toEqual([
      "metadata",
      'model file: expected format "pushforward", got "pt". It is a safetensors file of another kind.',
    ]);
    expect(failure(writeSafetensors(new Map()))[1]).toContain("got none");
  });

  test("another format version", () => {
    const { tensors, metadata } = readSafetensors(bytes);
    expect(failure(writeSafetensors(tensors, { ...metadata, formatVersion: "2" }))).toEqual([
      "version",
      'model file: expected format version 1, got "2". If the file was written by a newer release, update the package.',
    ]);
  });

  test("a missing and an unknown field", () => {
    const { tensors, metadata } = readSafetensors(bytes);
    const { sha256: _, ...rest } = metadata;
    expect(failure(writeSafetensors(tensors, rest))).toEqual([
      "metadata",
      'model file: expected metadata "sha256", got none.',
    ]);
    expect(failure(writeSafetensors(tensors, { ...metadata, code: "x" }))[1]).toBe(
      'model file: expected no metadata "code", got some.',
    );
  });

  test("damaged values", () => {
    const damaged = bytes.slice();
    damaged[damaged.length - 1] = 1;
    const [reason, message] = failure(damaged);
    expect(reason).toBe("checksum");
    expect(message).toMatch(/^model file: expected sha256 "[0-9a-f]{64}", got [0-9a-f]{64}\. The file is damaged\.$/);
  });

  test("any single byte that changes, in any way", () => {
    const reasons = new Set<string>();
    for (let i = 0; i < bytes.length; i++) {
      for (const flip of DEEP ? [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] : [0x01, 1 << (i % 8), 0xff]) {
        const damaged = bytes.slice();
        damaged[i] = (damaged[i] as number) ^ flip;
        reasons.add(failure(damaged)[0]);
      }
    }
    expect([...reasons].sort()).toEqual(["checksum", "header", "limit", "metadata", "tensor", "version"]);
  });

  test("a model of the wrong kind", () => {
    const decode = (): unknown => decodeModel(bytes, toyRegistry, { is: isDistribution });
    expect(decode).toThrow(ModelFileError);
    expect(decode).toThrow("decodeModel: expected a model that `is` accepts");
  });

  test.each<[string, Uint8Array, string, RegExp | string]>([
    [
      "an unknown type",
      resealed({ model: (node) => Object.assign(node, { type: "me/warp" }) }),
      "type",
      /got "me\/warp"; known types: test\/toy/,
    ],
    [
      "a newer type",
      resealed({ model: (node) => Object.assign(node, { version: 3 }) }),
      "version",
      /expected version 2 or older, got 3/,
    ],
    [
      "a bad config",
      resealed({ model: ({ config }) => Object.assign(config, { rows: 0 }) }),
      "config",
      /test\/toy\.rows: expected an integer/,
    ],
    ["a model that is no JSON", resealed({ fields: { model: "{" } }), "metadata", /metadata "model": expected JSON/],
    [
      "metadata that are no JSON",
      resealed({ fields: { metadata: "" } }),
      "metadata",
      /metadata "metadata": expected JSON/,
    ],
    ["a deep model", resealed({ fields: { model: "[".repeat(1e6) } }), "limit", /nested at most 200 deep/],
    ["a large model", resealed({ fields: { model: `[${"0,".repeat(1e6)}0]` } }), "limit", /at most 1000000 values/],
    [
      "a missing tensor",
      resealed({ tensors: (tensors) => tensors.delete("children.1.scale") }),
      "weights",
      'model file: expected a tensor "children.1.scale", F32 [], got none.',
    ],
    [
      "another tensor",
      resealed({ tensors: (tensors) => tensors.set("extra", { dtype: "I8", shape: [1], data: Int8Array.of(1) }) }),
      "weights",
      'model file: expected no tensor "extra", which the model does not have, got I8 [1].',
    ],
    [
      "another shape",
      resealed({
        tensors: (tensors) => tensors.set("weight", { dtype: "F32", shape: [2, 3], data: new Float32Array(6) }),
      }),
      "weights",
      'model file: expected a tensor "weight", F32 [3, 2], got F32 [2, 3].',
    ],
    [
      "another dtype",
      resealed({ tensors: (tensors) => tensors.set("order", { dtype: "F32", shape: [3], data: new Float32Array(3) }) }),
      "weights",
      'model file: expected a tensor "order", I32 [3], got F32 [3].',
    ],
  ])("%s", (_, file, reason, text) => {
    const [got, message] = failure(file);
    expect(got).toBe(reason);
    expect(message).toMatch(text);
  });

  test("what exceeds the caller's limits", () => {
    expect(failure(bytes, { maxNodes: 2 })[0]).toBe("limit");
    expect(failure(bytes, { maxDepth: 1 })[0]).toBe("limit");
    expect(failure(bytes, { maxTensors: 8 })[0]).toBe("limit");
    expect(
      decodeModel(bytes, toyRegistry, { limits: { maxNodes: 3, maxDepth: 2, maxTensors: 9 } }).metadata,
    ).toBeDefined();
  });

  test("an older format of a type is migrated within the file", () => {
    const old = resealed({
      model: (node) => {
        node.version = 1;
        delete node.config["name"];
      },
    });
    expect(decodeModel(old, toyRegistry, { is: isToy }).model.parts.name).toBe("old");
  });

  test("a parameters() that throws becomes a ModelFileError", () => {
    class Broken extends Toy {
      override parameters(): never {
        throw new TypeError("boom");
      }
      override dispose(): void {}
    }
    const registry = createRegistry({ ...toyCodec, decode: (c, r) => new Broken(toyCodec.decode(c, r).parts) });
    const decode = (): unknown =>
      decodeModel(resealed({ model: ({ config }) => Object.assign(config, { children: [] }) }), registry);
    expect(decode).toThrow(ModelFileError);
    expect(decode).toThrow(/takes its parameters, got: boom/);
  });
});

describe("memory", () => {
  test("a file that promises 16 GB of weights costs nothing", () => {
    const promise = resealed({ model: ({ config }) => Object.assign(config, { rows: 65_536, columns: 65_536 }) });
    const before = process.memoryUsage().arrayBuffers;
    expect(failure(promise)).toEqual([
      "weights",
      'model file: expected a tensor "weight", F32 [65536, 65536], got F32 [3, 2].',
    ]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  test("decoding allocates nothing on the backend, failing leaks nothing, disposing frees all", () => {
    const before = tf.memory().numTensors;
    for (let i = 0; i < 100; i++) {
      const { model } = decodeModel(bytes, toyRegistry, { is: isToy });
      expect(tf.memory().numTensors).toBe(before);
      for (const parameter of model.parameters().values()) parameter.variable;
      expect(tf.memory().numTensors).toBe(before + 9);
      decodeModel(encodeModel(model, toyRegistry), toyRegistry);
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test("a codec that allocates at once loses nothing either when the weights do not fit", () => {
    const eager = createRegistry({
      ...toyCodec,
      decode: (config, registry) => {
        const toy = toyCodec.decode(config, registry);
        toy.scale.variable;
        return toy;
      },
    });
    const before = tf.memory().numTensors;
    const missing = resealed({ tensors: (tensors) => tensors.delete("children.1.scale") });
    expect(() => decodeModel(missing, eager)).toThrow(ModelFileError);
    const extra = resealed({ model: ({ config }) => Object.assign(config, { extra: 1 }) });
    expect(() => decodeModel(extra, eager)).toThrow(ModelFileError);
    encodeModel(makeToy(), eager);
    expect(tf.memory().numTensors).toBe(before);
  });
});

const PYTHON = "/usr/bin/python3";
const hasPython = spawnSync(PYTHON, ["-c", "import safetensors.numpy"]).status === 0;

// Skipped where Python's safetensors (Debian: python3-safetensors) is not installed.
test.skipIf(!hasPython)(
  "(skipped without Python's safetensors) Python reads a model file, changes a weight, seals it and we read it",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "pushforward-model-"));
    writeFileSync(join(folder, "model"), bytes);
    const { status, stderr } = spawnSync(PYTHON, [
      "-c",
      `
import sys
from hashlib import sha256
from safetensors import safe_open
from safetensors.numpy import save_file

NAMES = {"float32": "F32", "int32": "I32"}

def seal(metadata, tensors):
    h = sha256()
    for key in sorted(set(metadata) - {"sha256"}):
        h.update(f"{key}\\0{metadata[key]}\\0".encode())
    for name in sorted(tensors):
        t = tensors[name]
        h.update(f"{name}\\0{NAMES[str(t.dtype)]}\\0{','.join(map(str, t.shape))}\\0".encode())
        h.update(t.tobytes())
    return {**metadata, "sha256": h.hexdigest()}

path = sys.argv[1] + "/model"
with safe_open(path, "np") as f:
    tensors = {name: f.get_tensor(name) for name in f.keys()}
    metadata = f.metadata()
assert seal(metadata, tensors) == metadata
save_file(tensors, path + "-same", metadata)
tensors["weight"][0, 0] = 42
save_file(tensors, path + "-damaged", metadata)
save_file(tensors, path + "-changed", seal(metadata, tensors))
`,
      folder,
    ]);
    expect(status, String(stderr)).toBe(0);
    const read = (name: string): Uint8Array => readFileSync(join(folder, name));
    const same = decodeModel(read("model-same"), toyRegistry);
    expect(Buffer.compare(encodeModel(same.model, toyRegistry, { metadata: same.metadata }), bytes)).toBe(0);
    expect(failure(read("model-damaged"))[0]).toBe("checksum");
    expect(decodeModel(read("model-changed"), toyRegistry, { is: isToy }).model.weight.read()[0]).toBe(42);
    rmSync(folder, { recursive: true });
  },
);
