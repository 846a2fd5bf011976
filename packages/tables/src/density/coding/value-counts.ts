/** Distinct values of a column in order, and how often each occurs. */
export interface ValueCounts {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/** The distinct values of some numbers in order, with their counts. */
export function countValues(numbers: Float64Array): ValueCounts {
  const sorted = numbers.slice().sort();
  const values: number[] = [];
  const counts: number[] = [];
  for (const x of sorted) {
    if (values.length > 0 && values[values.length - 1] === x) counts[counts.length - 1] = (counts.at(-1) as number) + 1;
    else {
      // Without the sign of −0, which no model file keeps.
      values.push(x + 0);
      counts.push(1);
    }
  }
  return { values: Float64Array.from(values), counts: Float64Array.from(counts) };
}
