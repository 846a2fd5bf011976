import { DataError, type Json, type Key, ModelFileError, OptionError } from "@pushforward/core";
import {
  AbstractModule,
  ConfigReader,
  checkRowDraws,
  describeValue,
  type ParameterValues,
} from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { checkTable, listNames } from "@pushforward/datasets/extend";
import type { RowOrigin } from "../density/coding/category-coding.ts";
import { codingFromJson, codingToJson } from "../density/coding/coding-json.ts";
import type { HoleQuestion, HoleRows } from "./hole-rows.ts";
import type { MissingCells } from "./product-mixture/column-tables.ts";
import type { MixtureColumn } from "./product-mixture/mixture-tables.ts";

/** Parts of a mixture over the rows of a table, except its parameters. */
export interface MixtureConfig {
  readonly columns: readonly MixtureColumn[];
  /** Number of components. */
  readonly components: number;
}

/** How a question to a mixture of rows is read. */
export interface ProductMixtureQuestion {
  /**
   * Treatment of a missing cell: a value of its column with its own probability, or an unknown value that is integrated
   * out. Default: "value".
   */
  readonly missing?: MissingCells | undefined;
  /** "own": the codings were built from these rows, which get leave-one-out frequencies. Default: "new". */
  readonly origin?: RowOrigin | undefined;
}

/** Input of a conditional distribution of a mixture of rows. */
export interface RowsQuestion {
  readonly table: Table;
  /** Indices of the given columns, and of the requested columns. */
  readonly given: readonly number[];
  readonly asked: readonly number[];
  readonly missing: MissingCells;
  /** Default: "new". */
  readonly origin?: RowOrigin | undefined;
}

/** Distribution of some columns given other columns, for each row of a table. */
interface RowsGiven {
  logProb(): Float64Array;
  sample(key: Key): Table;
  complete(key: Key): Table;
}

/** The logit of a code that does not occur. */
export const NEVER = -1e3;

/**
 * Base class of mixtures over the rows of a table. They compute the distribution of any columns given any other
 * columns.
 */
export abstract class RowMixture<Rows extends RowsGiven, Normalized> extends AbstractModule {
  readonly columns: readonly MixtureColumn[];
  readonly components: number;
  private readonly where: string;
  private last: { readonly values: readonly ParameterValues[]; readonly normalized: Normalized } | undefined;

  /** @throws {OptionError} no columns, two of the same name, or no component. */
  constructor(where: string, { columns, components }: MixtureConfig) {
    super();
    checkMixtureConfig(where, { columns, components });
    this.columns = columns;
    this.components = components;
    this.where = where;
  }

  /** The values of its parameters. */
  protected abstract values(): readonly ParameterValues[];
  /** Parameters in the form that distributions need. */
  protected abstract normalize(values: readonly ParameterValues[]): Normalized;
  protected abstract answer(question: RowsQuestion): Rows;

  /**
   * Log-density of each row of a table, in nats.
   *
   * @throws {DataError} a column is missing or of the wrong kind.
   */
  logProb(table: Table, question: ProductMixtureQuestion = {}): Float64Array {
    return this.conditional(table, [], this.names(), question).logProb();
  }

  /**
   * Returns the distribution of some columns given other columns, row by row. Columns in neither list are integrated
   * out.
   *
   * @param table has the given columns, and for a log-density also the requested columns.
   * @throws {DataError} a column is unknown to the mixture, missing in the table, or of the wrong kind.
   * @throws {OptionError} a column is in a list twice, or in both.
   */
  conditional(
    table: Table,
    given: readonly string[],
    asked: readonly string[],
    question: ProductMixtureQuestion = {},
  ): Rows {
    checkTable(this.where, table);
    if (new Set([...given, ...asked]).size < given.length + asked.length) {
      throw new OptionError(
        `${this.where}: expected each column once, got ${listNames(given)} given and ${listNames(asked)} asked for.`,
      );
    }
    const { missing = "value", origin } = question;
    return this.answer({ table, given: this.places(given), asked: this.places(asked), missing, origin });
  }

  /** Prepares rows with holes for repeated draws. @throws {DataError} a column is missing or of the wrong kind. */
  abstract holes(question: HoleQuestion): HoleRows;

  /** Draws rows. The same key yields the same rows. */
  sample(key: Key, rows: number): Table {
    checkRowDraws(`${this.where}.sample`, key, rows);
    return this.conditional({ rows, columns: [] }, [], this.names()).sample(key);
  }

  /**
   * Draws all other columns for each row of a table, and returns them together with the given columns. With `missing:
   * "unknown"` the missing cells of given columns are drawn, too. Throws as {@link conditional}.
   * @example
   * const { model } = await fitProductMixture(penguins(), { key, missing: "unknown" });
   * const names = model.columns.map(({ name }) => name);
   * const filled = model.sampleGiven(key, penguins(), names, { missing: "unknown" });
   */
  sampleGiven(key: Key, table: Table, given: readonly string[], question: ProductMixtureQuestion = {}): Table {
    const others = this.names().filter((name) => !given.includes(name));
    return this.conditional(table, given, others, question).complete(key);
  }

  /** The parameters as they are now; as long as they don't change, they are normalized once. */
  normalized(): Normalized {
    const values = this.values();
    const { last } = this;
    if (last?.values.every((own, i) => isSame(own, values[i] as ParameterValues))) return last.normalized;
    const normalized = this.normalize(values);
    this.last = { values, normalized };
    return normalized;
  }

  protected names(): string[] {
    return this.columns.map(({ name }) => name);
  }

  private places(names: readonly string[]): number[] {
    return names.map((name) => {
      const place = this.columns.findIndex((column) => column.name === name);
      if (place >= 0) return place;
      const known = listNames(this.names());
      throw new DataError(`${this.where}: expected one of the columns ${known}, got "${name}".`, { column: name });
    });
  }
}

function isSame(a: ParameterValues, b: ParameterValues): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function checkMixtureConfig(where: string, { columns, components }: MixtureConfig): void {
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
 * Reads a mixture from its config in a model file.
 *
 * @param create makes the mixture, and rejects an invalid config with an `OptionError`.
 * @throws {ModelFileError} the config is invalid.
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
