import type { Json } from "@pushforward/core";
import { sealContainer } from "../src/container.ts";
import { readSafetensors, type SafetensorsTensor } from "../src/extend.ts";
import { Random } from "./random.ts";
import { rawFile } from "./raw-file.ts";

const KIND = { name: "model file", format: "pushforward", fields: ["model", "metadata"] };
const NUMBERS = [
  "0",
  "1",
  "2",
  "3",
  "-1",
  "1.5",
  "-0",
  "1e3",
  "1e999",
  "65536",
  "65537",
  "4294967296",
  "9007199254740993",
  "null",
  '"3"',
  "[]",
  "{}",
  "1e-400",
  "18446744073709551616",
];
const WORDS = [
  "",
  "__proto__",
  "constructor",
  "toString",
  "test/toy",
  "weight",
  "config",
  "children",
  "F32",
  "I64",
  "BOOL",
  "\ud800",
  "é",
  "\u0000",
  "x".repeat(300),
];
const VALUES: readonly Json[] = [
  null,
  true,
  0,
  1,
  2,
  3,
  -1,
  1.5,
  1e308,
  65_536,
  2 ** 53,
  "",
  "test/toy",
  [],
  {},
  [[]],
  [null],
  { type: "test/toy" },
];

/**
 * Damages a model file in seeded ways: some like a disk error, some like an attacker, who seals the file again so that
 * the checksum does not stop it. A call may throw `OptionError` if the writer refuses to seal the result.
 */
