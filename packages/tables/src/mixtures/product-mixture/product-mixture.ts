import { type Codec, DataError, type Key, OptionError, type Parameter } from "@pushforward/core";
import { AbstractModule, checkRowDraws, defineCodec, type ParameterValues, parameter } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { checkTable, listNames } from "@pushforward/datasets/extend";
import type { RowOrigin } from "../../density/coding/cell-coding.ts";
import { ConditionalRows } from "./conditional-rows.ts";
import type { MissingCells } from "./encode-cells.ts";
import { cellCodes, type MixtureColumn } from "./mixture-columns.ts";
import { checkMixtureConfig, mixtureFromJson, mixtureToJson } from "./mixture-config.ts";
import { type MixtureTables, mixtureTables } from "./mixture-tables.ts";

/** Parts of a {@link ProductMixture}. */
export interface ProductMixtureParts {
  readonly columns: readonly MixtureColumn[];
  /** Number of components. */
  readonly components: number;
  /** Logits of the components. Default: 0. */
  readonly weights?: ArrayLike<number>;
  /** Logits of the codes of all columns, one column after the other, `[codes, components]`. Default: their frequencies. */
  readonly tables?: ArrayLike<number>;
}

/** How a question to a {@link ProductMixture} is read. */
export interface ProductMixtureQuestion {
  /**
   * What a missing cell is: a value of its column with a probability of its own, or a cell with an unknown value, which is
   * integrated out. Default: "value".
   */
  readonly missing?: MissingCells | undefined;
  /** "own": the rows are those of the codings, and have leave-one-out frequencies. Default: "new". */
  readonly origin?: RowOrigin | undefined;
}

/**
 * A mixture of products over the rows of a table whose columns are numbers, categories, or both, with cells that may be
 * missing:
 *
 *     p(row) = Σₖ wₖ Πⱼ pⱼₖ(xⱼ)
 *
 * with tables `pⱼₖ` over the codes of a column, and within a code the density of the column's coding. It is exact in the
 * measure of `TableDensity`, whose codings it shares. Every marginal and every conditional distribution is again such a
 * mixture, so that any columns can be asked for given any others.
 *
 * @example
 * const { model } = await fitProductMixture(penguins(), { key });
 * const table = penguins();
 * const given = model.conditional(table, ["species"], ["body_mass_g"]);
 * const logProb = given.logProb(); // log p(body_mass_g | species), [342]
 */
export class ProductMixture extends AbstractModule {
  readonly columns: readonly MixtureColumn[];
  readonly components: number;
  /** Logits of the components. */
  readonly weights: Parameter;
  /** Logits of the codes, `[codes, components]`. */
  readonly tables: Parameter;

  private last: NormalizedParameters | undefined;

  /** @throws {OptionError} no columns, two of the same name, or no component. */
  constructor({ columns, components, weights, tables }: ProductMixtureParts) {
    super();
    checkMixtureConfig("ProductMixture", { columns, components });
    this.columns = columns;
    this.components = components;
    this.weights = parameter([components], weights);
    const codes = columns.reduce((sum, { coding }) => sum + cellCodes(coding), 0);
    this.tables = parameter([codes, components], tables ?? (() => frequencies(columns, components)));
  }

  /**
   * The log-density of each row of a table, in nats.
   *
   * @throws {DataError} a column is missing or of another kind.
   */
  logProb(table: Table, question: ProductMixtureQuestion = {}): Float64Array {
    const names = this.columns.map(({ name }) => name);
    return this.logMarginal(table, names, question);
  }

  /**
   * The log-density of some columns, whatever the others are, in nats. The table needs no other columns.
   *
   * @throws {DataError} a column is unknown to the mixture, missing in the table, or of another kind.
   */
  logMarginal(table: Table, columns: readonly string[], question: ProductMixtureQuestion = {}): Float64Array {
    return this.conditional(table, [], columns, question).logProb();
  }

  /**
   * The distribution of some columns given others, row by row. The columns that are in neither list are integrated out.
   *
   * @param table has the given columns, and for a log-density also those that are asked for.
   * @throws {DataError} a column is unknown to the mixture, missing in the table, or of another kind.
   * @throws {OptionError} a column is in a list twice, or in both.
   */
  conditional(
    table: Table,
    given: readonly string[],
    asked: readonly string[],
    question: ProductMixtureQuestion = {},
  ): ConditionalRows {
    checkTable("ProductMixture", table);
    if (new Set([...given, ...asked]).size < given.length + asked.length) {
      throw new OptionError(
        `ProductMixture: expected each column once, got ${listNames(given)} given and ${listNames(asked)} asked for.`,
      );
    }
    return new ConditionalRows({
      ...{ columns: this.columns, tables: this.normalized(), table },
      ...{ given: this.places(given), asked: this.places(asked), missing: question.missing ?? "value" },
      origin: question.origin,
    });
  }

