import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelFileError, OptionError } from "@pushforward/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostileFiles } from "../test/hostile-files.ts";
import { rawFile } from "../test/raw-file.ts";
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from "./extend.ts";

const samples = new Map<string, SafetensorsTensor>([
  ["f64", { dtype: "F64", shape: [2], data: Float64Array.of(0.1, -0) }],
  ["f32", { dtype: "F32", shape: [3, 2], data: Float32Array.of(0.1, -0, 1e38, 1e-45, Infinity, NaN) }],
  ["i64", { dtype: "I64", shape: [2], data: BigInt64Array.of(-(2n ** 63n), 7n) }],
  ["i32", { dtype: "I32", shape: [1], data: Int32Array.of(-5) }],
  ["i16", { dtype: "I16", shape: [3], data: Int16Array.of(-5, 6, 7) }],
  ["i8", { dtype: "I8", shape: [1], data: Int8Array.of(-5) }],
  ["u8", { dtype: "U8", shape: [1], data: Uint8Array.of(250) }],
  ["bool", { dtype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ["scalar", { dtype: "F32", shape: [], data: Float32Array.of(2.5) }],
  ["empty", { dtype: "F32", shape: [3, 0], data: new Float32Array(0) }],
  ["é \u{1f600} \uffee __proto__", { dtype: "F32", shape: [1], data: Float32Array.of(3) }],
  ["__proto__", { dtype: "I32", shape: [1], data: Int32Array.of(9) }],
]);
const metadata = JSON.parse('{"who":"é \\"x\\" \\n\\u0001","__proto__":"data"}') as Record<string, string>;

function refusal(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFileError);
    return (error as ModelFileError).reason;
  }
}

test("every dtype and shape comes back bit for bit", () => {
  const file = readSafetensors(writeSafetensors(samples, metadata));
  expect([...file.tensors.keys()].sort()).toEqual([...samples.keys()].sort());
  for (const [name, tensor] of samples) {
    const back = file.tensors.get(name);
    expect([back?.dtype, back?.shape, back?.data.constructor]).toEqual([
      tensor.dtype,
      tensor.shape,
      tensor.data.constructor,
    ]);
    expect(Buffer.from(back?.data.buffer as ArrayBuffer)).toEqual(Buffer.from(tensor.data.buffer as ArrayBuffer));
  }
  expect(Object.entries(file.metadata).sort()).toEqual(Object.entries(metadata).sort());
  expect(({} as Record<string, unknown>)["data"]).toBeUndefined();
});

test("the same tensors give the same bytes in any order, aligned to 8", () => {
  const bytes = writeSafetensors(samples, metadata);
  const reversed = writeSafetensors(
    new Map([...samples].reverse()),
    Object.fromEntries(Object.entries(metadata).reverse()),
  );
  expect(Buffer.compare(bytes, reversed)).toBe(0);
  expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
});

test("reads a view into a larger buffer, and copies", () => {
  const bytes = writeSafetensors(new Map([["f32", samples.get("f32") as SafetensorsTensor]]));
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const { data } = readSafetensors(shifted.subarray(3)).tensors.get("f32") as SafetensorsTensor;
  shifted.fill(0);
  expect(data[0]).toBe(Math.fround(0.1));
});

test("F16 and BF16 are read as float32", () => {
  const values = Uint8Array.of(0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 0x00, 0xc0);
  const header =
    '{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}}';
  const { tensors } = readSafetensors(rawFile(header, values));
  expect(tensors.get("h")?.data).toEqual(Float32Array.of(1, -2));
  expect(tensors.get("b")?.data).toEqual(Float32Array.of(1, -2));
});

describe("the writer refuses what a reader would", () => {
  const f32 = (tensor: Partial<SafetensorsTensor>, name = "a"): (() => unknown) => {
    return () =>
      writeSafetensors(new Map([[name, { dtype: "F32", shape: [1], data: new Float32Array(1), ...tensor }]]));
  };
  test.each([
    ["shape", f32({ shape: [2] }), /tensor "a": expected a shape of 1 values, got \[2\]/],
    ["negative axes", f32({ shape: [-1, -1] }), /expected a shape of 1 values/],
    ["33 axes", f32({ shape: Array(33).fill(1) }), /expected a shape of 1 values/],
    ["array type", f32({ data: new Float64Array(1) }), /expected a Float32Array for F32, got Float64Array/],
    ["half precision", f32({ dtype: "F16" }), /expected a dtype of .*, got F16/],
    ["reserved name", f32({}, "__metadata__"), /got the reserved one/],
    ["half a surrogate pair", f32({}, "\ud800"), /half of a surrogate pair/],
  ])("%s", (_, run, text) => {
    expect(run).toThrow(OptionError);
    expect(run).toThrow(text);
  });
});

