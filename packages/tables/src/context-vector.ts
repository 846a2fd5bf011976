import { contextSize, type TableSchema } from "./table-schema.ts";

/** One context as a model takes it, from a number or the index of a category per context column. */
export function contextVector(schema: TableSchema, values: readonly number[]): Float64Array {
  const vector = new Float64Array(contextSize(schema));
  writeContext(schema, (k) => values[k] ?? 0, vector, 0);
  return vector;
}

/** Writes a context vector at an offset of zeros: numbers as they are, a category as a one-hot block. */
export function writeContext(
  schema: TableSchema,
  value: (column: number) => number,
  into: Float64Array,
  offset: number,
): void {
  let at = offset;
  for (const [k, column] of schema.context.entries()) {
    if (column.kind === "number") into[at++] = value(k);
    else {
      into[at + value(k)] = 1;
      at += column.categories.length;
    }
  }
}
