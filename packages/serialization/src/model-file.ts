import {
  type Json,
  ModelFileError,
  OptionError,
  type ParameterTree,
  type Registry,
  type Shape,
} from "@pushforward/core";
import { checkOptions, isModule } from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";
import { type ContainerKind, fieldJson, openContainer, sealContainer } from "./container.ts";
import { abbreviate, formatJson } from "./json.ts";
import {
  DEFAULT_TREE_LIMITS,
  decodeTree,
  disposeModel,
  isLazyRegistry,
  messageOf,
  type TreeLimits,
} from "./registry.ts";
import {
  readSafetensorsHeader,
  readTensor,
  type SafetensorsHeader,
  type SafetensorsLimits,
  type SafetensorsTensor,
} from "./safetensors.ts";

/** Limits of a model file; files above a limit are rejected. */
export interface ModelFileLimits extends SafetensorsLimits, Partial<TreeLimits> {}

/** Options of {@link encodeModel}. */
export interface EncodeModelOptions {
  /** Anything of yours that is JSON: names of columns, a date, a score. Default `{}`. */
  readonly metadata?: Json;
  /**
   * Other objects that belong to the model, by name: for instance an object that answers questions about the same
   * table.
   */
  readonly companions?: Readonly<Record<string, object>> | undefined;
}

/** Options of {@link decodeModel}. */
export interface DecodeModelOptions<T extends object> {
  readonly limits?: ModelFileLimits;
  /** Type guard that the model must pass, for instance `isDistribution`. Without it the type is taken on trust. */
  readonly is?: (value: unknown) => value is T;
}

/** A model read from a file, the metadata and the companions stored with it. The caller owns model and companions. */
export interface DecodedModel<T extends object> {
  readonly model: T;
  readonly metadata: Json;
  /** By name; empty for a file without any. */
  readonly companions: ReadonlyMap<string, object>;
}

const KIND: ContainerKind = {
  ...{ name: "model file", format: "pushforward", fields: ["model", "metadata"] },
  optional: ["companions"],
};
/** Begins the paths of the parameters of companions, which no model has. */
const COMPANIONS = "companions";

/**
 * Encodes a model as the bytes of a model file: one safetensors file with the parameters under their paths, the tree of
 * the model in its metadata and a checksum over both. The same model yields the same bytes.
 *
 * The bytes are decoded once before they are returned, without the values, so that every saved model can be loaded.
 *
 * @throws {OptionError} no codec knows an object in the model; a config or the metadata are not JSON; a parameter is
 * NaN or infinite; the codecs do not rebuild the model's parameters.
 * @example
 * const bytes = encodeModel(flow, standardRegistry, { metadata: { columns: ["x", "y"] } });
 */
export function encodeModel(
  model: object,
  registry: Registry,
  options: EncodeModelOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions("encodeModel", options, { metadata: true, companions: true });
  const companions = new Map(Object.entries(options.companions ?? {}));
  const nodes = Object.fromEntries([...companions].map(([name, value]) => [name, registry.encode(value)]));
  const fields = {
    model: formatJson(registry.encode(model) as unknown as Json, "encodeModel: model"),
    metadata: formatJson(options.metadata ?? {}, "encodeModel: metadata"),
    ...(companions.size > 0 && { companions: formatJson(nodes as unknown as Json, "encodeModel: companions") }),
  };
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [path, parameter] of allParameters(model, companions)) {
    const dtype = parameter.dtype === "int32" ? "I32" : "F32";
    const data = parameter.read();
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new OptionError(
        `encodeModel: expected finite numbers in the parameter "${path}", got ${data[bad]} at index ${bad}. Nothing has been written.`,
      );
    }
    tensors.set(path, { dtype, shape: parameter.shape, data });
  }
  const bytes = sealContainer(KIND, fields, tensors);
  try {
    disposeBuilt(build(readSafetensorsHeader(bytes), registry, {}));
  } catch (cause) {
    throw new OptionError(
      `encodeModel: expected codecs that rebuild the model, got: ${messageOf(cause)} Nothing has been written.`,
      { cause },
    );
  }
  return bytes;
}

/**
 * Decodes the model in the bytes of a model file, which are untrusted. The checks run in this order, each only after
 * the previous one has passed: header, checksum, the tree of objects (no memory is allocated on the backend), the
 * comparison of every parameter's path, shape and dtype with the file, the values, which must be finite.
 *
 * @throws {ModelFileError} for any invalid bytes; no other error is thrown.
 * @example
 * const { model } = decodeModel(encodeModel(flow, standardRegistry), standardRegistry, { is: isDistribution });
 * model.logProb([[0.5, -1]]);
 */
export function decodeModel<T extends object = object>(
  bytes: Uint8Array,
  registry: Registry,
  options: DecodeModelOptions<T> = {},
): DecodedModel<T> {
  checkOptions("decodeModel", options, { limits: true, is: true });
  return decodeOpened(bytes, openContainer(bytes, KIND, options.limits ?? {}), registry, options);
}

/**
 * Loads the codecs that the tree of a model file needs, and decodes the model as {@link decodeModel} does. The names in
 * the file only choose among the types of the registry; no name is imported.
 *
 * @param registry made by `createLazyRegistry`. Codecs are loaded for this kind of registry only.
 * @throws {ModelFileError} as `decodeModel`. Errors from loading a codec are passed on unchanged.
 * @example
 * const { model } = await readModel(encodeModel(flow, standardRegistry), lazyRegistry, { is: isDistribution });
 * model.logProb([[0.5, -1]]);
 */
