/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One object of a model file: its type, the version of that type's config, and the config. */
export interface ModelNode {
  readonly type: string;
  readonly version: number;
  readonly config: { readonly [key: string]: Json };
}

/**
 * Converts objects of a type to and from a model file. The config describes the construction. Parameter values are
 * stored separately by path, and assigned after `decode`.
 */
export interface Codec<T extends object, C extends Json = Json> {
  /** Namespaced name, for instance `me/warp`; never changes. */
  readonly type: string;
  /** Version of the config. */
  readonly version: number;
  is(value: object): value is T;
  encode(value: T, registry: Registry): C;
  /** Rebuilds the object. The config is untrusted: read it with `ConfigReader`. */
  decode(config: C, registry: Registry): T;
  /** Brings a config of an older version up to this one. */
  migrate?(config: Json, from: number): C;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of codecs of different types has no other element type.
export type AnyCodec = Codec<any, any>;

/** An immutable set of codecs. */
export interface Registry {
  /** A new registry that also knows these codecs. */
  extend(...codecs: readonly AnyCodec[]): Registry;
  /** The node of an object. Throws `OptionError` when no codec knows it. */
  encode(value: object): ModelNode;
  /** The object of a node. Throws `ModelFileError`. */
  decode(node: Json): object;
}

/** A codec with its types inferred. */
export function defineCodec<T extends object, C extends Json = Json>(codec: Codec<T, C>): Codec<T, C> {
  return codec;
}

/** The codecs among the exports of a module, in the order of their types. */
export function codecsIn(exports: Readonly<Record<string, unknown>>): AnyCodec[] {
  const isCodec = (value: unknown): value is AnyCodec =>
    typeof value === "object" && value !== null && "decode" in value && "encode" in value && "type" in value;
  return Object.values(exports)
    .filter(isCodec)
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}
