import { ModelFileError, PushforwardError } from "../errors/errors.ts";
import { type Codec, defineCodec, type Json, type Registry } from "./codec.ts";
import { ConfigReader, type NumberBounds } from "./config-reader.ts";

/**
 * Builds an object from a config read from a file. If the constructor refuses the config, the file is to blame.
 *
 * @throws {ModelFileError} in place of any other `PushforwardError`.
 * @example
 * const stored = { features: 3 };
 * const identity = constructStored("me/elementwise", () => new AffineElementwise(stored));
 */
export function constructStored<T>(type: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof PushforwardError) || error instanceof ModelFileError) throw error;
    throw new ModelFileError("config", `${type}: ${error.message}`, { cause: error });
  }
}

/** Converts an option of a class to and from a model file. */
export interface ConfigField<T> {
  read(reader: ConfigReader, name: string, registry: Registry): T;
  write(value: T, registry: Registry): Json;
  /** Left out of the file where the value is this one, and filled in where the file has none. */
  readonly standard?: T;
  /** Absent in the file without a value. */
  readonly mayBeAbsent?: true;
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
  /** Words. */
  strings: (): ConfigField<readonly string[]> => plain((reader, name) => reader.strings(name)),
  /** True or false. */
  boolean: (): ConfigField<boolean> => plain((reader, name) => reader.boolean(name)),
  /** Field with a word from a fixed list. */
  oneOf: <const S extends string>(...choices: readonly S[]): ConfigField<S> =>
    plain((reader, name) => reader.oneOf(name, choices)),
  /** Field with a further object of the model. */
  object: <T extends object>(is: (value: unknown) => value is T, what: string): ConfigField<T> => ({
    read: (reader, name, registry) => reader.object(name, registry, is, what),
    write: (value, registry) => ({ ...registry.encode(value) }),
  }),
  /** Other objects of the model. */
  objects: <T extends object>(is: (value: unknown) => value is T, what: string): ConfigField<readonly T[]> => ({
    read: (reader, name, registry) => reader.objects(name, registry, is, what),
    write: (values, registry) => values.map((value) => ({ ...registry.encode(value) })),
  }),
  /** A form, an object of words and numbers. */
  form: <T extends object>(read: (reader: ConfigReader) => T): ConfigField<T> => ({
    read: (reader, name) => {
      const inner = new ConfigReader(name, reader.raw(name));
      const form = read(inner);
      inner.end();
      return form;
    },
    write: (form) => Object.fromEntries(Object.entries<Json>({ ...form } as Readonly<Record<string, Json>>)),
  }),
  /** A field that is left out where the instance has no value, as the option was. */
  maybe: <T>(of: ConfigField<T>): ConfigField<T | undefined> =>
    ({ ...of, mayBeAbsent: true }) as ConfigField<T | undefined>,
  /** Field that is left out if it has its standard value. */
  optional: <T extends Json | object>(standard: T, of: ConfigField<T>): ConfigField<T> => ({ ...of, standard }),
} as const;

/** Config version above 1, with the function that migrates earlier versions to it. */
export type ConfigVersion = Required<Pick<Codec<object>, "version" | "migrate">>;

/**
 * The codec of a class with one options object in the constructor and an instance property per option. An error of the
 * constructor means a damaged file.
 *
 * @param type namespaced name; never changes.
 * @param version where the config has changed since files were written: its version, and how to read the earlier ones.
 * @example
 * const sinhArcsinhCodec = classCodec("me/sinh-arcsinh", SinhArcsinh, { features: field.count() });
 */
export function classCodec<T extends object, O extends object>(
  type: string,
  construct: new (options: O) => T,
  fields: ConfigFields<T, O>,
  { version, ...migration }: ConfigVersion | { readonly version: 1 } = { version: 1 },
): Codec<T, Json> {
  const list = Object.entries<ConfigField<Json>>({ ...fields } as Record<string, ConfigField<Json>>);
  return defineCodec<T, Json>({
    type,
    version,
    ...migration,
    is: (value): value is T => value instanceof construct,
    encode: (value, registry) => {
      const values = new Map(Object.entries(value));
      return Object.fromEntries(
        list.flatMap(([name, { write, standard, mayBeAbsent }]) => {
          const own = values.get(name) as Json;
          const isLeftOut = (mayBeAbsent && own === undefined) || (standard !== undefined && isSame(own, standard));
          return isLeftOut ? [] : [[name, write(own, registry)]];
        }),
      );
    },
    decode: (config, registry) => {
      const reader = new ConfigReader(type, config);
      const options = Object.fromEntries(
        list.map(([name, { read, standard, mayBeAbsent }]) => {
          const isAbsent = (mayBeAbsent || standard !== undefined) && !reader.has(name);
          return [name, isAbsent ? standard : read(reader, name, registry)];
        }),
      );
      reader.end();
      return constructStored(type, () => new construct(options as O));
    },
  });
}

/** True if a value equals the standard value. Objects are compared field by field. */
function isSame(value: Json, standard: Json): boolean {
  if (typeof value !== "object" || typeof standard !== "object") return value === standard;
  const fields = new Map(Object.entries(value ?? {}));
  return Object.entries(standard ?? {}).every(([name, field]) => fields.get(name) === field);
}
