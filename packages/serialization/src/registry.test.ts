import { type Json, ModelFileError, OptionError } from "@pushforward/core";
import { ConfigReader, defineCodec } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { isToy, makeToy, Toy, toyCodec, toyRegistry } from "../test/toy-model.ts";
import { checkNode, createRegistry } from "./extend.ts";

class Box {
  readonly inner: object | undefined;
  constructor(inner?: object) {
    this.inner = inner;
  }
}

const boxCodec = defineCodec<Box, Json>({
  type: "test/box",
  version: 1,
  is: (value): value is Box => value instanceof Box,
  encode: ({ inner }, registry) => (inner === undefined ? {} : { inner: registry.encode(inner) as unknown as Json }),
  decode: (config, registry) => {
    const c = new ConfigReader("test/box", config);
    const inner = c.has("inner") ? registry.decode(c.raw("inner")) : undefined;
    c.end();
    return new Box(inner);
  },
});
const boxes = createRegistry(boxCodec);

const node = (type: string, config: Json = {}, version: Json = 1): Json => ({ type, version, config });

/** `depth` boxes inside one another. */
function nested(depth: number): Json {
  let json: Json = node("test/box");
  for (let i = 1; i < depth; i++) json = node("test/box", { inner: json });
  return json;
}

function failure(run: () => unknown): [string, string] {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFileError);
    return [(error as ModelFileError).reason, (error as Error).message];
  }
  throw new Error("expected a ModelFileError, got none");
}

describe("a registry", () => {
  test("encodes a tree to plain JSON and decodes it", () => {
    const json = JSON.parse(JSON.stringify(toyRegistry.encode(makeToy()))) as Json;
    const back = toyRegistry.decode(json);
    expect(isToy(back) && back.parts.children.map((child) => child.parts.name)).toEqual(["a", "b"]);
    expect(JSON.stringify(toyRegistry.encode(back))).toBe(JSON.stringify(json));
  });

  test("does not change: extend makes another one", () => {
    const extended = boxes.extend(toyCodec);
    expect(extended.decode(nested(1))).toBeInstanceOf(Box);
    expect(isToy(extended.decode(toyRegistry.encode(makeToy()) as unknown as Json))).toBe(true);
    expect(() => boxes.encode(makeToy())).toThrow(OptionError);
  });

  test("tells what to do about an object that no codec knows", () => {
    expect(() => boxes.encode(new Box(new Map()))).toThrow(
      new OptionError(
        "registry.encode: expected an object that a codec knows, got Map. " +
          "Pass one with registry.extend(defineCodec({...})).",
      ),
    );
  });

  test("prefers the codec that was given last", () => {
    const special = defineCodec<Box, Json>({ ...boxCodec, type: "test/special" });
    expect(boxes.extend(special).encode(new Box()).type).toBe("test/special");
    expect(createRegistry(special, boxCodec).encode(new Box()).type).toBe("test/box");
  });

  test.each([
    ["the same type twice", () => boxes.extend(boxCodec), /one codec for each type, got two for "test\/box"/],
    ["a bare type", () => createRegistry({ ...boxCodec, type: "box" }), /of the form "me\/warp", got "box"/],
    ["version 0", () => createRegistry({ ...boxCodec, version: 0 }), /version 1, 2, …, got 0/],
    [
      "a config that is no object",
      () => createRegistry({ ...boxCodec, encode: () => 3 }).encode(new Box()),
      /config object/,
    ],
  ])("refuses %s", (_, run, text) => {
    expect(run).toThrow(OptionError);
    expect(run).toThrow(text);
  });

  test("a model that contains itself is refused, not followed", () => {
    const knot = { inner: undefined as object | undefined };
    knot.inner = knot;
    const codec = defineCodec<object, Json>({
      ...boxCodec,
      is: (value): value is object => value === knot,
      encode: (_, registry) => ({ inner: registry.encode(knot) as unknown as Json }),
    });
    expect(() => createRegistry(codec).encode(knot)).toThrow(
      new OptionError("registry.encode: expected a model with at most 32 objects inside one another, got more."),
    );
  });
});

