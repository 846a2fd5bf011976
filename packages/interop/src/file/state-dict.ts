import { ModelFileError, type Shape } from "@pushforward/core";
import { formatShape, mention, type OptionMention, shapesEqual } from "@pushforward/core/extend";
import { readSafetensors, type SafetensorsLimits, type SafetensorsTensor } from "@pushforward/serialization/extend";

/** Maximum number of features, as in the config of a model. */
const MAX_FEATURES = 65_536;

/** Floating-point values of a tensor: float64 where the file has it, float32 for everything narrower. */
export type Floats = Float32Array | Float64Array;

/** A floating-point tensor of a file, row-major. */
export interface FloatTensor {
  readonly shape: Shape;
  readonly data: Floats;
}

/**
 * A PyTorch `state_dict` read from a safetensors file, which is untrusted: every accessor checks dtype, shape and
 * values, and {@link end} refuses unread keys.
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

  /** Reads a tensor of finite numbers. `shape` is checked if given. */
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

  /** Refuses keys that were not read. */
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

/**
 * Returns the prefixes of the members of a list of modules, in order: `{list}0.`, `{list}1.` and so on.
 *
 * @param step of the indices: 2 if every second member has no keys.
 * @param onGap called for the first member without keys, with its prefix and the existing indices. It throws or accepts
 * the gap.
 */
export function listPrefixes(
  state: StateDict,
  list: string,
  step: number,
  onGap: (gap: string, indices: readonly number[]) => void,
): readonly string[] {
  const found = new Set<number>();
  for (const key of state.keys()) {
    if (!key.startsWith(list)) continue;
    const index = /^(0|[1-9]\d{0,4})\./.exec(key.slice(list.length))?.[1];
    if (index === undefined) state.fail("weights", `a number after ${quote(list)}`, quote(key));
    found.add(Number(index));
  }
  const indices = [...found].sort((a, b) => a - b);
  const gap = indices.findIndex((index, i) => index !== step * i);
  if (gap >= 0) onGap(`${list}${step * gap}`, indices);
  return indices.map((index) => `${list}${index}.`);
}

/** `(c − mean)/std`, which sbi puts in front of the context. */
export function readContextStandardization(
  state: StateDict,
  prefixes: readonly string[],
  context: number,
): { readonly mean: Floats; readonly sd: Floats } | undefined {
  const prefix = prefixes.find((one) => state.has(`${one}_mean`) || state.has(`${one}_std`));
  if (prefix === undefined) return undefined;
  if (context === 0)
    state.fail("weights", `a model with a context, because of ${quote(`${prefix}_mean`)}`, "one without");
  const { shape, data: mean } = state.floats(`${prefix}_mean`);
  const { data: sd } = state.floats(`${prefix}_std`, shape);
  const [size] = shape;
  if (shape.length > 1 || (shape.length === 1 && size !== 1 && size !== context)) {
    state.fail(
      "tensor",
      `${context} numbers in ${quote(`${prefix}_mean`)}, one for each of the context`,
      `shape [${shape}]`,
    );
  }
  const zero = sd.indexOf(0);
  if (zero >= 0) state.fail("weights", `standard deviations other than 0 in ${quote(`${prefix}_std`)}`, "0");
  const repeat = (values: Floats): Floats =>
    values.length === context ? values : new Float64Array(context).fill(values[0] as number);
  return { mean: repeat(mean), sd: repeat(sd) };
}

/** Shift and scale with one number for each feature; one for all is repeated. */
export function standardization(
  state: StateDict,
  key: string,
  features: number,
  shift: Floats,
  scale: Floats,
): { readonly shift: Floats; readonly scale: Floats } {
  if (shift.length !== features && shift.length !== 1) {
    state.fail("tensor", `${features} numbers in ${quote(key)}`, `${shift.length}`);
  }
  if (scale.some((value) => value === 0)) state.fail("weights", `numbers other than 0 in ${quote(key)}`, "0");
  const repeat = (values: Floats): Floats =>
    values.length === features ? values : new Float64Array(features).fill(values[0] as number);
  return { shift: repeat(shift), scale: repeat(scale) };
}

/** Names an option that an error requests, because the file does not contain its value. */
export function asked(option: string): OptionMention {
  return mention(option, { words: `option ${option}` });
}
