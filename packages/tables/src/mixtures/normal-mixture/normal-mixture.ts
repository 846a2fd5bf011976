import type { Codec, Parameter } from "@pushforward/core";
import { defineCodec, type ParameterValues, parameter } from "@pushforward/core/extend";
import type { HoleQuestion, HoleRows } from "../hole-rows.ts";
import type { MixtureColumn } from "../product-mixture/mixture-tables.ts";
import { mixtureFromJson, mixtureToJson, NEVER, RowMixture, type RowsQuestion } from "../row-mixture.ts";
import { MISSING, type MixtureLayout, mixtureLayout } from "./mixture-layout.ts";
import { NormalHoles } from "./normal-holes.ts";
import { type NormalParameters, NormalRows, normalParameters } from "./normal-rows.ts";

/** Parts of a {@link NormalMixture}; n is the number of ordered columns. */
export interface NormalMixtureParts {
  readonly columns: readonly MixtureColumn[];
  /** Number of components. */
  readonly components: number;
  /** Logits of the components. Default: 0. */
  readonly weights?: ArrayLike<number>;
  /** `[components, n]`. Default: 0. */
  readonly means?: ArrayLike<number>;
  /** Lower factors of the covariances, `[components, n, n]`. Default: factors of independent standard normals. */
  readonly factors?: ArrayLike<number>;
  /** The variance of the values of a column within their intervals, `[n]`. Default: 0. */
  readonly noise?: ArrayLike<number>;
  /** Logits of the codes of columns without an order and of missing cells, `[codes, components]`. Default: 0. */
  readonly tables?: ArrayLike<number>;
}

/**
 * Mixture of normals over the rows of a table of numbers and categories with cells that may be missing. Ordered columns
 * (numbers, ordered categories, categories of two values) are mapped to a normal scale by their distribution functions
 * Fⱼ. A value of a column of few values is an interval with a mean mⱼ:
 *
 *     p(row) = Σₖ wₖ Πⱼ pⱼₖ(xⱼ | x₁ … xⱼ₋₁)
 *     pⱼₖ = Φ((Φ⁻¹(Fⱼ(xⱼ)) − μ)/σ) − Φ((Φ⁻¹(Fⱼ(xⱼ−)) − μ)/σ)
 *
 * with the conditional mean μ and variance σ² of a normal at the means mᵢ of the earlier columns. For real numbers, pⱼₖ
 * is the derivative. Other columns have tables of probabilities in each component. The mixture is exact in the measure
 * of `TableDensity` and shares its codings. Missing cells are left out of the product: a mixture that was fitted to
 * rows with holes answers any question about rows with holes. With one component and columns of real numbers it is a
 * Gaussian copula. Mixed data are treated as in the general location model (Olkin and Tate 1961; Little and Schluchter
 * 1985), mixtures of such models as in Hunt and Jorgensen 2003.
 * @example
 * const { model } = await fitNormalMixture(penguins(), { key });
 * const given = model.conditional(penguins(), ["bill_length_mm", "sex"], ["body_mass_g"]);
 * const logProb = given.logProb(); // log p(body_mass_g | bill_length_mm, sex), [342]
 */
export class NormalMixture extends RowMixture<NormalRows, NormalParameters> {
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

  /** @throws {OptionError} no columns, two of the same name, no component, or arrays that do not fit. */
  constructor({ columns, components, weights, means, factors, noise, tables }: NormalMixtureParts) {
    super("NormalMixture", { columns, components });
    this.layout = mixtureLayout(columns);
    const { size, codes } = this.layout;
    this.weights = parameter([components], weights);
    this.means = parameter([components, size], means);
    this.factors = parameter([components, size, size], factors ?? (() => identities(components, size)));
    this.noise = parameter([size], noise);
    this.tables = parameter([codes, components], tables);
  }

  /** Returns the mixture of the rows without missing cells. */
  withoutMissing(): NormalMixture {
    const { components } = this;
    const tables = Float32Array.from(this.tables.read());
    for (const { coding, ranks, tableFrom, tableCodes } of this.layout.columns) {
      const missing = ranks === undefined ? coding.missingCode : MISSING;
      if (missing === undefined || tableCodes === 0) continue;
      tables.fill(NEVER, (tableFrom + missing) * components, (tableFrom + missing + 1) * components);
    }
    return this.with({ tables });
  }

