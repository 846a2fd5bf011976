import { ModelFileError, OptionError } from "@pushforward/core";
import { type AnyCodec, classCodec, field } from "@pushforward/core/extend";
import { expect, test } from "vitest";
import { isToy, makeToy, toyCodec } from "../test/toy-model.ts";
import { createLazyRegistry, createRegistry, type LazyCodecs } from "./extend.ts";
import { decodeModel, encodeModel, readModel } from "./index.ts";

class Pair {
  readonly members: readonly object[];
  constructor({ members }: { readonly members: readonly object[] }) {
    this.members = members;
  }
}

const pairCodec = classCodec("test/pair", Pair, {
  members: field.objects((value): value is object => typeof value === "object", "an object"),
});

/** A group that counts how often it is loaded. */
function counted(codec: AnyCodec): LazyCodecs & { loads: number } {
  return {
    loads: 0,
    types: [codec.type],
    async load() {
      this.loads++;
      return [codec];
    },
  };
}

test("readModel loads the codecs that the tree of a file names, each group once, and no other", async () => {
  const [toys, pairs] = [counted(toyCodec), counted(pairCodec)];
  const registry = createLazyRegistry([toys, pairs]);
  const bytes = encodeModel(makeToy(), createRegistry(toyCodec));
  const both = await Promise.all([readModel(bytes, registry, { is: isToy }), readModel(bytes, registry)]);
  expect(both.every(({ model }) => isToy(model))).toBe(true);
  expect([toys.loads, pairs.loads]).toEqual([1, 0]);
  // From now on it is known to all.
  expect(isToy(decodeModel(bytes, registry).model)).toBe(true);
  expect(registry.encode(makeToy()).type).toBe("test/toy");
});

test("objects inside others and companions count, what the metadata say does not", async () => {
  const [toys, pairs] = [counted(toyCodec), counted(pairCodec)];
  const registry = createLazyRegistry([toys, pairs]);
  const whole = createRegistry(toyCodec, pairCodec);
  const nested = new Pair({ members: [new Pair({ members: [] }), new Pair({ members: [] })] });
  await readModel(encodeModel(nested, whole, { metadata: { type: "test/toy" } }), registry);
  expect([toys.loads, pairs.loads]).toEqual([0, 1]);
  const { companions } = await readModel(encodeModel(nested, whole, { companions: { toy: makeToy() } }), registry);
  expect(isToy(companions.get("toy"))).toBe(true);
  expect(toys.loads).toBe(1);
});

test("what is not loaded is refused with the remedy, and names that nobody gave load nothing", async () => {
  const toys = counted(toyCodec);
  const registry = createLazyRegistry([toys], pairCodec);
  const bytes = encodeModel(makeToy(), createRegistry(toyCodec));
  const pair = encodeModel(
    new Pair({ members: [makeToy()] }),
    createRegistry(pairCodec, { ...toyCodec, type: "me/toy" }),
  );
  expect(() => decodeModel(bytes, registry)).toThrow(
    new ModelFileError(
      "type",
      'registry.decode: expected a type whose codec is loaded, got "test/toy". ' +
        "Read the file with await readModel(bytes, registry).",
    ),
  );
  await expect(readModel(pair, registry)).rejects.toThrow(/expected a known type, got "me\/toy"/);
  await registry.load(["constructor", "__proto__", "../test/toy"]);
  expect(toys.loads).toBe(0);
  expect(() => registry.encode(makeToy())).toThrow(/a codec knows, got Toy/);
});

test("a load that failed is tried again, and one without its codec says so", async () => {
  const bytes = encodeModel(makeToy(), createRegistry(toyCodec));
  const offline = new TypeError("offline");
  const answers = [() => Promise.reject(offline), () => Promise.resolve([]), () => Promise.resolve([toyCodec])];
  const registry = createLazyRegistry([
    { types: ["test/toy"], load: () => (answers.shift() as () => Promise<AnyCodec[]>)() },
  ]);
  await expect(readModel(bytes, registry)).rejects.toBe(offline);
  await expect(readModel(bytes, registry)).rejects.toThrow(
    new OptionError('createLazyRegistry: expected load() to give a codec of "test/toy", got none.'),
  );
  expect(isToy((await readModel(bytes, registry)).model)).toBe(true);
});

test("an extended registry shares what is loaded, and its own codecs are preferred", async () => {
  const toys = counted(toyCodec);
  const registry = createLazyRegistry([toys]);
  const extended = registry.extend({ ...toyCodec, type: "me/toy" });
  await extended.load(["test/toy"]);
  expect(registry.encode(makeToy()).type).toBe("test/toy");
  expect(extended.encode(makeToy()).type).toBe("me/toy");
  expect(() => registry.extend(toyCodec)).toThrow(/one codec for each type, got two for "test\/toy"/);
  expect(() => createLazyRegistry([toys, toys])).toThrow(/one group for each type, got two for "test\/toy"/);
});