describe("hostile files", () => {
  test("there are enough of them", () => {
    expect(Object.keys(hostileFiles).length).toBeGreaterThanOrEqual(25);
  });

  test.each(Object.entries(hostileFiles))("%s", (_, { bytes, refused }) => {
    expect(refusal(() => readSafetensors(bytes))).toBe(refused);
  });

  test("messages say what was expected and got", () => {
    const text = (name: string): string => {
      try {
        readSafetensors(hostileFiles[name]?.bytes as Uint8Array);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(text("hole in the middle")).toBe('safetensors: expected tensors in a row, got a hole before tensor "b".');
    expect(text("tensor twice")).toBe('safetensors: expected unique keys, got "a" twice.');
    expect(text("trailing bytes")).toMatch(
      /expected a file that ends with its last tensor, at \d+ bytes, got \d+ bytes/,
    );
    expect(text("shape too large for its bytes")).toBe(
      'safetensors: expected 8 bytes for tensor "a" of dtype F32 and shape [2], got 4.',
    );
  });

  test("limits are the caller's", () => {
    const bytes = writeSafetensors(samples, metadata);
    expect(refusal(() => readSafetensors(bytes, { maxTensors: samples.size }))).toBeUndefined();
    expect(refusal(() => readSafetensors(bytes, { maxTensors: samples.size - 1 }))).toBe("limit");
    expect(refusal(() => readSafetensors(bytes, { maxHeaderBytes: 100 }))).toBe("limit");
  });

  test("a header of 11 MB with 200,000 tensors is refused fast", () => {
    const entries = Array.from(
      { length: 200_000 },
      (_, i) => `"tensor-${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );
    const bytes = rawFile(`{${entries.join(",")}}`);
    const start = process.cpuUsage();
    expect(refusal(() => readSafetensors(bytes))).toBe("limit");
    // At most 100 ms per MB, of this process, because a test machine may be busy with others.
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(100 * (bytes.length / 2 ** 20));
  });
});

const PYTHON = "/usr/bin/python3";
const hasPython = spawnSync(PYTHON, ["-c", "import safetensors.numpy"]).status === 0;

// Skipped where Python's safetensors (Debian: python3-safetensors) is not installed: it is the second reader.
describe.skipIf(!hasPython)(
  "beside Python's safetensors (skipped without /usr/bin/python3 and its safetensors)",
  () => {
    // Not while the tests are listed: of skipped tests, no hook runs.
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "pushforward-safetensors-"));
    });
    afterAll(() => rmSync(folder, { recursive: true }));
    const python = (code: string): string => {
      const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", code, folder], { maxBuffer: 2 ** 26 });
      expect(status, String(stderr)).toBe(0);
      return String(stdout);
    };

    test("it reads ours, and we read its", () => {
      writeFileSync(join(folder, "ours"), writeSafetensors(samples, metadata));
      python(`
import sys
from safetensors import safe_open
from safetensors.numpy import save_file
with safe_open(sys.argv[1] + "/ours", "np") as f:
    tensors = {name: f.get_tensor(name) for name in f.keys()}
    assert f.metadata()["who"] == 'é "x" \\n\\x01', f.metadata()
assert tensors["f32"].shape == (3, 2) and tensors["scalar"].shape == () and tensors["empty"].shape == (3, 0)
assert tensors["bool"].tolist() == [True, False, True] and tensors["i64"].tolist() == [-2**63, 7]
save_file(tensors, sys.argv[1] + "/theirs", {"who": "python"})
save_file({k: tensors[k].astype("float16") for k in ["f32", "f64"]}, sys.argv[1] + "/half")
`);
      const theirs = readSafetensors(readFileSync(join(folder, "theirs")));
      const again = readSafetensors(writeSafetensors(samples));
      for (const [name, { dtype, shape, data }] of again.tensors) {
        const back = theirs.tensors.get(name);
        expect([back?.dtype, back?.shape]).toEqual([dtype, shape]);
        expect(Buffer.from(back?.data.buffer as ArrayBuffer)).toEqual(Buffer.from(data.buffer as ArrayBuffer));
      }
      expect(theirs.tensors.size).toBe(samples.size);
      expect({ ...theirs.metadata }).toEqual({ who: "python" });
      // float16(0.1) is 1638 / 2^14; 1e38 overflows, 1e-45 becomes 0.
      const half = readSafetensors(readFileSync(join(folder, "half"))).tensors.get("f32");
      expect(half?.data).toEqual(Float32Array.of(1638 / 2 ** 14, -0, Infinity, 0, Infinity, NaN));
    });

    test("the layout is the same, to the byte", () => {
      const some = new Map([...samples].filter(([name]) => /^[a-z0-9]+$/.test(name) && name !== "bool"));
      writeFileSync(join(folder, "ours"), writeSafetensors(some, { who: "x" }));
      python(`
import sys
from safetensors.numpy import load_file, save_file
save_file(load_file(sys.argv[1] + "/ours"), sys.argv[1] + "/theirs", {"who": "x"})
`);
      expect(Buffer.compare(readFileSync(join(folder, "ours")), readFileSync(join(folder, "theirs")))).toBe(0);
    });

    test("both accept and refuse the same files, but for the written list", () => {
      const names = Object.keys(hostileFiles);
      for (const [i, name] of names.entries()) {
        writeFileSync(join(folder, `hostile-${i}`), hostileFiles[name]?.bytes as Uint8Array);
      }
      const accepted = JSON.parse(
        python(`
import json, sys
from safetensors import safe_open, deserialize
def accepts(path):
    try:
        deserialize(open(path, "rb").read())
        return True
    except Exception:
        return False
print(json.dumps([accepts(sys.argv[1] + "/hostile-%d" % i) for i in range(${names.length})]))
`),
      ) as boolean[];
      const disagreements = names.filter((name, i) => accepted[i] !== (hostileFiles[name]?.refused === undefined));
      expect(disagreements).toEqual(names.filter((name) => hostileFiles[name]?.disagreement !== undefined));
    });
  },
);
