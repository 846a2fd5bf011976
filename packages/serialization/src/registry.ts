import { type Json, ModelFileError, OptionError, type Registry } from "@pushforward/core";
import type { AnyCodec, ModelNode } from "@pushforward/core/extend";
import { CodecGroup, type LazyCodecs } from "./codec-group.ts";
import { abbreviate } from "./json.ts";

/** How large the tree of a model may be. */
export interface TreeLimits {
  /** Objects inside objects. */
  readonly maxDepth: number;
  /** Objects in total. */
  readonly maxNodes: number;
}

/** Limits of a model tree where none are given. */
export const DEFAULT_TREE_LIMITS: TreeLimits = { maxDepth: 32, maxNodes: 1_000 };

/**
 * Creates an immutable registry of codecs, which convert objects to the nodes of a model file and back. The registry
 * has no global state, and codecs do not register themselves; a file can't create a type without a codec in the
 * registry.
 *
 * If several codecs know an object, the last one encodes it.
 *
 * @throws {OptionError} two codecs have the same type, or a type is not of the form `namespace/name`.
 * @example
 * class Tilt {
 *   readonly angle: number;
 *   constructor({ angle }: { angle: number }) {
 *     this.angle = angle;
 *   }
 * }
 * const tiltCodec = classCodec("me/tilt", Tilt, { angle: field.number() });
 * const registry = createRegistry(...distributionsCodecs, ...transformsCodecs).extend(tiltCodec);
 */
export function createRegistry(...codecs: readonly AnyCodec[]): Registry {
  return new CodecRegistry(checkCodecs(codecs), []);
}

/** A registry that loads some of its codecs on demand. */
export interface LazyRegistry extends Registry {
  extend(...codecs: readonly AnyCodec[]): LazyRegistry;
  /** Loads the lazy codecs of these types; other names have no effect. */
  load(types: Iterable<string>): Promise<void>;
}

/**
 * Creates a registry that knows some codecs at once, and loads other codecs when a model needs their types: a page then
 * loads no code of families that it does not show. `readModel` loads the codecs that a file names. Call `load` before
 * encoding or decoding such an object by other means.
 *
 * @param lazy groups of codecs, each with the types that load it. Other names in files do not load any code.
 * @param codecs known at once; if several codecs know an object, the last of these encodes it.
 * @throws {OptionError} two codecs have the same type, or a type is not of the form `namespace/name`.
 * @example
 * // In a page, `load` is `async () => (await import("./transform-codecs.js")).transformCodecs`.
 * const lazy = { types: ["pushforward/permutation"], load: async () => transformsCodecs };
 * const registry = createLazyRegistry([lazy], ...distributionsCodecs);
 * await registry.load(["pushforward/permutation"]);
 * registry.encode(reversePermutation(3)).type; // → "pushforward/permutation"
 */
export function createLazyRegistry(lazy: readonly LazyCodecs[], ...codecs: readonly AnyCodec[]): LazyRegistry {
  const groups = lazy.map((group) => new CodecGroup(group));
  return new CodecRegistry(checkCodecs(codecs, groups), groups);
}

/** Returns `true` if a registry has codecs that it loads on demand. */
export function isLazyRegistry(registry: Registry): registry is LazyRegistry {
  return registry instanceof CodecRegistry;
}

/** Decodes a whole tree with custom limits, if the registry was made by this package. */
export function decodeTree(registry: Registry, node: Json, limits: TreeLimits): object {
  return registry instanceof CodecRegistry ? registry.decodeWithin(node, limits) : registry.decode(node);
}

class CodecRegistry implements LazyRegistry {
  private readonly own: ReadonlyMap<string, AnyCodec>;
  private readonly groups: readonly CodecGroup[];

  constructor(own: ReadonlyMap<string, AnyCodec>, groups: readonly CodecGroup[]) {
    this.own = own;
    this.groups = groups;
  }

  extend(...codecs: readonly AnyCodec[]): LazyRegistry {
    return new CodecRegistry(checkCodecs([...this.own.values(), ...codecs], this.groups), this.groups);
  }

