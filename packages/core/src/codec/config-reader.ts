import { ModelFileError } from "../errors/errors.ts";
import type { Json, Registry } from "./codec.ts";

/** Bounds of a number in a config, both included. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
}

/** Largest count (features, units, layers, …) that a model file may ask for. */
const MAX_COUNT = 65_536;

/**
 * Reads the config of a node of a model file, which is untrusted: every accessor returns a checked value or throws
 * `ModelFileError` that names the type and the field.
 *
 * @example
 * const c = new ConfigReader("me/warp", { features: 3 });
 * c.count("features"); // → 3
 * c.end(); // throws if the config has fields that were not read
 */
export class ConfigReader {
  private readonly type: string;
  private readonly fields: { readonly [key: string]: Json };
  private readonly read: Set<string> = new Set();

  constructor(type: string, config: Json) {
    this.type = type;
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
      throw new ModelFileError("config", `${type}: expected a config object, got ${describe(config)}.`);
    }
    this.fields = config as { readonly [key: string]: Json };
  }

  /** Returns `true` if the field exists. */
  has(name: string): boolean {
    return Object.hasOwn(this.fields, name);
  }

  /** An integer from 1 (or `min`) to 65,536 (or `max`). */
  count(name: string, bounds: NumberBounds = {}): number {
    return this.checkCount(name, this.take(name), bounds);
  }

  /** An array of counts. */
  counts(name: string, bounds: NumberBounds = {}): number[] {
    return this.array(name).map((v, i) => this.checkCount(`${name}[${i}]`, v, bounds));
  }

  /** A finite number. */
  number(name: string, bounds: NumberBounds = {}): number {
    return this.checkNumber(name, this.take(name), bounds);
  }

  /** An array of finite numbers. */
  numbers(name: string, bounds: NumberBounds = {}): number[] {
    return this.array(name).map((v, i) => this.checkNumber(`${name}[${i}]`, v, bounds));
  }

  /** An array of finite numbers, with null for absent ones. */
  numbersOrNull(name: string): (number | null)[] {
    return this.array(name).map((v, i) => (v === null ? null : this.checkNumber(`${name}[${i}]`, v, {})));
  }

  boolean(name: string): boolean {
    const value = this.take(name);
    if (typeof value !== "boolean") this.fail(name, "true or false", value);
    return value;
  }

  string(name: string): string {
    const value = this.take(name);
    if (typeof value !== "string") this.fail(name, "a string", value);
    return value;
  }

  /** An array of strings. */
  strings(name: string): string[] {
    return this.array(name).map((v, i) => (typeof v === "string" ? v : this.fail(`${name}[${i}]`, "a string", v)));
  }

  /** Reads a string from a fixed list. */
  oneOf<const S extends string>(name: string, choices: readonly S[]): S {
    const value = this.take(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.fail(name, `one of ${choices.join(", ")}`, value);
    return found;
  }

  /** A nested object, decoded by the registry and checked by `is`. */
  object<T extends object>(name: string, registry: Registry, is: (value: unknown) => value is T, what: string): T {
    const value = registry.decode(this.take(name));
    if (!is(value)) this.fail(name, what, this.fields[name] as Json);
    return value;
  }

  /** An array of nested objects. */
  objects<T extends object>(name: string, registry: Registry, is: (v: unknown) => v is T, what: string): T[] {
    return this.array(name).map((node, i) => {
      const value = registry.decode(node);
      return is(value) ? value : this.fail(`${name}[${i}]`, what, node);
    });
  }

  /** The raw value of a field, for structures that the other accessors do not cover. */
  raw(name: string): Json {
    return this.take(name);
  }

  /** Rejects unread fields, which may have a meaning for a newer version. */
  end(): void {
    for (const name of Object.keys(this.fields)) {
      if (!this.read.has(name)) {
        throw new ModelFileError("config", `${this.type}: expected no field ${describe(name)}, got one.`);
      }
    }
  }

  /** An array of anything. */
  array(name: string): readonly Json[] {
    const value = this.take(name);
    if (!Array.isArray(value)) this.fail(name, "an array", value);
    if (value.length > MAX_COUNT) this.fail(name, `at most ${MAX_COUNT} entries`, value.length);
    return value;
  }

  private checkCount(name: string, value: Json, bounds: NumberBounds): number {
    const min = bounds.min ?? 1;
    const max = bounds.max ?? MAX_COUNT;
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      this.fail(name, `an integer from ${min} to ${max}`, value);
    }
    return value;
  }

  private checkNumber(name: string, value: Json, bounds: NumberBounds): number {
    const min = bounds.min ?? -Number.MAX_VALUE;
    const max = bounds.max ?? Number.MAX_VALUE;
    if (typeof value !== "number" || !(value >= min && value <= max)) {
      this.fail(
        name,
        bounds.min === undefined && bounds.max === undefined ? "a finite number" : `a number from ${min} to ${max}`,
        value,
      );
    }
    return value;
  }

  private take(name: string): Json {
    this.read.add(name);
    if (!Object.hasOwn(this.fields, name)) {
      throw new ModelFileError("config", `${this.type}: expected a field "${name}", got none.`);
    }
    return this.fields[name] as Json;
  }

  private fail(name: string, expected: string, got: Json): never {
    throw new ModelFileError("config", `${this.type}.${name}: expected ${expected}, got ${describe(got)}.`);
  }
}

function describe(value: Json): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
