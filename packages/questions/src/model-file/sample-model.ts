import type { NdArray } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { contextRows, sampleBlocks, sampleColumns, sampleDensity } from "@pushforward/tables/extend";
import { isTableDensity, type LoadedModel } from "./loaded-model.ts";

/** What is drawn of a model. */
export interface SampleModelOptions {
  /** Number of rows; of a conditional model, the number for each row of the context. */
  readonly count: number;
  readonly seed: number;
  /** The first row that is wanted, a multiple of `sampleBlockRows(model)`. Default: 0. */
  readonly from?: number | undefined;
  /** The given columns as the model reads them, for a conditional model. */
  readonly context?: Table | undefined;
  /** Name of the table of the context, for messages. */
  readonly contextFile?: string | undefined;
  /** Most rows that are drawn at once by a density of any columns. Default: what fits into some megabytes. */
  readonly block?: number | undefined;
}

/**
 * New rows of a table as its file has them, in blocks, those of one context after the other with the context before them.
 *
 * @throws {DataError} a column of the context is missing, or a value does not fit it.
 * @throws {OptionError} `from` is not where a block begins.
 * @example
 * const first = (model: LoadedModel) => sampleModel(model, { count: 3, seed: 0 }).next().value;
 */
export function* sampleModel(model: LoadedModel, options: SampleModelOptions): Generator<Table> {
  const { count, seed, from, context, contextFile, block } = options;
  if (isTableDensity(model)) {
    yield* sampleDensity(model, { count, seed, from, given: context, block });
    return;
  }
  const { flow, schema } = model;
  const contexts: NdArray | undefined = context && contextRows(context, schema, contextFile);
  for (const { samples, contextRows: of } of sampleBlocks(flow, { count, seed, from, contexts })) {
    const given = context === undefined || of === undefined ? [] : takeTableRows(context, of).columns;
    yield { rows: samples.shape[0] as number, columns: [...given, ...sampleColumns(schema, samples)] };
  }
}
