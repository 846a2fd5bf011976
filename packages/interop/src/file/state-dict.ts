import { ModelFileError, type Shape } from "@pushforward/core";
import { formatShape, shapesEqual } from "@pushforward/core/extend";
import { readSafetensors, type SafetensorsLimits, type SafetensorsTensor } from "@pushforward/serialization/extend";

/** As many as the config of a model may hold. */
const MAX_FEATURES = 65_536;

/** Floating-point values of a tensor: float64 where the file has it, float32 for everything narrower. */
export type Floats = Float32Array | Float64Array;

/** A floating-point tensor of a file, row-major. */
export interface FloatTensor {
  readonly shape: Shape;
  readonly data: Floats;
}

/**
 * A PyTorch `state_dict` read from a safetensors file, which is untrusted: every accessor checks dtype, shape and values,
 * and {@link end} refuses what nobody asked for.
 */
export class StateDict {
  readonly where: string;
  readonly metadata: Readonly<Record<string, string>>;
  private readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  private readonly used = new Set<string>();

  /** @throws {ModelFileError} the bytes are no safetensors file, or an empty one. */
  constructor(where: string, bytes: Uint8Array, limits?: SafetensorsLimits) {
    const { tensors, metadata } = readSafetensors(bytes, limits);
    if (tensors.size === 0) throw new ModelFileError("tensor", `${where}: expected a state_dict, got no tensors.`);
    if (metadata["format"] === "pushforward") {
      throw new ModelFileError(
        "type",
        `${where}: expected the state_dict of another library, got a model of pushforward. Read it with decodeModel.`,
      );
    }
    this.where = where;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  keys(): string[] {
    return [...this.tensors.keys()];
  }

  has(key: string): boolean {
    return this.tensors.has(key);
  }

  /** True when a key starts with the prefix. */
  hasUnder(prefix: string): boolean {
    return this.keys().some((key) => key.startsWith(prefix));
  }

  /** The shape of a tensor. */
  shape(key: string): Shape {
    return this.tensor(key).shape;
  }

  /** A tensor of finite numbers; `shape` where it is known. */
  floats(key: string, shape?: Shape): FloatTensor {
    const tensor = this.take(key, shape, ["F64", "F32", "F16", "BF16"]);
    const data = tensor.data as Floats;
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) this.fail("weights", `finite numbers in ${quote(key)}`, `${data[bad]} at place ${bad}`);
    return { shape: tensor.shape, data };
  }

  /** A vector of integers, each from `low` to `high`. */
  integers(key: string, length: number | undefined, low: number, high: number): number[] {
    const tensor = this.take(key, length === undefined ? undefined : [length], ["I64", "I32", "I16", "I8", "U8"]);
    if (tensor.shape.length !== 1)
      this.fail("tensor", `a vector as ${quote(key)}`, `shape ${formatShape(tensor.shape)}`);
    return Array.from(tensor.data as ArrayLike<number | bigint>, (value) => {
      const number = Number(value);
      if (number < low || number > high) {
        this.fail("weights", `integers from ${low} to ${high} in ${quote(key)}`, `${value}`);
      }
      return number;
    });
  }

  /** A tensor of truth values: booleans, or numbers that are 0 or 1. */
  booleans(key: string, shape?: Shape): Uint8Array {
    const tensor = this.take(key, shape, ["BOOL", "U8", "F32", "F64", "F16", "BF16"]);
    return Uint8Array.from(tensor.data as ArrayLike<number>, (value) => {
      if (value !== 0 && value !== 1) this.fail("weights", `0 and 1 in ${quote(key)}`, `${value}`);
      return value;
    });
  }

  /** Refuses keys that nothing has read. */
  end(): void {
    const rest = this.keys().filter((key) => !this.used.has(key));
    if (rest.length === 0) return;
    const more = rest.length > 1 ? ` and ${rest.length - 1} more` : "";
    this.fail("weights", "only keys that belong to the model", `${quote(rest[0] as string)}${more}`);
  }

  /** Refuses more variables than a model file may have. */
  checkFeatures(features: number): number {
    if (features > MAX_FEATURES) this.fail("limit", `at most ${MAX_FEATURES} variables`, `${features}`);
    return features;
  }

  fail(reason: "tensor" | "weights" | "type" | "limit", expected: string, got: string): never {
    throw new ModelFileError(reason, `${this.where}: expected ${expected}, got ${got}.`);
  }

  private tensor(key: string): SafetensorsTensor {
    const tensor = this.tensors.get(key);
    if (tensor === undefined) this.fail("weights", `a key ${quote(key)}`, "none");
    return tensor;
  }

  private take(key: string, shape: Shape | undefined, dtypes: readonly string[]): SafetensorsTensor {
    const tensor = this.tensor(key);
    if (!dtypes.includes(tensor.dtype))
      this.fail("tensor", `${quote(key)} of dtype ${dtypes.join(", ")}`, tensor.dtype);
    if (shape !== undefined && !shapesEqual(tensor.shape, shape)) {
      this.fail("tensor", `${quote(key)} of shape ${formatShape(shape)}`, formatShape(tensor.shape));
    }
    this.used.add(key);
    return tensor;
  }
}

/** A key in an error. A file may have keys of any length. */
export function quote(key: string): string {
  return JSON.stringify(key.length > 120 ? `${key.slice(0, 117)}...` : key);
}