  async load(types: Iterable<string>): Promise<void> {
    const wanted = [...types];
    await Promise.all(
      this.groups.filter((group) => wanted.some((type) => group.types.has(type))).map((group) => group.load()),
    );
  }

  encode(value: object): ModelNode {
    return new Walk(this, this.codecs, DEFAULT_TREE_LIMITS).encode(value, 1);
  }

  decode(node: Json): object {
    return this.decodeWithin(node, DEFAULT_TREE_LIMITS);
  }

  decodeWithin(node: Json, limits: TreeLimits): object {
    const walk = new Walk(this, this.codecs, limits);
    try {
      return walk.decode(node, 1);
    } catch (error) {
      walk.disposeDecoded();
      throw error;
    }
  }

  isLazy(type: string): boolean {
    return this.groups.some((group) => group.types.has(type));
  }

  /** Codecs known now. Codecs given at creation are last, because the last codec is preferred. */
  private get codecs(): ReadonlyMap<string, AnyCodec> {
    if (this.groups.length === 0) return this.own;
    const loaded = this.groups.flatMap((group) => group.loaded);
    return new Map([...loaded.map((codec) => [codec.type, codec] as const), ...this.own]);
  }
}

/** One pass over a tree: counts its nodes, and tracks the objects it has built in case it fails. */
class Walk {
  private readonly root: CodecRegistry;
  private readonly codecs: ReadonlyMap<string, AnyCodec>;
  private readonly limits: TreeLimits;
  private readonly decoded: object[] = [];
  private nodes = 0;

  constructor(root: CodecRegistry, codecs: ReadonlyMap<string, AnyCodec>, limits: TreeLimits) {
    this.root = root;
    this.codecs = codecs;
    this.limits = limits;
  }

  encode(value: object, depth: number): ModelNode {
    const excess = this.enter(depth);
    if (excess !== undefined) throw new OptionError(`registry.encode: expected a model with ${excess}.`);
    const codec = [...this.codecs.values()].findLast((candidate) => candidate.is(value));
    if (codec === undefined) {
      throw new OptionError(
        `registry.encode: expected an object that a codec knows, got ${nameOf(value)}. ` +
          "Pass one with registry.extend(defineCodec({...})).",
      );
    }
    const config: Json = codec.encode(value, this.at(depth + 1));
    if (!isJsonObject(config)) {
      throw new OptionError(`registry.encode: expected a config object from the codec of ${codec.type}, got none.`);
    }
    return { type: codec.type, version: codec.version, config };
  }

  decode(json: Json, depth: number): object {
    const excess = this.enter(depth);
    if (excess !== undefined) throw new ModelFileError("limit", `registry.decode: expected a model with ${excess}.`);
    const node = checkNode(json);
    const codec = this.codecs.get(node.type);
    if (codec === undefined && this.root.isLazy(node.type)) {
      throw new ModelFileError(
        "type",
        `registry.decode: expected a type whose codec is loaded, got ${abbreviate(node.type)}. ` +
          "Read the file with await readModel(bytes, registry).",
      );
    }
    if (codec === undefined) {
      throw new ModelFileError(
        "type",
        `registry.decode: expected a known type, got ${abbreviate(node.type)}; known types: ` +
          `${firstOf([...this.codecs.keys()].sort())}. Pass its codec with registry.extend(...).`,
      );
    }
    const value = this.guarded(node.type, () => codec.decode(this.upToDate(codec, node), this.at(depth + 1)));
    if (typeof value !== "object" || value === null) {
      throw new ModelFileError("config", `${node.type}: expected its codec to return an object, got ${typeof value}.`);
    }
    this.decoded.push(value);
    return value;
  }

  /** Frees the objects that a failed pass has built: no other code can reach them. */
  disposeDecoded(): void {
    for (const value of this.decoded) disposeModel(value);
  }

  private enter(depth: number): string | undefined {
    this.nodes += 1;
    const { maxDepth, maxNodes } = this.limits;
    if (depth > maxDepth) return `at most ${maxDepth} objects inside one another, got more`;
    if (this.nodes > maxNodes) return `at most ${maxNodes} objects, got more`;
    return undefined;
  }

