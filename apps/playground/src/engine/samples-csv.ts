import {
  type ConditionalFlow,
  contextVector,
  createKey,
  type Flow,
  formatCsv,
  ndArray,
  sampleColumns,
  sampleRows,
  type TableSchema,
  table,
} from "pushforward";

/** Samples are drawn in blocks of this many rows, as the command line does: the same seed gives the same rows. */
const BLOCK = 32_768;

/** How many samples, from which seed, and at which values of the context columns. */
interface SampleRequest {
  readonly count: number;
  readonly seed: number;
  readonly context: readonly number[];
}

/** Samples of a model as a CSV file in the units of its table, rounded to the grids of the schema. */
export function samplesCsv(
  flow: Flow | ConditionalFlow,
  schema: TableSchema,
  { count, seed, context }: SampleRequest,
): string {
  const width = schema.columns.length;
  const key = createKey(seed);
  const vector = contextVector(schema, context);
  const samples = new Float64Array(count * width);
  for (let from = 0, block = 0; from < count; from += BLOCK, block++) {
    const rows = Math.min(BLOCK, count - from);
    const contexts = Float64Array.from({ length: rows * vector.length }, (_, i) => vector[i % vector.length] as number);
    const drawn =
      vector.length === 0
        ? sampleRows(flow, key.fold(block), rows)
        : sampleRows(flow, key.fold(block), 1, ndArray([rows, vector.length], contexts));
    samples.set(drawn.data, from * width);
  }
  const given = schema.context.map((column, k) =>
    column.kind === "number"
      ? { name: column.name, kind: "number" as const, values: new Float64Array(count).fill(context[k] ?? 0) }
      : {
          name: column.name,
          kind: "text" as const,
          values: new Array<string>(count).fill(column.categories[context[k] ?? 0] as string),
        },
  );
  return formatCsv(table([...given, ...sampleColumns(schema, ndArray([count, width], samples))]));
}