  /**
   * The probabilities of the components given the cells of some columns, `[rows, components]`. Throws as
   * {@link logMarginal}.
   *
   * @param columns Default: all.
   */
  responsibilities(
    table: Table,
    columns: readonly string[] = this.columns.map(({ name }) => name),
    question: ProductMixtureQuestion = {},
  ): Float64Array {
    return this.conditional(table, columns, [], question).responsibilities();
  }

  /** Draws rows. The same key gives the same rows. */
  sample(key: Key, rows: number): Table {
    checkRowDraws("ProductMixture.sample", key, rows);
    const names = this.columns.map(({ name }) => name);
    return this.conditional({ rows, columns: [] }, [], names).sample(key);
  }

  /**
   * Draws all other columns for each row of a table, and returns them with the given ones. With `missing: "unknown"` the
   * missing cells of given columns are drawn, too. Throws as {@link logMarginal}.
   *
   * @example
   * const { model } = await fitProductMixture(penguins(), { key, missing: "unknown" });
   * const names = model.columns.map(({ name }) => name);
   * const filled = model.sampleGiven(key, penguins(), names, { missing: "unknown" });
   */
  sampleGiven(key: Key, table: Table, given: readonly string[], question: ProductMixtureQuestion = {}): Table {
    const others = this.columns.map(({ name }) => name).filter((name) => !given.includes(name));
    return this.conditional(table, given, others, question).complete(key);
  }

  /** The mixture of the rows in which nothing is missing. */
  withoutMissing(): ProductMixture {
    const { columns, components } = this;
    const tables = Float32Array.from(this.tables.read());
    let at = 0;
    for (const { coding } of columns) {
      const { missingCode } = coding;
      if (missingCode !== undefined) {
        tables.fill(NEVER, at + missingCode * components, at + (missingCode + 1) * components);
      }
      at += cellCodes(coding) * components;
    }
    return new ProductMixture({ columns, components, weights: this.weights.read(), tables });
  }

  /** The parameters as they are now; as long as they don't change, they are normalized once. */
  normalized(): MixtureTables {
    const [weights, tables] = [this.weights.read(), this.tables.read()];
    const { last } = this;
    if (last !== undefined && isSame(last.weights, weights) && isSame(last.tables, tables)) return last.normalized;
    const normalized = this.normalize(weights, tables);
    this.last = { weights, tables, normalized };
    return normalized;
  }

  private normalize(weights: ParameterValues, tables: ParameterValues): MixtureTables {
    let from = 0;
    const columns = this.columns.map(({ coding }) => {
      const to = from + cellCodes(coding) * this.components;
      const own = tables.subarray(from, to);
      from = to;
      return own;
    });
    return mixtureTables(weights, columns);
  }

  private places(names: readonly string[]): number[] {
    return names.map((name) => {
      const place = this.columns.findIndex((column) => column.name === name);
      if (place >= 0) return place;
      const known = listNames(this.columns.map((column) => column.name));
      throw new DataError(`ProductMixture: expected one of the columns ${known}, got "${name}".`, { column: name });
    });
  }
}

/** The logit of a code that does not occur. */
const NEVER = -1e3;

interface NormalizedParameters {
  readonly weights: ParameterValues;
  readonly tables: ParameterValues;
  readonly normalized: MixtureTables;
}

function isSame(a: ParameterValues, b: ParameterValues): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function frequencies(columns: readonly MixtureColumn[], components: number): Float32Array {
  const logits = columns.flatMap(({ coding }) => Array.from(coding.logMarginal.subarray(0, cellCodes(coding))));
  return Float32Array.from(
    { length: logits.length * components },
    (_, at) => logits[Math.floor(at / components)] as number,
  );
}

const TYPE = "pushforward/product-mixture";

/** Codec of {@link ProductMixture}. */
export const productMixtureCodec: Codec<ProductMixture> = defineCodec<ProductMixture>({
  type: TYPE,
  version: 1,
  is: (value): value is ProductMixture => value instanceof ProductMixture,
  encode: mixtureToJson,
  decode: (config) => mixtureFromJson(TYPE, config, (parts) => new ProductMixture(parts)),
});
