import { type ConditionalFlow, type Flow, formatCsv, ndArray } from "pushforward";
import { contextVector, createTable, type RowLayout, sampleBlocks, sampleColumns } from "pushforward/extend";

/** How many samples, from which seed, and at which values of the context columns. */
interface SampleRequest {
  readonly count: number;
  readonly seed: number;
  readonly context: readonly number[];
}

/** Samples of a model as a CSV file, rounded to the grids of the layout: those of the command line from the same seed. */
export function samplesCsv(
  flow: Flow | ConditionalFlow,
  layout: RowLayout,
  { count, seed, context }: SampleRequest,
): string {
  const width = layout.columns.length;
  const vector = contextVector(layout, context);
  const contexts = vector.length === 0 ? undefined : ndArray([1, vector.length], vector);
  const samples = new Float64Array(count * width);
  let at = 0;
  for (const block of sampleBlocks(flow, { count, seed, contexts })) {
    samples.set(block.samples.data, at);
    at += block.samples.data.length;
  }
  const given = layout.context.map((column, k) =>
    column.kind === "number"
      ? { name: column.name, kind: "number" as const, values: new Float64Array(count).fill(context[k] ?? 0) }
      : {
          name: column.name,
          kind: "text" as const,
          values: new Array<string>(count).fill(column.categories[context[k] ?? 0] as string),
        },
  );
  return formatCsv(createTable([...given, ...sampleColumns(layout, ndArray([count, width], samples))]));
}
