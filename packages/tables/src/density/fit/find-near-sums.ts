import type { CopySource } from "../copied-cells.ts";
import type { EncodedColumns } from "./encoded-columns.ts";

/** Minimum share of the rows with all numbers. */
const LEAST_SHARE = 0.5;
/** Minimum number of distinct values of each column in the matching rows. Columns with fewer values match by chance. */
const LEAST_DIFFERENT = 4;
/** Minimum gain in the share of matching rows of a sum of two columns over a single column. */
const LEAST_BETTER = 0.02;
/** Minimum share of the first rows. Of the sums that match half of all rows, one in seven matches fewer of the first rows. */
const LEAST_FIRST_SHARE = 0.4;
/** Number of rows in the first comparison, and maximum number of rows in the second. */
const FIRST_ROWS = 24;
const MOST_ROWS = 2000;
/** Maximum number of pairs of columns. In wide tables, only the columns closest to the column form pairs. */
const MOST_PAIRS = 20_000;
/** Maximum number of returned sums. */
const MOST_FOUND = 6;
/** Resolution of constants, as a share of the step of the column. */
const PART = 1 / 16;

interface NearSumTask {
  /** Place of the column. */
  readonly index: number;
  /** Places of the earlier columns of numbers on grids. */
  readonly before: readonly number[];
  /** Spacing of the grid of the column. */
  readonly step: number;
}

/** A sum, and the share of the rows in which the column equals it. */
interface NearSum {
  readonly source: CopySource;
  readonly share: number;
}

/**
 * Finds the sums `±a + c` and `±a ± b + c` of earlier columns that a column equals in at least half of the rows, sorted by
 * their share of the rows. The sum `a` itself is excluded.
 */
export function findNearSums(rows: EncodedColumns, { index, before, step }: NearSumTask): CopySource[] {
  const values = new Map([...before, index].map((place) => [place, numbersOf(rows, place)]));
  const at = (place: number): Float64Array => values.get(place) as Float64Array;
  const own = at(index);
  const look = (from: readonly number[], signs: readonly (1 | -1)[]): NearSum | undefined => {
    const terms = from.map(at);
    const first = commonest(own, terms, signs, step, Math.min(FIRST_ROWS, own.length));
    if (first === undefined || first.agree < LEAST_FIRST_SHARE * first.present) return undefined;
    const found = commonest(own, terms, signs, step, own.length);
    if (found === undefined || found.agree < LEAST_SHARE * found.present) return undefined;
    if (found.different < LEAST_DIFFERENT) return undefined;
    const plus = Math.abs(found.constant) < step * PART ? 0 : Number(found.constant.toPrecision(12));
    return { source: { from, signs, ...(plus !== 0 && { plus }) }, share: found.agree / found.present };
  };
  const singles = before.flatMap((place) =>
    ([1, -1] as const).flatMap((sign) => {
      const found = look([place], [sign]);
      return found === undefined ? [] : [found];
    }),
  );
  const alone = new Map<number, number>();
  for (const { source, share } of singles) {
    const [place] = source.from as readonly [number];
    alone.set(place, Math.max(share, alone.get(place) ?? 0));
  }
  const pairs: NearSum[] = [];
  const start = Math.max(0, before.length - Math.floor(Math.sqrt(2 * MOST_PAIRS)));
  for (let i = start; i < before.length; i++) {
    for (let j = start; j < i; j++) {
      const from = [before[j] as number, before[i] as number];
      const least = Math.max(...from.map((place) => alone.get(place) ?? 0)) + LEAST_BETTER;
      for (const signs of SIGNS) {
        const found = look(from, signs);
        if (found !== undefined && found.share >= least) pairs.push(found);
      }
    }
  }
  const known = singles.filter(({ source }) => source.plus !== undefined || source.signs[0] === -1);
  return [...known, ...pairs]
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_FOUND)
    .map(({ source }) => source);
}

const SIGNS = [
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
] as const;

/** Evenly spaced numbers of a column. */
function numbersOf(rows: EncodedColumns, place: number): Float64Array {
  const values = rows.at(place).values as Float64Array;
  const stride = Math.max(1, Math.floor(values.length / MOST_ROWS));
  return Float64Array.from({ length: Math.floor(values.length / stride) }, (_, i) => values[i * stride] as number);
}

/** The most frequent difference between a column and a sum. */
interface Commonest {
  readonly constant: number;
  /** Number of rows with this difference, and number of rows without a missing cell. */
  readonly agree: number;
  readonly present: number;
  /** Minimum over the columns of the number of distinct values in the rows with this difference. */
  readonly different: number;
}

/** Finds the most frequent difference in the first `count` rows. Undefined if all rows have a missing cell. */
function commonest(
  own: Float64Array,
  terms: readonly Float64Array[],
  signs: readonly (1 | -1)[],
  step: number,
  count: number,
): Commonest | undefined {
  const counts = new Map<number, number>();
  const keys = new Float64Array(count).fill(Number.NaN);
  const differences = new Float64Array(count);
  let present = 0;
  let [best, agree] = [Number.NaN, 0];
  for (let row = 0; row < count; row++) {
    let difference = own[row] as number;
    for (let t = 0; t < terms.length; t++)
      difference -= (signs[t] as number) * ((terms[t] as Float64Array)[row] as number);
    if (Number.isNaN(difference)) continue;
    present++;
    const key = Math.round(difference / (step * PART));
    const now = (counts.get(key) ?? 0) + 1;
    counts.set(key, now);
    [keys[row], differences[row]] = [key, difference];
    if (now > agree) [best, agree] = [key, now];
  }
  if (agree === 0) return undefined;
  const rows = Array.from(keys.keys()).filter((row) => keys[row] === best);
  const different = Math.min(...[own, ...terms].map((values) => new Set(rows.map((row) => values[row])).size));
  return { constant: differences[rows[0] as number] as number, agree, present, different };
}
