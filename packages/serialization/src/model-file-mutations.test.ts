import { useBackend } from "@pushforward/backend";
import { createKey, ModelFileError, OptionError, type Registry } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import { nsf } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { standardRegistry } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { createMutator } from "../test/mutations.ts";
import { makeToy, toyRegistry } from "../test/toy-model.ts";
import { readSafetensors } from "./extend.ts";
import { decodeModel, encodeModel } from "./index.ts";

beforeAll(() => useBackend("cpu"));

interface Tally {
  readonly outcomes: Record<string, number>;
  readonly slowest: number;
  readonly largest: number;
}

/** Decodes mutations of a file. Each gives a `ModelFileError` or a whole model with the values of the file. */
function decodeMutations(original: Uint8Array, registry: Registry, count: number): Tally {
  const mutate = createMutator(original, "mutations");
  const outcomes: Record<string, number> = {};
  const before = tf.memory().numTensors;
  let slowest = 0;
  let largest = 0;
  for (let i = 0; i < count; i++) {
    let bytes: Uint8Array;
    try {
      bytes = mutate();
    } catch (error) {
      // Our own writer refuses half surrogate pairs: such a file can't be sealed.
      expect(error).toBeInstanceOf(OptionError);
      continue;
    }
    let outcome = "model";
    const start = performance.now();
    const memory = process.memoryUsage().arrayBuffers;
    try {
      const { model } = decodeModel(bytes, registry);
      expectValues(model, bytes, i);
    } catch (error) {
      if (!(error instanceof ModelFileError)) throw new Error(`mutation ${i}`, { cause: error });
      if (error.message.length > 1_000) throw new Error(`mutation ${i}: ${error.message.length} characters of message`);
      outcome = error.reason;
    }
    slowest = Math.max(slowest, performance.now() - start);
    largest = Math.max(largest, process.memoryUsage().arrayBuffers - memory);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  expect(tf.memory().numTensors).toBe(before);
  if (DEEP) process.stderr.write(`${JSON.stringify({ ...outcomes, slowest, largest })}\n`);
  return { outcomes, slowest, largest };
}

function expectValues(model: object, bytes: Uint8Array, mutation: number): void {
  const { tensors } = readSafetensors(bytes);
  const tree = isModule(model) ? model.parameters() : new Map();
  if (tree.size !== tensors.size) throw new Error(`mutation ${mutation}: ${tree.size} of ${tensors.size} tensors`);
  for (const [path, parameter] of tree) {
    if (!sameBytes(parameter.read(), tensors.get(path)?.data)) throw new Error(`mutation ${mutation}: other values`);
  }
  if (isModule(model)) model.dispose();
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView | undefined): boolean {
  const bytesOf = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return b !== undefined && bytesOf(a).equals(bytesOf(b));
}

const toyCount = DEEP ? 40_000 : 2_000;
test(`${toyCount} mutated files: a ModelFileError or a whole model, nothing else, and no leak`, () => {
  const bytes = encodeModel(makeToy(), toyRegistry, { metadata: { columns: ["x", "y"] } });
  const { outcomes } = decodeMutations(bytes, toyRegistry, toyCount);
  // Every layer has been reached, none by accident only.
  const layers = ["checksum", "config", "header", "limit", "metadata", "model", "tensor", "type", "version", "weights"];
  expect(Object.keys(outcomes).sort()).toEqual(layers);
  for (const layer of layers) expect([layer, (outcomes[layer] ?? 0) >= toyCount / 500]).toEqual([layer, true]);
  expect(({} as Record<string, unknown>)["type"]).toBeUndefined();
}, 600_000);

const flowCount = DEEP ? 15_000 : 600;
test(`${flowCount} mutated files of a real flow, decoded by the codecs of all packages`, () => {
  const flow = nsf({ features: 3, transforms: 2, hidden: [6, 6], bins: 3, key: createKey(1) });
  const { outcomes, slowest, largest } = decodeMutations(
    encodeModel(flow, standardRegistry),
    standardRegistry,
    flowCount,
  );
  for (const layer of ["config", "limit", "model", "type", "weights"]) expect(outcomes[layer]).toBeGreaterThan(0);
  // A file of 10 kB can make nobody wait or allocate much.
  expect(slowest).toBeLessThan(5_000);
  expect(largest).toBeLessThan(2 ** 24);
}, 600_000);
