import { type Json, ModelFileError, OptionError } from "@pushforward/core";
import { ConfigReader, describeValue } from "@pushforward/core/extend";
import { listNames } from "@pushforward/datasets/extend";
import { codingFromJson, codingToJson } from "../../density/coding/coding-json.ts";
import type { MixtureColumn } from "./mixture-columns.ts";

/** What a mixture over the rows of a table is made of, besides its parameters. */
export interface MixtureConfig {
  readonly columns: readonly MixtureColumn[];
  /** Number of components. */
  readonly components: number;
}

/** @throws {OptionError} no columns, two of the same name, or no component. */
export function checkMixtureConfig(where: string, { columns, components }: MixtureConfig): void {
  if (!Number.isSafeInteger(components) || components < 1) {
    throw new OptionError(`${where}: expected components to be an integer from 1, got ${describeValue(components)}.`);
  }
  const names = columns.map(({ name }) => name);
  if (names.length === 0) throw new OptionError(`${where}: expected columns, got none.`);
  if (new Set(names).size < names.length) {
    throw new OptionError(`${where}: expected different columns, got ${listNames(names)}.`);
  }
}

/** The config of a mixture in a model file. */
export function mixtureToJson({ columns, components }: MixtureConfig): Json {
  return { components, columns: columns.map(({ name, coding }) => ({ name, coding: codingToJson(coding) })) };
}

/**
 * A mixture from its config in a model file.
 *
 * @param create makes it, and refuses what does not fit by an `OptionError`.
 * @throws {ModelFileError} the config is none.
 */
export function mixtureFromJson<T>(type: string, config: Json, create: (config: MixtureConfig) => T): T {
  const reader = new ConfigReader(type, config);
  const components = reader.count("components");
  const columns = reader.array("columns").map((item): MixtureColumn => {
    const column = new ConfigReader(`${type}.columns`, item);
    const read = { name: column.string("name"), coding: codingFromJson(column.raw("coding")) };
    column.end();
    return read;
  });
  reader.end();
  try {
    return create({ columns, components });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new ModelFileError("config", `${type}: ${error.message}`, { cause: error });
  }
}
