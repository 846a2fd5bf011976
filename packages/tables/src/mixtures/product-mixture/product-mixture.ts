import type { Codec, Parameter } from "@pushforward/core";
import { defineCodec, type ParameterValues, parameter } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import type { HoleQuestion, HoleRows } from "../hole-rows.ts";
import {
  mixtureFromJson,
  mixtureToJson,
  NEVER,
  type ProductMixtureQuestion,
  RowMixture,
  type RowsQuestion,
} from "../row-mixture.ts";
import { ConditionalRows } from "./conditional-rows.ts";
import { cellCodes, type MixtureColumn, type MixtureTables, mixtureTables } from "./mixture-tables.ts";
import { ProductHoles } from "./product-holes.ts";

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

/**
 * Mixture of products over the rows of a table with columns of numbers, categories, or both, and cells that may be
 * missing:
 *
 *     p(row) = Σₖ wₖ Πⱼ pⱼₖ(xⱼ)
 *
 * with tables `pⱼₖ` over the codes of a column, and within a code the density of the column's coding. It is exact in
 * the measure of `TableDensity` and shares its codings. Every marginal and every conditional distribution is again such
 * a mixture, so that the distribution of any columns given any other columns is available.
 * @example
 * const { model } = await fitProductMixture(penguins(), { key });
 * const table = penguins();
 * const given = model.conditional(table, ["species"], ["body_mass_g"]);
 * const logProb = given.logProb(); // log p(body_mass_g | species), [342]
 */
export class ProductMixture extends RowMixture<ConditionalRows, MixtureTables> {
  /** Logits of the components. */
  readonly weights: Parameter;
  /** Logits of the codes, `[codes, components]`. */
  readonly tables: Parameter;

  /** @throws {OptionError} no columns, two of the same name, or no component. */
  constructor({ columns, components, weights, tables }: ProductMixtureParts) {
    super("ProductMixture", { columns, components });
    this.weights = parameter([components], weights);
    const codes = columns.reduce((sum, { coding }) => sum + cellCodes(coding), 0);
    this.tables = parameter([codes, components], tables ?? (() => frequencies(columns, components)));
  }

  /**
   * Marginal log-density of some columns, in nats. The table needs no other columns.
   *
   * @throws {DataError} a column is unknown to the mixture, missing in the table, or of the wrong kind.
   */
  logMarginal(table: Table, columns: readonly string[], question: ProductMixtureQuestion = {}): Float64Array {
    return this.conditional(table, [], columns, question).logProb();
  }

  /**
   * The probabilities of the components given the cells of some columns, `[rows, components]`. Throws as
   * {@link logMarginal}.
   *
   * @param columns Default: all.
   */
  responsibilities(
    table: Table,
    columns: readonly string[] = this.names(),
    question: ProductMixtureQuestion = {},
  ): Float64Array {
    return this.conditional(table, columns, [], question).responsibilities();
  }

  /** Returns the mixture of the rows without missing cells. */
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

  override holes(question: HoleQuestion): HoleRows {
    return new ProductHoles(question, this.columns, this.normalized());
  }

  protected override values(): readonly ParameterValues[] {
    return [this.weights.read(), this.tables.read()];
  }

  protected override normalize(values: readonly ParameterValues[]): MixtureTables {
    const [weights, tables] = values as readonly [ParameterValues, ParameterValues];
    let from = 0;
    const columns = this.columns.map(({ coding }) => {
      const to = from + cellCodes(coding) * this.components;
      const own = tables.subarray(from, to);
      from = to;
      return own;
    });
    return mixtureTables(weights, columns);
  }

  protected override answer(question: RowsQuestion): ConditionalRows {
    return new ConditionalRows({ ...question, columns: this.columns, tables: this.normalized() });
  }
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
