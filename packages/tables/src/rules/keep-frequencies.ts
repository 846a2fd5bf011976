import type { Table } from "@pushforward/datasets";
import { type CodedColumn, columnOf } from "../density/coding/category-coding.ts";
import type { ColumnDensity } from "../density/column-density.ts";
import { contextOf } from "../density/column-heads.ts";
import type { DensityColumn } from "../density/density-column.ts";
import { countCodes, eachProbabilities, headBias, pureCodes } from "../density/fit/network/linear-start.ts";
import type { TableDensity } from "../density/table-density.ts";

/** Rarer codes keep their biases: too few draws show how many keep the rules. */
const LEAST_DRAWS = 50;
const SWEEPS = 4;
/** The largest change of a bias, in nats. */
const LARGEST = 1;

/**
 * Adjusts the biases of a density for rules that some of its draws break. Rows with a code, such as houses without a basement,
 * may break a rule in later columns more often than other rows, and would be too rare among the rows that keep the rules. The
 * bias b of code c makes up for it:
 *
 *     b(c) = log (Σᵢ wᵢ p(c | earlier cells of draw i) / Σᵢ wᵢ [draw i has code c])
 *
 * The sums are over fixed draws, and p includes the biases. The weight of a draw is
 *
 *     w = [it keeps all rules] · ∏ₖ exp(bₖ(cₖ)) / Σ_c p₀(c | earlier cells) exp(bₖ(c)),
 *
 * the density with the biases over the density p₀ that it was drawn from. Biases within twice their standard error are 0.
 * A column without networks, such as the first one, stays as it is.
 *
 * @param drawn draws of the density. @param kept 1 for each draw that keeps all rules.
 */
export function keepFrequencies({ columns }: TableDensity, drawn: Table, kept: Uint8Array): void {
  const coded = columns.map(({ name, coding }) => coding.encode(columnOf(drawn, name)));
  const biased = columns.flatMap((column, k) => biasedColumns(column, coded, coded[k] as CodedColumn, drawn.rows));
  const weights = Float64Array.from(kept);
  for (let sweep = 0; sweep < SWEEPS; sweep++) for (const column of biased) column.match(weights);
  for (const column of biased) column.write();
}

/** The biases of a column; none for a column that follows from other columns, may be a copy, or has no frequent codes. */
function biasedColumns(
  { members, copies, dependent, coding, parents }: DensityColumn,
  coded: readonly CodedColumn[],
  { cells }: CodedColumn,
  rows: number,
): BiasedColumn[] {
  if (copies !== undefined || dependent !== undefined || members.length === 0) return [];
  const own = pureCodes(cells, coding.codes);
  const counts = countCodes(own, coding.codes);
  const codes = [...counts.keys()].filter((code) => (counts[code] as number) >= LEAST_DRAWS);
  if (codes.length === 0) return [];
  const places = own.map((code) => codes.indexOf(code));
  const probabilities = shareOfCodes(members, codes, contextOf(parents, coded, 0, rows), rows);
  return [new BiasedColumn({ members, codes, places, probabilities })];
}

/** The mean probabilities of some codes by all members, `[rows, codes]`. */
function shareOfCodes(
  members: readonly ColumnDensity[],
  codes: readonly number[],
  context: Float32Array,
  rows: number,
): Float32Array {
  const result = new Float32Array(rows * codes.length);
  for (const member of members) {
    eachProbabilities(member, { rows, context }, (shares, row) => {
      for (const [c, code] of codes.entries()) {
        const place = row * codes.length + c;
        result[place] = (result[place] as number) + (shares[code] as number) / members.length;
      }
    });
  }
  return result;
}

interface BiasedColumnParts {
  readonly members: readonly ColumnDensity[];
  readonly codes: readonly number[];
  /** For each draw the place of its code among the codes, or −1. */
  readonly places: Int32Array;
  /** The probabilities of the codes given the earlier cells, `[draws, codes]`. */
  readonly probabilities: Float32Array;
}

/** The changed biases of a column. */
class BiasedColumn {
  private readonly parts: BiasedColumnParts;
  private readonly biases: Float64Array;
  /** Their exponentials. */
  private odds: Float64Array;
  /** The factor of each draw by the biases. */
  private readonly factors: Float64Array;

  constructor(parts: BiasedColumnParts) {
    this.parts = parts;
    this.biases = new Float64Array(parts.codes.length);
    this.odds = new Float64Array(parts.codes.length).fill(1);
    this.factors = new Float64Array(parts.places.length).fill(1);
  }

  /** Sets the biases by the weighted draws, and then the factors of the weights by the biases. */
  match(weights: Float64Array): void {
    const { places, probabilities } = this.parts;
    const { biases, factors } = this;
    const count = biases.length;
    const [own, draws, expected] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
    for (const [i, place] of places.entries()) {
      const weight = weights[i] as number;
      if (place >= 0) {
        own[place] = (own[place] as number) + weight;
        draws[place] = (draws[place] as number) + Number(weight > 0);
      }
      const scaled = weight / this.sumAt(i);
      for (let c = 0; c < count; c++) {
        expected[c] = (expected[c] as number) + scaled * (probabilities[i * count + c] as number);
      }
    }
    for (let c = 0; c < count; c++) {
      const ratio = ((expected[c] as number) * (this.odds[c] as number)) / (own[c] as number);
      const bias = Math.min(Math.max(Math.log(ratio), -LARGEST), LARGEST);
      biases[c] = Math.abs(bias) * Math.sqrt(draws[c] as number) < 2 ? 0 : bias;
    }
    this.odds = biases.map(Math.exp);
    for (const [i, place] of places.entries()) {
      const factor = (place < 0 ? 1 : (this.odds[place] as number)) / this.sumAt(i);
      weights[i] = ((weights[i] as number) * factor) / (factors[i] as number);
      factors[i] = factor;
    }
  }

  /** `Σ_c p₀(c | earlier cells) exp(b(c))` of a draw. */
  private sumAt(i: number): number {
    const { odds } = this;
    const { probabilities } = this.parts;
    let sum = 1;
    for (let c = 0; c < odds.length; c++) {
      sum += (probabilities[i * odds.length + c] as number) * ((odds[c] as number) - 1);
    }
    return sum;
  }

  write(): void {
    const { members, codes } = this.parts;
    for (const member of members) {
      const bias = headBias(member);
      if (bias === undefined) continue;
      const values = Float32Array.from(bias.read());
      for (const [c, code] of codes.entries()) values[code] = (values[code] as number) + (this.biases[c] as number);
      bias.write(values);
    }
  }
}
