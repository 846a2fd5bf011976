import {
  formatShape,
  isModule,
  type Json,
  ModelFileError,
  OptionError,
  type ParameterTree,
  type Registry,
  type Shape,
} from "@pushforward/core";
import { type ContainerKind, fieldJson, openContainer, sealContainer } from "./container.ts";
import { abbreviate, formatJson } from "./json.ts";
import { DEFAULT_TREE_LIMITS, decodeTree, disposeModel, messageOf, type TreeLimits } from "./registry.ts";
import {
  readSafetensorsHeader,
  readTensor,
  type SafetensorsHeader,
  type SafetensorsLimits,
  type SafetensorsTensor,
} from "./safetensors.ts";

/** What a model file may ask for before it is refused. */
export interface ModelFileLimits extends SafetensorsLimits, Partial<TreeLimits> {}

/** Options of {@link encodeModel}. */
export interface EncodeModelOptions {
  /** Anything of yours that is JSON: names of columns, a date, a score. Default `{}`. */
  readonly metadata?: Json;
}

/** Options of {@link decodeModel}. */
export interface DecodeModelOptions<T extends object> {
  readonly limits?: ModelFileLimits;
  /** What the model must be, for instance `isDistribution`. Without it the type is taken on trust. */
  readonly is?: (value: unknown) => value is T;
}

/** A model read from a file, and the metadata stored with it. The caller owns the model. */
export interface DecodedModel<T extends object> {
  readonly model: T;
  readonly metadata: Json;
}

const KIND: ContainerKind = { name: "model file", format: "pushforward", fields: ["model", "metadata"] };

/**
 * The bytes of a model file: one safetensors file with the parameters under their paths, the tree of the model in its
 * metadata and a checksum over both. The same model gives the same bytes.
 *
 * The bytes are decoded once before they are returned, without the values: what is saved can be loaded.
 *
 * @throws {OptionError} no codec knows an object in the model; a config or the metadata are not JSON; a parameter is NaN
 * or infinite; the codecs do not rebuild the model's parameters.
 * @example
 * const bytes = encodeModel(flow, standardRegistry, { metadata: { columns: ["x", "y"] } });
 */
export function encodeModel(
  model: object,
  registry: Registry,
  options: EncodeModelOptions = {},
): Uint8Array<ArrayBuffer> {
  const fields = {
    model: formatJson(registry.encode(model) as unknown as Json, "encodeModel: model"),
    metadata: formatJson(options.metadata ?? {}, "encodeModel: metadata"),
  };
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [path, parameter] of parametersOf(model)) {
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
    disposeModel(build(readSafetensorsHeader(bytes), registry, {}).model);
  } catch (cause) {
    throw new OptionError(
      `encodeModel: expected codecs that rebuild the model, got: ${messageOf(cause)} Nothing has been written.`,
      { cause },
    );
  }
  return bytes;
}

/**
 * The model in the bytes of a model file, which are untrusted. In this order, each step only when the one before it
 * has passed: header, checksum, the tree of objects (nothing is allocated on the backend), the comparison of every
 * parameter's path, shape and dtype with the file, the values, which must be finite.
 *
 * @throws {ModelFileError} always and only this, whatever the bytes are.
 * @example
 * const { model } = decodeModel(encodeModel(flow, standardRegistry), standardRegistry, { is: isDistribution });
 * model.logProb([[0.5, -1]]);
 */
export function decodeModel<T extends object = object>(
  bytes: Uint8Array,
  registry: Registry,
  options: DecodeModelOptions<T> = {},
): DecodedModel<T> {
  const header = openContainer(bytes, KIND, options.limits ?? {});
  const { model, metadata, tree } = build(header, registry, options.limits ?? {});
  try {
    if (options.is !== undefined && !options.is(model)) {
      throw new ModelFileError("type", "decodeModel: expected a model of another kind, got one that `is` refuses.");
    }
    for (const [path, entry] of header.entries) {
      const values = readTensor(bytes, entry) as Float32Array | Int32Array;
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw new ModelFileError(
          "weights",
          `model file: expected finite numbers in the tensor ${abbreviate(path)}, got ${values[bad]} at index ${bad}.`,
        );
      }
      // Checked by build: it is there and has the right size.
      tree.get(path)?.write(values);
    }
    return { model: model as T, metadata };
  } catch (error) {
    disposeModel(model);
    throw asModelFileError(error);
  }
}

interface BuiltModel {
  readonly model: object;
  readonly metadata: Json;
  readonly tree: ParameterTree;
}

/** Everything but the values. */
function build(header: SafetensorsHeader, registry: Registry, limits: ModelFileLimits): BuiltModel {
  const metadata = fieldJson(header, KIND, "metadata");
  const { maxDepth, maxNodes } = { ...DEFAULT_TREE_LIMITS, ...limits };
  const model = decodeTree(registry, fieldJson(header, KIND, "model"), { maxDepth, maxNodes });
  try {
    const tree = parametersOf(model);
    compareWeights(tree, header);
    return { model, metadata, tree };
  } catch (error) {
    disposeModel(model);
    throw asModelFileError(error);
  }
}

/** What a model throws that its file has made wrong. */
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

function parametersOf(model: object): ParameterTree {
  return isModule(model) ? model.parameters() : new Map();
}

function describe(dtype: string, shape: Shape): string {
  return `${dtype} ${formatShape(shape)}`;
}