export function createMutator(original: Uint8Array, seed: string): () => Uint8Array {
  const { tensors, metadata } = readSafetensors(original);
  const modelText = metadata["model"] as string;
  const headerSize = Number(new DataView(original.buffer, original.byteOffset).getBigUint64(0, true));
  const headerText = new TextDecoder().decode(original.subarray(8, 8 + headerSize));
  const values = original.subarray(8 + headerSize);
  const words = [...WORDS, ...[...modelText.matchAll(/"([^"\\]*)"/g)].map((match) => match[1] as string)];
  const random = new Random(seed);
  /** Bit flips anywhere. */
  function flip(): Uint8Array {
    const bytes = original.slice();
    for (let n = random.below(8); n >= 0; n--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    return bytes;
  }

  /** A piece cut out, doubled, or the end cut off. */
  function splice(): Uint8Array {
    const from = random.below(original.length);
    const to = from + random.below(random.pick([4, 40, 400]));
    const parts = random.pick([
      [original.subarray(0, from), original.subarray(to)],
      [original.subarray(0, to), original.subarray(from)],
      [original.subarray(0, from)],
      [original, original.subarray(0, from)],
    ]);
    return Uint8Array.from(Buffer.concat(parts));
  }

  /** Changes the declared length of the header. */
  function relength(): Uint8Array {
    const bytes = original.slice();
    const sizes = [
      0n,
      1n,
      BigInt(headerSize + random.below(64) - 32),
      BigInt(original.length - random.below(20)),
      100_000_001n,
      2n ** 31n,
      2n ** 32n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n - 1n,
    ];
    new DataView(bytes.buffer).setBigUint64(0, random.pick(sizes), true);
    return bytes;
  }

  /** Replaces a number or word of a JSON text, or doubles or drops a piece of it. */
  function editText(text: string): string {
    const kind = random.below(4);
    const tokens = [...text.matchAll(kind === 0 ? /-?\d[\d.e+-]*/g : kind === 1 ? /"[^"\\]*"/g : /[{}[\],:]/g)];
    const token = random.pick(tokens);
    const end = token.index + token[0].length;
    if (kind === 0) return text.slice(0, token.index) + random.pick(NUMBERS) + text.slice(end);
    if (kind === 1) return text.slice(0, token.index) + JSON.stringify(random.pick(words)) + text.slice(end);
    const other = random.pick(tokens).index;
    if (kind === 2) return text.slice(0, end) + text.slice(Math.min(other, token.index));
    return (
      text.slice(0, token.index) +
      random.pick(["", "{", "[", "]", "}", ",", '{"a":'.repeat(500), "[".repeat(300)]) +
      text.slice(end)
    );
  }

  /** The header edited as text, its length right. */
  function editHeader(): Uint8Array {
    return rawFile(editText(headerText), values);
  }

  /** The text of the model edited, its checksum right. */
  function editModel(): Uint8Array {
    return sealContainer(KIND, { model: editText(modelText), metadata: "{}" }, tensors);
  }

  /** The tree of the model edited as a tree, so that it stays JSON; its checksum right. */
  function editTree(): Uint8Array {
    let tree = JSON.parse(modelText) as Json;
    for (let n = random.below(3); n >= 0; n--) tree = editNode(tree, random.below(7));
    return sealContainer(KIND, { model: JSON.stringify(tree), metadata: "{}" }, tensors);
  }

  function editNode(node: Json, depth: number): Json {
    if (typeof node !== "object" || node === null || depth === 0) {
      return random.below(6) === 0 ? nest(node, 10 + random.below(30)) : random.pick(VALUES);
    }
    const keys = Object.keys(node);
    const key = keys.length === 0 ? "x" : random.pick(keys);
    const copy = (Array.isArray(node) ? [...node] : { ...node }) as Record<string, Json>;
    const kind = random.below(8);
    if (kind === 0) delete copy[key];
    else if (kind === 1)
      Object.defineProperty(copy, random.pick(WORDS.slice(0, -1)), {
        value: copy[key] ?? null,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else if (kind === 2 && typeof copy[key] === "number")
      copy[key] = (copy[key] as number) + random.pick([-1, 1, 0.5, 1e6]);
    else if (kind === 3 && Array.isArray(copy[key]))
      copy[key] = Array(random.pick([2, 40, 1_100])).fill(copy[key]?.[0] ?? null);
    else copy[key] = editNode(copy[key] ?? null, depth - 1);
    return copy as Json;
  }

  /** Nests a node in children, `depth` levels deep. */
  function nest(node: Json, depth: number): Json {
    const { config, ...rest } = JSON.parse(modelText) as { config: object };
    let nested: Json = node;
    for (let i = 0; i < depth; i++) nested = { ...rest, config: { ...config, children: [nested] } } as Json;
    return nested;
  }

  /** Tensors renamed, reshaped, retyped, dropped, added; the checksum right. */
  function editTensors(): Uint8Array {
    const changed = new Map(tensors);
    const name = random.pick([...tensors.keys()]);
    const tensor = tensors.get(name) as SafetensorsTensor;
    const { shape, data } = tensor;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    const edits: (() => unknown)[] = [
      () => changed.delete(name),
      () => changed.set(random.pick(words), tensor),
      () => changed.delete(name) && changed.set(`${name}x`, tensor),
      () => changed.set(name, { ...tensor, shape: [...shape].reverse() }),
      () => changed.set(name, { ...tensor, shape: [...shape, 1] }),
      () => changed.set(name, { ...tensor, shape: [data.length] }),
      () => changed.set(name, { dtype: "I32", shape, data: new Int32Array(bytes.buffer) }),
      () => changed.set(name, { dtype: "F32", shape, data: new Float32Array(bytes.buffer) }),
      () => changed.set(name, { dtype: "U8", shape: [...shape, 4], data: bytes }),
      () =>
        changed.set(name, {
          ...tensor,
          data: tensor.dtype === "F32" ? Float32Array.from(data as Float32Array, () => random.below(1e6)) : data,
        }),
      () => changed.set(name, tensors.get(random.pick([...tensors.keys()])) as SafetensorsTensor),
    ];
    random.pick(edits)();
    return sealContainer(KIND, { model: modelText, metadata: "{}" }, changed);
  }

  /** Returns a valid file with metadata of a different release. */
  function editVersion(): Uint8Array {
    const text = headerText.replace(
      '"formatVersion":"1"',
      `"formatVersion":${JSON.stringify(random.pick(WORDS.slice(0, 5)))}`,
    );
    return rawFile(text, values);
  }

  const mutations = [
    flip,
    splice,
    relength,
    editHeader,
    editModel,
    editModel,
    editTree,
    editTree,
    editTree,
    editTensors,
    editTensors,
    editVersion,
  ];
  return () => random.pick(mutations)();
}
