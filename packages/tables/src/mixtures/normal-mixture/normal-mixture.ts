import { type Codec, DataError, type Key, OptionError, type Parameter } from "@pushforward/core";
import { AbstractModule, checkRowDraws, defineCodec, type ParameterValues, parameter } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { checkTable, listNames } from "@pushforward/datasets/extend";
import type { MixtureColumn } from "../product-mixture/mixture-columns.ts";
import { checkMixtureConfig, mixtureFromJson, mixtureToJson } from "../product-mixture/mixture-config.ts";
import type { ProductMixtureQuestion } from "../product-mixture/product-mixture.ts";
import { MISSING, type MixtureLayout, mixtureLayout } from "./mixture-layout.ts";
import { normalParameters } from "./normal-parameters.ts";
import { type NormalParameters, NormalRows } from "./normal-rows.ts";

/** Parts of a {@link NormalMixture}; n is the number of columns whose values have an order. */
export interface NormalMixtureParts {
  readonly columns: readonly MixtureColumn[];
  /** Number of components. */
  readonly components: number;
  /** Logits of the components. Default: 0. */
  readonly weights?: ArrayLike<number>;
  /** `[components, n]`. Default: 0. */
  readonly means?: ArrayLike<number>;
  /** Lower factors of the covariances, `[components, n, n]`. Default: those of independent standard normals. */
  readonly factors?: ArrayLike<number>;
  /** The variance of the values of a column within their intervals, `[n]`. Default: 0. */
  readonly noise?: ArrayLike<number>;
  /** Logits of the codes of columns without an order and of missing cells, `[codes, components]`. Default: 0. */
  readonly tables?: ArrayLike<number>;
}

/**
 * A mixture of normals over the rows of a table of numbers and categories with cells that may be missing. Columns whose values
 * have an order (numbers, ordered categories, categories of two values) are mapped to a normal scale by their distribution
 * functions Fⱼ, where a value of a column of few values is an interval with a mean mⱼ:
 *
 *     p(row) = Σₖ wₖ Πⱼ pⱼₖ(xⱼ | x₁ … xⱼ₋₁)
 *     pⱼₖ = Φ((Φ⁻¹(Fⱼ(xⱼ)) − μ)/σ) − Φ((Φ⁻¹(Fⱼ(xⱼ−)) − μ)/σ)
 *
 * with the conditional mean μ and variance σ² of a normal at the means mᵢ of the columns before, and for real numbers the
 * derivative. Other columns have tables of probabilities in each component. It is exact in the measure of `TableDensity`,
 * whose codings it shares. What is missing is left out of the product: a mixture that was fitted to rows with holes answers
 * any question about rows with holes. With one component and columns of real numbers it is a Gaussian copula; mixed data as
 * in the general location model (Olkin and Tate 1961; Little and Schluchter 1985), mixtures of it as in Hunt and Jorgensen
 * 2003.
 *
 * @example
 * const { model } = await fitNormalMixture(penguins(), { key });
 * const given = model.conditional(penguins(), ["bill_length_mm", "sex"], ["body_mass_g"]);
 * const logProb = given.logProb(); // log p(body_mass_g | bill_length_mm, sex), [342]
 */
export class NormalMixture extends AbstractModule {
  readonly columns: readonly MixtureColumn[];
  readonly components: number;
  /** Logits of the components. */
  readonly weights: Parameter;
  /** `[components, n]`. */
  readonly means: Parameter;
  /** Lower factors of the covariances, `[components, n, n]`. */
  readonly factors: Parameter;
  /** The variance of values within their intervals, `[n]`. */
  readonly noise: Parameter;
  /** Logits of codes, `[codes, components]`. */
  readonly tables: Parameter;

  /** Which columns are coordinates of the normals, and which have tables. */
  readonly layout: MixtureLayout;
  private last: { readonly values: readonly ParameterValues[]; readonly normalized: NormalParameters } | undefined;

  /** @throws {OptionError} no columns, two of the same name, no component, or arrays that do not fit. */
  constructor({ columns, components, weights, means, factors, noise, tables }: NormalMixtureParts) {
    super();
    checkMixtureConfig("NormalMixture", { columns, components });
    this.layout = mixtureLayout(columns);
    const { size, codes } = this.layout;
    this.columns = columns;
    this.components = components;
    this.weights = parameter([components], weights);
    this.means = parameter([components, size], means);
    this.factors = parameter([components, size, size], factors ?? (() => identities(components, size)));
    this.noise = parameter([size], noise);
    this.tables = parameter([codes, components], tables);
  }

