import { type Codec, defineCodec, type Json, type Registry } from "./codec.ts";
import { ConfigReader, type NumberBounds } from "./config-reader.ts";
import { ModelFileError, PushforwardError } from "./errors.ts";

/** How one option of a class goes into a model file and comes out of it. */
export interface ConfigField<T> {
  read(reader: ConfigReader, name: string, registry: Registry): T;
  write(value: T, registry: Registry): Json;
  /** What model files of earlier versions call it. */
  readonly formerly?: string;
  /** Left out of the file where the value is this one, and filled in where the file has none. */
  readonly standard?: T;
}

/** The fields of a class: options of its constructor that the instance keeps as properties of the same names. */
export type ConfigFields<T, O> = { readonly [K in keyof O & keyof T]?: ConfigField<T[K]> };

const plain = <T extends Json>(read: ConfigField<T>["read"]): ConfigField<T> => ({ read, write: (value) => value });

/** The kinds of fields. */
export const field = {
  /** An integer from 1 (or `min`) up. */
  count: (bounds?: NumberBounds): ConfigField<number> => plain((reader, name) => reader.count(name, bounds)),
  /** Integers from 1 (or `min`) up. */
  counts: (bounds?: NumberBounds): ConfigField<readonly number[]> =>
    plain((reader, name) => reader.counts(name, bounds)),
  /** A finite number. */
  number: (bounds?: NumberBounds): ConfigField<number> => plain((reader, name) => reader.number(name, bounds)),
  /** Finite numbers. */
  numbers: (bounds?: NumberBounds): ConfigField<readonly number[]> =>
    plain((reader, name) => reader.numbers(name, bounds)),
  /** True or false. */
  boolean: (): ConfigField<boolean> => plain((reader, name) => reader.boolean(name)),
  /** One of some words. */
  oneOf: <const S extends string>(...choices: readonly S[]): ConfigField<S> =>
    plain((reader, name) => reader.oneOf(name, choices)),
  /** Another object of the model. */
  object: <T extends object>(is: (value: unknown) => value is T, what: string): ConfigField<T> => ({
    read: (reader, name, registry) => reader.object(name, registry, is, what),
    write: (value, registry) => ({ ...registry.encode(value) }),
  }),
  /** Other objects of the model. */
  objects: <T extends object>(is: (value: unknown) => value is T, what: string): ConfigField<readonly T[]> => ({
    read: (reader, name, registry) => reader.objects(name, registry, is, what),
    write: (values, registry) => values.map((value) => ({ ...registry.encode(value) })),
  }),
  /** A field that is left out where it has its standard value. */
  optional: <T extends Json>(standard: T, of: ConfigField<T>): ConfigField<T> => ({ ...of, standard }),
} as const;

/**
 * The codec of a class whose constructor takes one object of options, each of which the instance keeps as a property of
 * the same name. What the constructor refuses is a damaged file.
 *
 * @param type namespaced name; never changes.
 * @example
 * const sinhArcsinhCodec = classCodec("me/sinh-arcsinh", SinhArcsinh, { features: field.count() });
 */
export function classCodec<T extends object, O extends object>(
  type: string,
  construct: new (options: O) => T,
  fields: ConfigFields<T, O>,
): Codec<T, Json> {
  const list = Object.entries<ConfigField<Json>>({ ...fields } as Record<string, ConfigField<Json>>);
  return defineCodec<T, Json>({
    type,
    version: 1,
    is: (value): value is T => value instanceof construct,
    encode: (value, registry) => {
      const values = new Map(Object.entries(value));
      return Object.fromEntries(
        list.flatMap(([name, { write, standard }]) => {
          const own = values.get(name) as Json;
          return standard !== undefined && own === standard ? [] : [[name, write(own, registry)]];
        }),
      );
    },
    decode: (config, registry) => {
      const reader = new ConfigReader(type, config);
      const options = Object.fromEntries(
        list.map(([name, { read, standard, formerly }]) => {
          const stored = formerly !== undefined && reader.has(formerly) ? formerly : name;
          const isAbsent = standard !== undefined && !reader.has(stored);
          return [name, isAbsent ? standard : read(reader, stored, registry)];
        }),
      );
      reader.end();
      return built(type, () => new construct(options as O));
    },
  });
}

function built<T>(type: string, construct: () => T): T {
  try {
    return construct();
  } catch (error) {
    if (error instanceof ModelFileError || !(error instanceof PushforwardError)) throw error;
    throw new ModelFileError("config", `${type}: ${error.message}`, { cause: error });
  }
}