describe("decoding", () => {
  test("an unknown type is named, with the known ones", () => {
    expect(failure(() => boxes.extend(toyCodec).decode(node("me/warp")))).toEqual([
      "type",
      'registry.decode: expected a known type, got "me/warp"; known types: test/box, test/toy. ' +
        "Pass its codec with registry.extend(...).",
    ]);
  });

  test.each(["__proto__", "constructor", "toString", "test/box\u0000"])("type %j is unknown", (type) => {
    expect(failure(() => boxes.decode(node(type)))[0]).toBe("type");
  });

  test("a newer version is refused", () => {
    expect(failure(() => boxes.decode(node("test/box", {}, 2)))).toEqual([
      "version",
      "test/box: expected version 1 or older, got 2. The file was written by a newer release: update the package.",
    ]);
  });

  test("an older version is migrated, or refused where there is no way", () => {
    const { name, ...old } = { ...toyRegistry.encode(makeToy()).config, children: [] } as Record<string, Json>;
    expect(name).toContain("quoted");
    const migrated = toyRegistry.decode(node("test/toy", old, 1)) as Toy;
    expect(migrated.parts.name).toBe("old");
    const { migrate: _, ...withoutMigration } = toyCodec;
    expect(failure(() => createRegistry(withoutMigration).decode(node("test/toy", old, 1)))).toEqual([
      "version",
      "test/toy: expected version 2, got 1, and its codec has no migrate().",
    ]);
  });

  test("limits: 32 deep, 1,000 objects, counted anew for every decode", () => {
    expect(boxes.decode(nested(32))).toBeInstanceOf(Box);
    expect(failure(() => boxes.decode(nested(33)))).toEqual([
      "limit",
      "registry.decode: expected a model with at most 32 objects inside one another, got more.",
    ]);
    const wide = (count: number): Json =>
      node("test/toy", { rows: 1, columns: 1, shift: 0, name: "", children: Array(count - 1).fill(leaf) }, 2);
    const leaf = node("test/toy", { rows: 1, columns: 1, shift: 0, name: "", children: [] }, 2);
    expect(isToy(toyRegistry.decode(wide(1_000)))).toBe(true);
    expect(isToy(toyRegistry.decode(wide(1_000)))).toBe(true);
    expect(failure(() => toyRegistry.decode(wide(1_001)))[0]).toBe("limit");
  });

  test("whatever a codec throws becomes a ModelFileError with the cause", () => {
    for (const thrown of [new RangeError("boom"), "boom", Object.create(null)]) {
      const codec = defineCodec<Box, Json>({
        ...boxCodec,
        decode: () => {
          throw thrown;
        },
      });
      try {
        createRegistry(codec).decode(nested(1));
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(ModelFileError);
        expect(error).toMatchObject({
          reason: "config",
          message: expect.stringMatching(
            /^test\/box: expected a config that its codec accepts, got: (boom|a thrown object)$/,
          ),
          cause: thrown,
        });
      }
    }
    const none = { ...boxCodec, decode: () => undefined as unknown as Box };
    expect(failure(() => createRegistry(none).decode(nested(1)))[0]).toBe("config");
    const badMigration = defineCodec<Box, Json>({ ...boxCodec, version: 2, migrate: () => JSON.parse("{") as Json });
    expect(failure(() => createRegistry(badMigration).decode(nested(1)))[0]).toBe("config");
  });

  test("what was built before a failure is disposed", () => {
    const freed: string[] = [];
    class Holder extends Toy {
      override dispose(): void {
        freed.push(this.parts.name);
        super.dispose();
      }
    }
    const codec = defineCodec<Toy, Json>({
      ...toyCodec,
      decode: (config, registry) => new Holder(toyCodec.decode(config, registry).parts),
    });
    const json = JSON.parse(JSON.stringify(toyRegistry.encode(makeToy()))) as { config: Record<string, Json> };
    // Read after the children.
    json.config["extra"] = 1;
    expect(failure(() => createRegistry(codec).decode(json as unknown as Json))[0]).toBe("config");
    expect(freed).toEqual(["a", "b"]);
  });
});

describe("checkNode", () => {
  test("returns the node", () => {
    expect(checkNode(node("a/b", { x: 1 }, 3))).toEqual({ type: "a/b", version: 3, config: { x: 1 } });
  });

  test.each<[string, Json, RegExp]>([
    ["null", null, /expected an object \{type, version, config\}, got null/],
    ["an array", [], /got an array/],
    ["a string", "x", /got "x"/],
    ["no type", { version: 1, config: {} }, /a string as type of a node, got none/],
    ["type from the prototype", JSON.parse('{"__proto__":{"type":"test/box"},"version":1,"config":{}}'), /"__proto__"/],
    ["numeric type", node(3 as unknown as string), /as type of a node, got 3/],
    ["an object with a toString", node("a/b", {}, { toString: 1 }), /as version of "a\/b", got an object/],
    ["version 0", node("a/b", {}, 0), /a positive integer as version of "a\/b", got 0/],
    ["version 1.5", node("a/b", {}, 1.5), /got 1.5/],
    ["version as text", node("a/b", {}, "1"), /got "1"/],
    ["config array", node("a/b", []), /an object as config of "a\/b", got an array/],
    ["config null", node("a/b", null), /got null/],
    ["another field", { type: "a/b", version: 1, config: {}, code: "x" }, /got a field "code"/],
  ])("refuses %s", (_, json, text) => {
    const [reason, message] = failure(() => checkNode(json));
    expect(reason).toBe("config");
    expect(message).toMatch(text);
  });
});