  /**
   * The log-density of each row of a table, in nats.
   *
   * @throws {DataError} a column is missing or of another kind.
   */
  logProb(table: Table, question: ProductMixtureQuestion = {}): Float64Array {
    const names = this.columns.map(({ name }) => name);
    return this.conditional(table, [], names, question).logProb();
  }

  /**
   * The distribution of some columns given others, row by row. The columns that are in neither list are left out.
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
  ): NormalRows {
    checkTable("NormalMixture", table);
    if (new Set([...given, ...asked]).size < given.length + asked.length) {
      throw new OptionError(
        `NormalMixture: expected each column once, got ${listNames(given)} given and ${listNames(asked)} asked for.`,
      );
    }
    return new NormalRows({
      ...{ layout: this.layout, parameters: this.normalized(), table },
      ...{ given: this.places(given), asked: this.places(asked), missing: question.missing ?? "value" },
      origin: question.origin,
    });
  }

  /** Draws rows. The same key gives the same rows. */
  sample(key: Key, rows: number): Table {
    checkRowDraws("NormalMixture.sample", key, rows);
    const names = this.columns.map(({ name }) => name);
    return this.conditional({ rows, columns: [] }, [], names).sample(key);
  }

  /**
   * Draws all other columns for each row of a table, and returns them with the given ones. With `missing: "unknown"` the
   * missing cells of given columns are drawn, too. Throws as {@link conditional}.
   */
  sampleGiven(key: Key, table: Table, given: readonly string[], question: ProductMixtureQuestion = {}): Table {
    const others = this.columns.map(({ name }) => name).filter((name) => !given.includes(name));
    return this.conditional(table, given, others, question).complete(key);
  }

  /** The mixture of the rows in which nothing is missing. */
  withoutMissing(): NormalMixture {
    const { components } = this;
    const tables = Float32Array.from(this.tables.read());
    for (const { coding, ranks, tableFrom, tableCodes } of this.layout.columns) {
      const missing = ranks === undefined ? coding.missingCode : MISSING;
      if (missing === undefined || tableCodes === 0) continue;
      tables.fill(NEVER, (tableFrom + missing) * components, (tableFrom + missing + 1) * components);
    }
    const [weights, means, factors, noise] = [this.weights, this.means, this.factors, this.noise].map((one) =>
      one.read(),
    ) as [ParameterValues, ParameterValues, ParameterValues, ParameterValues];
    return new NormalMixture({ columns: this.columns, components, weights, means, factors, noise, tables });
  }

  /** The parameters as they are now; as long as they don't change, they are normalized once. */
  normalized(): NormalParameters {
    const values = [this.weights, this.means, this.factors, this.noise, this.tables].map((one) => one.read());
    const isSame = this.last?.values.every((own, i) => own.every((x, at) => x === values[i]?.[at]));
    if (this.last !== undefined && isSame) return this.last.normalized;
    const normalized = normalParameters(this.layout, this.components, values);
    this.last = { values, normalized };
    return normalized;
  }

  private places(names: readonly string[]): number[] {
    return names.map((name) => {
      const place = this.columns.findIndex((column) => column.name === name);
      if (place >= 0) return place;
      const known = listNames(this.columns.map((column) => column.name));
      throw new DataError(`NormalMixture: expected one of the columns ${known}, got "${name}".`, { column: name });
    });
  }
}

/** The logit of a code that does not occur. */
const NEVER = -1e3;

function identities(components: number, size: number): Float32Array {
  const values = new Float32Array(components * size * size);
  for (let k = 0; k < components; k++) {
    for (let i = 0; i < size; i++) values[k * size * size + i * size + i] = 1;
  }
  return values;
}

const TYPE = "pushforward/normal-mixture";

/** Codec of {@link NormalMixture}. */
export const normalMixtureCodec: Codec<NormalMixture> = defineCodec<NormalMixture>({
  type: TYPE,
  version: 1,
  is: (value): value is NormalMixture => value instanceof NormalMixture,
  encode: mixtureToJson,
  decode: (config) => mixtureFromJson(TYPE, config, (parts) => new NormalMixture(parts)),
});
