import type { Table } from "@pushforward/datasets";
import type { DependentColumn } from "../dependent/dependent-column.ts";
import type { Variable } from "../variables/variable.ts";

/** Minimum share and number of rows with equal cells. */
const LEAST_SHARE = 0.02;
const LEAST_ROWS = 10;
/** Minimum number of distinct values in these rows. A few values, such as 0, are equal in columns that are not copies. */
const LEAST_DISTINCT = 8;
/** Differences of 1 to 4 steps show how often rounding would make two numbers equal. */
const NEIGHBORS = 4;
/** Minimum number of equal cells: a multiple of the expected number, and of its standard deviation beyond it. */
const TIMES_EXPECTED = 2;
const DEVIATIONS = 6;
/** Maximum number of compared rows. Tables with more columns are not compared. */
const MOST_ROWS = 5000;
const MOST_COLUMNS = 200;
/** Largest multiple of the spacing of a grid. */
const LARGEST = 2 ** 46;
/** Maximum number of digits after the decimal mark. */
const MOST_DECIMALS = 10;
/** Relations whose numbers are rounded. */
const COMPUTED: readonly string[] = ["duplicate", "linear", "product", "ratio"];

/** A column of numbers in the compared rows. */
interface ComparedColumn {
  readonly variable: Variable;
  readonly values: Float64Array;
  /** Spacing of the numbers as they are written. */
  readonly step: number;
}

/**
 * Spacing of numbers with a number of digits after the decimal mark. Undefined for more than 10 digits, and where float64
 * cannot distinguish the multiples.
 *
 * @param largest maximum of the absolute values.
 */
export function stepOfDecimals(decimals: number | undefined, largest: number): number | undefined {
  if (decimals === undefined || decimals > MOST_DECIMALS) return undefined;
  // The reciprocal is exact to rounding; powers with negative exponents are not.
  const step = 1 / 10 ** decimals;
  return largest / step <= LARGEST ? step : undefined;
}

/**
 * Finds columns of numbers that copy each other in some rows: their cells are equal more often than rounding explains. The
 * difference of two rounded numbers without copies is 0 about as often as it is a few steps.
 *
 * @returns the names of two columns for each such pair.
 */
export function equalColumns(variables: readonly Variable[], table: Table): (readonly [string, string])[] {
  const columns = comparedColumns(variables, table);
  if (columns.length > MOST_COLUMNS) return [];
  return columns.flatMap((a, i) =>
    columns
      .slice(i + 1)
      .flatMap((b): (readonly [string, string])[] => (copyEachOther(a, b) ? [[a.variable.name, b.variable.name]] : [])),
  );
}

/**
 * Gives a grid to the columns of real numbers that copy another column in some rows. A density has no mass at a copied number,
 * but a point of a grid has.
 */
export function withGridsOfCopies(variables: readonly Variable[], table: Table): readonly Variable[] {
  if (!variables.some(isWithoutGrid)) return variables;
  const copying = new Set(equalColumns(variables, table).flat());
  return variables.map((variable) => (copying.has(variable.name) ? withGrid(variable) : variable));
}

function isWithoutGrid({ kind, step }: Variable): boolean {
  return kind === "real" && step === undefined;
}

/**
 * Gives a grid to the columns of rounded numbers that are terms or results of computed columns. Otherwise a total would be computed
 * from drawn terms with more digits than the terms as they are written.
 */
export function withGridsOfTerms(
  variables: readonly Variable[],
  relations: readonly DependentColumn[],
): readonly Variable[] {
  const computed = relations.filter(({ relation }) => COMPUTED.includes(relation.type));
  const names = new Set(computed.flatMap(({ from, column }) => [...from, column]));
  return variables.map((variable) => (names.has(variable.name) ? withGrid(variable) : variable));
}

/** A column of real numbers on the grid of its decimals. */
function withGrid(variable: Variable): Variable {
  const step = isWithoutGrid(variable) ? writtenStep(variable) : undefined;
  return step === undefined ? variable : { ...variable, step };
}

/** Spacing of the numbers of a column as they are written. */
function writtenStep({ step, min = 0, max = 0, numberFormat }: Variable): number | undefined {
  return step ?? stepOfDecimals(numberFormat?.decimals, Math.max(Math.abs(min), Math.abs(max)));
}

function comparedColumns(variables: readonly Variable[], { columns, rows }: Table): ComparedColumn[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const stride = Math.ceil(rows / MOST_ROWS);
  return variables.flatMap((variable): ComparedColumn[] => {
    const column = byName.get(variable.name);
    const step = writtenStep(variable);
    const isNumber = variable.kind === "real" || variable.kind === "integer";
    if (!isNumber || column?.kind !== "number" || step === undefined || variable.distinct < LEAST_DISTINCT) return [];
    const values = stride === 1 ? column.values : column.values.filter((_, row) => row % stride === 0);
    return [{ variable, values, step }];
  });
}

function copyEachOther(a: ComparedColumn, b: ComparedColumn): boolean {
  const step = Math.min(a.step, b.step);
  let [present, equal] = [0, 0];
  // Number of differences of 1 to 4 steps, for each sign: a column that is never below the other has those of one sign.
  const [above, below] = [new Uint32Array(NEIGHBORS + 1), new Uint32Array(NEIGHBORS + 1)];
  const copied = new Set<number>();
  for (let row = 0; row < a.values.length; row++) {
    const steps = ((a.values[row] as number) - (b.values[row] as number)) / step;
    if (Number.isNaN(steps)) continue;
    present++;
    if (steps === 0) {
      equal++;
      if (copied.size < LEAST_DISTINCT) copied.add(a.values[row] as number);
    } else {
      const side = steps > 0 ? above : below;
      const distance = Math.round(Math.abs(steps));
      if (distance <= NEIGHBORS) side[distance] = (side[distance] as number) + 1;
    }
  }
  // A column that is equal in all rows is computed.
  if (equal < LEAST_ROWS || equal === present) return false;
  if (equal < LEAST_SHARE * present || copied.size < LEAST_DISTINCT) return false;
  const expected = Math.max(...[above, below].flatMap((side) => [side[1] as number, meanCount(side)]));
  return equal > TIMES_EXPECTED * expected && equal >= expected + DEVIATIONS * Math.sqrt(expected);
}

function meanCount(side: Uint32Array): number {
  return side.reduce((sum, count) => sum + count, 0) / NEIGHBORS;
}