export async function readModel<T extends object = object>(
  bytes: Uint8Array,
  registry: Registry,
  options: DecodeModelOptions<T> = {},
): Promise<DecodedModel<T>> {
  checkOptions("readModel", options, { limits: true, is: true });
  const header = openContainer(bytes, KIND, options.limits ?? {});
  if (isLazyRegistry(registry)) {
    const trees = [fieldJson(header, KIND, "model"), ...companionNodes(header).map(([, node]) => node)];
    await registry.load(typesIn(trees));
  }
  return decodeOpened(bytes, header, registry, options);
}

/** Every name of a type in a tree, known or not. */
function typesIn(json: Json, found: Set<string> = new Set()): Set<string> {
  if (typeof json !== "object" || json === null) return found;
  for (const [name, value] of Object.entries(json)) {
    if (name === "type" && typeof value === "string") found.add(value);
    else typesIn(value, found);
  }
  return found;
}

function decodeOpened<T extends object>(
  bytes: Uint8Array,
  header: SafetensorsHeader,
  registry: Registry,
  options: DecodeModelOptions<T>,
): DecodedModel<T> {
  const built = build(header, registry, options.limits ?? {});
  const { model, companions, metadata, tree } = built;
  try {
    if (options.is !== undefined && !options.is(model)) {
      throw new ModelFileError("type", "decodeModel: expected a model that `is` accepts, got a different kind.");
    }
    for (const [path, entry] of header.entries) {
      const values = readTensor(bytes, entry) as Float32Array | Int32Array;
      const bad = firstNotFinite(values);
      if (bad >= 0) {
        throw new ModelFileError(
          "weights",
          `model file: expected finite numbers in the tensor ${abbreviate(path)}, got ${values[bad]} at index ${bad}.`,
        );
      }
      // Checked by build: it is there and has the right size.
      tree.get(path)?.write(values);
    }
    return { model: model as T, metadata, companions };
  } catch (error) {
    disposeBuilt(built);
    throw asModelFileError(error);
  }
}

interface BuiltModel {
  readonly model: object;
  readonly companions: ReadonlyMap<string, object>;
  readonly metadata: Json;
  readonly tree: ParameterTree;
}

/** The place of the first number that is not finite; −1 for none. A loop, because a model has a million numbers. */
function firstNotFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** Everything but the values. */
function build(header: SafetensorsHeader, registry: Registry, limits: ModelFileLimits): BuiltModel {
  const metadata = fieldJson(header, KIND, "metadata");
  const { maxDepth, maxNodes } = { ...DEFAULT_TREE_LIMITS, ...limits };
  const model = decodeTree(registry, fieldJson(header, KIND, "model"), { maxDepth, maxNodes });
  const companions = new Map<string, object>();
  try {
    for (const [name, node] of companionNodes(header)) {
      companions.set(name, decodeTree(registry, node, { maxDepth, maxNodes }));
    }
    const tree = allParameters(model, companions);
    compareWeights(tree, header);
    return { model, companions, metadata, tree };
  } catch (error) {
    disposeBuilt({ model, companions });
    throw asModelFileError(error);
  }
}

function companionNodes(header: SafetensorsHeader): readonly [string, Json][] {
  if (!Object.hasOwn(header.metadata, COMPANIONS)) return [];
  const nodes = fieldJson(header, KIND, COMPANIONS);
  if (typeof nodes === "object" && nodes !== null && !Array.isArray(nodes)) return Object.entries(nodes);
  throw new ModelFileError(
    "metadata",
    `model file: expected companions by name, got ${abbreviate(JSON.stringify(nodes))}.`,
  );
}

function disposeBuilt({ model, companions }: Pick<BuiltModel, "model" | "companions">): void {
  disposeModel(model);
  for (const companion of companions.values()) disposeModel(companion);
}

/** Converts an error that an invalid file caused in a model. */
function asModelFileError(error: unknown): ModelFileError {
  if (error instanceof ModelFileError) return error;
  return new ModelFileError(
    "config",
    `model file: expected a model that takes its parameters, got: ${messageOf(error)}`,
    { cause: error },
  );
}

function compareWeights(tree: ParameterTree, { entries }: SafetensorsHeader): void {
  for (const [path, { shape, dtype }] of tree) {
    const expected = describe(dtype === "int32" ? "I32" : "F32", shape);
    const entry = entries.get(path);
    const got = entry === undefined ? "none" : describe(entry.dtype, entry.shape);
    if (got !== expected) {
      throw new ModelFileError("weights", `model file: expected a tensor "${path}", ${expected}, got ${got}.`);
    }
  }
  for (const [path, { dtype, shape }] of entries) {
    if (!tree.has(path)) {
      throw new ModelFileError(
        "weights",
        `model file: expected no tensor ${abbreviate(path)}, which the model does not have, got ${describe(dtype, shape)}.`,
      );
    }
  }
}

/**
 * Returns the parameters of a model under their paths, and the parameters of its companions under `companions.<name>`.
 */
function allParameters(model: object, companions: ReadonlyMap<string, object>): ParameterTree {
  const tree = new Map(parametersOf(model));
  for (const [name, companion] of companions) {
    for (const [path, parameter] of parametersOf(companion)) tree.set(`${COMPANIONS}.${name}.${path}`, parameter);
  }
  return tree;
}

function parametersOf(model: object): ParameterTree {
  return isModule(model) ? model.parameters() : new Map();
}

function describe(dtype: string, shape: Shape): string {
  return `${dtype} ${formatShape(shape)}`;
}