  /** The same mixture with other parameters. */
  with(changed: Pick<NormalMixtureParts, "means" | "tables">): NormalMixture {
    const { columns, components } = this;
    return new NormalMixture({
      ...{ columns, components, weights: this.weights.read(), means: this.means.read() },
      ...{ factors: this.factors.read(), noise: this.noise.read(), tables: this.tables.read() },
      ...changed,
    });
  }

  override holes(question: HoleQuestion): HoleRows {
    return new NormalHoles(question, this.layout, this.normalized());
  }

  protected override values(): readonly ParameterValues[] {
    return [this.weights, this.means, this.factors, this.noise, this.tables].map((one) => one.read());
  }

  protected override normalize(values: readonly ParameterValues[]): NormalParameters {
    return normalParameters(this.layout, this.components, values);
  }

  protected override answer(question: RowsQuestion): NormalRows {
    return new NormalRows({ ...question, layout: this.layout, parameters: this.normalized() });
  }
}

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

/** Cholesky factor of a covariance with ordered coordinates: first the known, then the unknown ones. */
export interface OrderedFactor {
  readonly order: readonly number[];
  readonly factor: Float64Array;
  /** Number of known coordinates. */
  readonly known: number;
}

/** Sums over the rows of a component. Unknown coordinates enter as conditional means. */
export class NormalComponentSums {
  weight = 0;
  private readonly size: number;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private patternWeight = 0;
  private readonly whitened: Float64Array;
  private readonly filled: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.first = new Float64Array(size);
    this.second = new Float64Array(size * size);
    this.whitened = new Float64Array(size);
    this.filled = new Float64Array(size);
  }

  /**
   * Adds a row with a weight.
   *
   * @param scores `[rows, size]`. @param mean of the component.
   */
  addRow(share: number, scores: Float64Array, row: number, mean: Float64Array, ordered: OrderedFactor): void {
    const { size, filled, first, second } = this;
    this.fill(scores, row, mean, ordered);
    this.weight += share;
    this.patternWeight += share;
    for (let i = 0; i < size; i++) {
      const value = share * (filled[i] as number);
      first[i] = (first[i] as number) + value;
      const from = i * size;
      for (let j = 0; j <= i; j++) second[from + j] = (second[from + j] as number) + value * (filled[j] as number);
    }
  }

  /** Adds the conditional covariance of the unknown coordinates for all rows since the last pattern. */
  endPattern({ order, factor, known }: OrderedFactor): void {
    const { size, second } = this;
    const weight = this.patternWeight;
    this.patternWeight = 0;
    if (weight === 0) return;
    for (let i = known; i < size; i++) {
      for (let j = known; j <= i; j++) {
        let sum = 0;
        for (let t = known; t <= j; t++) sum += (factor[i * size + t] as number) * (factor[j * size + t] as number);
        const [a, b] = [order[i] as number, order[j] as number];
        const at = Math.max(a, b) * size + Math.min(a, b);
        second[at] = (second[at] as number) + weight * sum;
      }
    }
  }

  /** The mean, with one more row at 0. */
  mean(): Float64Array {
    return this.first.map((sum) => sum / (this.weight + 1));
  }

  /** The sum of squares around the mean, `[size, size]`. */
  scatter(): Float64Array {
    const { size, first, second, weight } = this;
    const mean = this.mean();
    const result = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const [a, b] = [mean[i] as number, mean[j] as number];
        const value =
          (second[i * size + j] as number) - a * (first[j] as number) - b * (first[i] as number) + weight * a * b;
        result[i * size + j] = value;
        result[j * size + i] = value;
      }
    }
    return result;
  }

  /** Known coordinates as they are, unknown ones by their conditional mean `μ + L₂₁ L₁₁⁻¹ (x − μ)`. */
  private fill(scores: Float64Array, row: number, mean: Float64Array, { order, factor, known }: OrderedFactor): void {
    const { size, whitened, filled } = this;
    for (let i = 0; i < size; i++) {
      const j = order[i] as number;
      const from = i * size;
      let sum = 0;
      for (let t = 0; t < Math.min(i, known); t++) sum += (factor[from + t] as number) * (whitened[t] as number);
      if (i < known) {
        const score = scores[row * size + j] as number;
        filled[j] = score;
        whitened[i] = (score - (mean[j] as number) - sum) / (factor[from + i] as number);
      } else {
        filled[j] = (mean[j] as number) + sum;
      }
    }
  }
}
