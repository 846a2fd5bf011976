import { DataError } from "@pushforward/core";
import { areaUnderCurve } from "@pushforward/core/plain";

/** Result of {@link membershipAttack}. */
export interface MembershipAttack {
  /** The area under the ROC curve: ½ if the score carries no information. */
  readonly area: number;
  /** Standard error of the area if the score carries no information. */
  readonly standardError: number;
}

/**
 * Measures how well a score identifies training rows: the probability that a training row has a larger score than a
 * held-out row (Yeom et al. 2018, arXiv:1709.01604, with the log-density as the loss).
 *
 * @param training the score of training rows: their log-density, or minus the distance to the closest sample.
 * @param heldOut the score of rows that the model has never seen.
 * @throws {DataError} one argument is empty or contains NaN.
 * @example
 * membershipAttack([-1, -2, -3], [-2, -3, -4]).area; // → 0.7778
 */
export function membershipAttack(training: ArrayLike<number>, heldOut: ArrayLike<number>): MembershipAttack {
  for (const [name, scores] of Object.entries({ training, heldOut })) {
    const bad = Array.from(scores).findIndex(Number.isNaN);
    if (scores.length > 0 && bad < 0) continue;
    const got = bad < 0 ? "none" : `NaN in row ${bad + 1}`;
    throw new DataError(`membershipAttack: expected numbers as scores of ${name}, got ${got}.`);
  }
  const [n, m] = [training.length, heldOut.length];
  return { area: areaUnderCurve(heldOut, training), standardError: Math.sqrt((n + m + 1) / (12 * n * m)) };
}

/** The log-probabilities of the cells of a column, one for each row. */
export interface ColumnScores {
  readonly name: string;
  readonly values: Float64Array;
}

/** Membership information in the cells of a single column. */
export interface ColumnAttack {
  readonly name: string;
  /** The area under the ROC curve of an attack by the cells of this column alone. */
  readonly area: number;
  /** The area for an attack by the cells of all other columns. */
  readonly areaWithout: number;
  /**
   * Mean log-probability of the cells of training rows minus the mean of held-out rows, in nats; it may be infinite.
   */
  readonly difference: number;
}

/**
 * Finds the columns that a membership attack by the log-density rests on. log p(row) is the sum of the
 * log-probabilities of its cells, each given the cells before it, and each part is a score on its own.
 *
 * @param training for each column the log-probabilities of the cells of training rows.
 * @param heldOut the same columns of rows that the model has never seen.
 * @returns the columns in order of decreasing area.
 * @throws {DataError} the columns differ, or a column is empty or contains NaN.
 * @example
 * const cells = (a: number[], b: number[]) => [
 *   { name: "a", values: Float64Array.from(a) },
 *   { name: "b", values: Float64Array.from(b) },
 * ];
 * const [first] = columnAttacks(cells([-1, -2], [-1, -1]), cells([-2, -1], [-3, -4]));
 * console.log(first?.name, first?.area, first?.areaWithout); // "b" 1 0.5
 */
export function columnAttacks(training: readonly ColumnScores[], heldOut: readonly ColumnScores[]): ColumnAttack[] {
  const names = [training, heldOut].map((columns) => columns.map(({ name }) => name).join(", "));
  if (names[0] !== names[1]) {
    throw new DataError(`columnAttacks: expected the same columns of held-out rows (${names[0]}), got ${names[1]}.`);
  }
  const totals = [training, heldOut].map(totalOf) as [Float64Array, Float64Array];
  return training
    .map(({ name, values }, k): ColumnAttack => {
      const other = (heldOut[k] as ColumnScores).values;
      return {
        name,
        area: membershipAttack(values, other).area,
        areaWithout: membershipAttack(without(training, k, totals[0]), without(heldOut, k, totals[1])).area,
        difference: meanOf(values) - meanOf(other),
      };
    })
    .sort((a, b) => b.area - a.area);
}

function totalOf(columns: readonly ColumnScores[]): Float64Array {
  return Float64Array.from({ length: columns[0]?.values.length ?? 0 }, (_, row) => sumOf(columns, row));
}

function sumOf(columns: readonly ColumnScores[], row: number): number {
  return columns.reduce((sum, { values }) => sum + (values[row] as number), 0);
}

/** The sums of the other columns; −∞ can't be taken off a sum. */
function without(columns: readonly ColumnScores[], k: number, total: Float64Array): Float64Array {
  const { values } = columns[k] as ColumnScores;
  const others = columns.filter((_, j) => j !== k);
  return total.map((sum, row) => {
    const own = values[row] as number;
    return Number.isFinite(own) ? sum - own : sumOf(others, row);
  });
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
