import {
  type AnyCodec,
  type Json,
  ModelFileError,
  type ModelNode,
  OptionError,
  type Registry,
} from "@pushforward/core";
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
 * An immutable registry of codecs: what turns objects into the nodes of a model file and back. Nothing is global and
 * nothing registers itself; a type that no codec here names can't be created by a file.
 *
 * Where several codecs know an object, the one given last encodes it.
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
  return new CodecRegistry(checkCodecs(codecs));
}

/** Decodes a whole tree with limits of one's own, if the registry is one of ours. */
export function decodeTree(registry: Registry, node: Json, limits: TreeLimits): object {
  return registry instanceof CodecRegistry ? registry.decodeWithin(node, limits) : registry.decode(node);
}

class CodecRegistry implements Registry {
  private readonly codecs: ReadonlyMap<string, AnyCodec>;

  constructor(codecs: ReadonlyMap<string, AnyCodec>) {
    this.codecs = codecs;
  }

  extend(...codecs: readonly AnyCodec[]): Registry {
    return new CodecRegistry(checkCodecs([...this.codecs.values(), ...codecs]));
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
}

/** One pass over a tree: counts its nodes, and knows what it has built when it fails. */
class Walk {
  private readonly root: Registry;
  private readonly codecs: ReadonlyMap<string, AnyCodec>;
  private readonly limits: TreeLimits;
  private readonly decoded: object[] = [];
  private nodes = 0;

  constructor(root: Registry, codecs: ReadonlyMap<string, AnyCodec>, limits: TreeLimits) {
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

  /** Frees what a failed pass has built: nobody else can reach it. */
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

  /** The registry that codecs see: it goes on with this pass, one level deeper. */
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
 * Checks that a value is a node `{type, version, config}` and nothing more.
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

function checkCodecs(codecs: readonly AnyCodec[]): ReadonlyMap<string, AnyCodec> {
  const byType = new Map<string, AnyCodec>();
  for (const codec of codecs) {
    if (!/^[^/\s]+\/[^\s]+$/.test(codec.type)) {
      throw new OptionError(`createRegistry: expected a type of the form "me/warp", got "${codec.type}".`);
    }
    if (!Number.isSafeInteger(codec.version) || codec.version < 1) {
      throw new OptionError(`createRegistry: expected ${codec.type} to have version 1, 2, …, got ${codec.version}.`);
    }
    if (byType.has(codec.type)) {
      throw new OptionError(`createRegistry: expected one codec for each type, got two for "${codec.type}".`);
    }
    byType.set(codec.type, codec);
  }
  return byType;
}

function nameOf(value: object): string {
  return typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : String(value);
}

/** What can be said about anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : `a thrown ${typeof error}`;
}

/** So many names that a message can still be read. */
function firstOf(names: readonly string[]): string {
  const shown = 12;
  return names.length <= shown
    ? names.join(", ")
    : `${names.slice(0, shown).join(", ")} and ${names.length - shown} more`;
}
