import { type Json, OptionError } from "@pushforward/core";
import { type ContainerKind, fieldJson, openContainer, sealContainer } from "./container.ts";
import { formatJson } from "./json.ts";
import {
  readTensor,
  type SafetensorsData,
  type SafetensorsDtype,
  type SafetensorsLimits,
  type SafetensorsTensor,
} from "./safetensors.ts";

/** State of a long computation: JSON and arrays. The caller defines their meaning. */
export interface CheckpointData {
  /** Counters, options, losses. */
  readonly meta: Json;
  /** Weights, moments of an optimizer, an order of rows. */
  readonly arrays: ReadonlyMap<string, SafetensorsData>;
}

const KIND: ContainerKind = { name: "checkpoint", format: "pushforward-checkpoint", fields: ["meta"] };

/**
 * Encodes a checkpoint as the bytes of a sealed safetensors file, like a model file. Numbers are restored bit for bit,
 * including the numbers in `meta`.
 *
 * @throws {OptionError} `meta` is not JSON (NaN and infinities are not), or an array has an unsupported type.
 * @example
 * const moment = Float32Array.of(0.1, 0.2);
 * const bytes = encodeCheckpoint({ meta: { step: 12 }, arrays: new Map([["moment.weight", moment]]) });
 */
export function encodeCheckpoint(checkpoint: CheckpointData): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, data] of checkpoint.arrays)
    tensors.set(name, { dtype: dtypeOf(name, data), shape: [data.length], data });
  return sealContainer(KIND, { meta: formatJson(checkpoint.meta, "encodeCheckpoint: meta") }, tensors);
}

/**
 * The checkpoint in some bytes, each array of the kind that was encoded.
 *
 * @throws {ModelFileError} always and only this, whatever the bytes are.
 * @example
 * const { meta, arrays } = decodeCheckpoint(encodeCheckpoint({ meta: { step: 12 }, arrays: new Map() }));
 */
export function decodeCheckpoint(bytes: Uint8Array, limits: SafetensorsLimits = {}): CheckpointData {
  const header = openContainer(bytes, KIND, limits);
  const meta = fieldJson(header, KIND, "meta");
  const arrays = new Map<string, SafetensorsData>();
  for (const [name, entry] of header.entries) arrays.set(name, readTensor(bytes, entry));
  return { meta, arrays };
}

function dtypeOf(name: string, data: SafetensorsData): SafetensorsDtype {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof BigInt64Array) return "I64";
  if (data instanceof Int16Array) return "I16";
  if (data instanceof Int8Array) return "I8";
  if (data instanceof Uint8Array) return "U8";
  throw new OptionError(
    `encodeCheckpoint: expected a typed array of floats or integers for "${name}", got ${Object(data).constructor.name}.`,
  );
}
