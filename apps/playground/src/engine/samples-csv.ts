import { createTable } from "@pushforward/datasets/extend";
import { contextVector, sampleBlocks, sampleColumns, type TableSchema } from "@pushforward/tables/extend";
import { type ConditionalFlow, type Flow, formatCsv, ndArray } from "pushforward";

/** How many samples, from which seed, and at which values of the context columns. */
interface SampleRequest {
  readonly count: number;
  readonly seed: number;
  readonly context: readonly number[];
}

/** Samples of a model as a CSV file, rounded to the grids of the schema: those of the command line from the same seed. */
export function samplesCsv(
  flow: Flow | ConditionalFlow,
  schema: TableSchema,
  { count, seed, context }: SampleRequest,
): string {
  const width = schema.columns.length;
  const vector = contextVector(schema, context);
  const contexts = vector.length === 0 ? undefined : ndArray([1, vector.length], vector);
  const samples = new Float64Array(count * width);
  let at = 0;
  for (const block of sampleBlocks(flow, { count, seed, contexts })) {
    samples.set(block.samples.data, at);
    at += block.samples.data.length;
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
  return formatCsv(createTable([...given, ...sampleColumns(schema, ndArray([count, width], samples))]));
}