  /** Returns the registry that codecs see: it continues this pass, one level deeper. */
  private at(depth: number): Registry {
    return {
      extend: (...codecs) => this.root.extend(...codecs),
      encode: (value) => this.encode(value, depth),
      decode: (node) => this.decode(node, depth),
    };
  }

  private upToDate(codec: AnyCodec, node: ModelNode): Json {
    if (node.version === codec.version) return node.config;
    if (node.version > codec.version) {
      throw new ModelFileError(
        "version",
        `${node.type}: expected version ${codec.version} or older, got ${node.version}. ` +
          "The file was written by a newer release: update the package.",
      );
    }
    if (codec.migrate === undefined) {
      throw new ModelFileError(
        "version",
        `${node.type}: expected version ${codec.version}, got ${node.version}, and its codec has no migrate().`,
      );
    }
    return codec.migrate(node.config, node.version);
  }

  private guarded(type: string, run: () => unknown): unknown {
    try {
      return run();
    } catch (error) {
      if (error instanceof ModelFileError) throw error;
      throw new ModelFileError(
        "config",
        `${type}: expected a config that its codec accepts, got: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }
}

/**
 * Checks that a value is a node `{type, version, config}` without other fields.
 *
 * @throws {ModelFileError} it is not.
 * @example
 * checkNode({ type: "me/warp", version: 1, config: {} }).type; // → "me/warp"
 */
export function checkNode(node: Json): ModelNode {
  if (!isJsonObject(node)) throw badNode("an object {type, version, config}", node);
  const { type, version, config } = node;
  for (const name of Object.keys(node)) {
    if (name !== "type" && name !== "version" && name !== "config") {
      throw new ModelFileError(
        "config",
        `model: expected nodes {type, version, config}, got a field ${abbreviate(name)}.`,
      );
    }
  }
  if (!Object.hasOwn(node, "type") || typeof type !== "string") throw badNode("a string as type of a node", type);
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1) {
    throw badNode(`a positive integer as version of ${abbreviate(type)}`, version);
  }
  if (!isJsonObject(config)) throw badNode(`an object as config of ${abbreviate(type)}`, config);
  return { type, version, config };
}

/** Frees a decoded model, whatever it is. */
export function disposeModel(value: object): void {
  if ("dispose" in value && typeof value.dispose === "function") value.dispose();
}

function badNode(expected: string, got: Json | undefined): ModelFileError {
  return new ModelFileError("config", `model: expected ${expected}, got ${describe(got)}.`);
}

function describe(value: Json | undefined): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return abbreviate(value);
  if (Array.isArray(value)) return "an array";
  // Not String(value): an object of a hostile file may have a field toString.
  return isJsonObject(value) ? "an object" : String(value);
}

function isJsonObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkCodecs(codecs: readonly AnyCodec[], groups: readonly CodecGroup[] = []): ReadonlyMap<string, AnyCodec> {
  const byType = new Map<string, AnyCodec>();
  const lazy = groups.flatMap(({ types }) => [...types]);
  const twice = lazy.find((type, i) => lazy.indexOf(type) < i);
  if (twice !== undefined) {
    throw new OptionError(`createLazyRegistry: expected one group for each type, got two for "${twice}".`);
  }
  for (const codec of codecs) {
    if (!/^[^/\s]+\/[^\s]+$/.test(codec.type)) {
      throw new OptionError(`createRegistry: expected a type of the form "me/warp", got "${codec.type}".`);
    }
    if (!Number.isSafeInteger(codec.version) || codec.version < 1) {
      throw new OptionError(`createRegistry: expected ${codec.type} to have version 1, 2, …, got ${codec.version}.`);
    }
    if (byType.has(codec.type) || lazy.includes(codec.type)) {
      throw new OptionError(`createRegistry: expected one codec for each type, got two for "${codec.type}".`);
    }
    byType.set(codec.type, codec);
  }
  return byType;
}

function nameOf(value: object): string {
  return typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : String(value);
}

/** Returns a message for any thrown value. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : `a thrown ${typeof error}`;
}

/** Lists the first names, so that a message stays readable. */
function firstOf(names: readonly string[]): string {
  const shown = 12;
  return names.length <= shown
    ? names.join(", ")
    : `${names.slice(0, shown).join(", ")} and ${names.length - shown} more`;
}
