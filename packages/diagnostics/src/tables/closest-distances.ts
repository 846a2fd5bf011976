import type { AlignedColumn } from "./align-tables.ts";

/** Some rows of one of several aligned tables. */
export interface PickedRows {
  /** Place of the table. */
  readonly table: number;
  readonly rows: Int32Array;
}

/**
 * The distance of each query to the closest of the references: the sum over numbers of |x − y| by the range in the table at
 * `scale`, a missing cell at one range below it, plus the number of categories that differ.
 */
export function closestDistances(
  columns: readonly AlignedColumn[],
  queries: PickedRows,
  references: PickedRows,
  scale: number,
): Float64Array {
  const numbers = columns.filter(({ kind }) => kind === "number");
  const categories = columns.filter(({ kind }) => kind === "category");
  const [a, b] = [matrixOf(numbers, queries, scale), matrixOf(numbers, references, scale)];
  const [codesA, codesB] = [matrixOf(categories, queries, scale), matrixOf(categories, references, scale)];
  const [width, others, count] = [numbers.length, categories.length, references.rows.length];
  return Float64Array.from(queries.rows, (_, i) => {
    const [x, codes] = [a.subarray(i * width, (i + 1) * width), codesA.subarray(i * others, (i + 1) * others)];
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < count; k++) {
      let distance = 0;
      // Categories first: after the first few that differ most references are too far away.
      for (let j = 0, at = k * others; j < others && distance < best; j++, at++) {
        if (codes[j] !== codesB[at]) distance += 1;
      }
      if (distance >= best) continue;
      for (let j = 0, at = k * width; j < width; j++, at++) distance += Math.abs((x[j] as number) - (b[at] as number));
      if (distance < best) best = distance;
    }
    return best;
  });
}

/** `[rows, columns]`: scaled numbers, or codes of categories. */
function matrixOf(columns: readonly AlignedColumn[], { table, rows }: PickedRows, scale: number): Float64Array {
  const matrix = new Float64Array(rows.length * columns.length);
  for (const [j, { kind, values }] of columns.entries()) {
    const own = values[table] as AlignedColumn["values"][number];
    const place = kind === "number" ? scaled(values[scale] as Float64Array) : (code: number): number => code;
    for (const [i, row] of rows.entries()) matrix[i * columns.length + j] = place(own[row] as number);
  }
  return matrix;
}

function scaled(values: Float64Array): (value: number) => number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = high > low ? high - low : 1;
  return (value) => (Number.isNaN(value) ? -1 : (value - (low <= high ? low : 0)) / range);
}
