import { createKey, type NdArray, OptionError } from "@pushforward/core";
import { type NumberColumn, takeRows } from "@pushforward/datasets";
import { type ConditionalFlow, type Flow, sampleRows } from "@pushforward/flows";
import { gridSpacing, type RowLayout } from "./row-layout.ts";

/** Rows that are drawn at once: memory does not grow with the number of samples. */
export const SAMPLE_BLOCK_ROWS = 32_768;

/** What to draw. */
export interface SampleBlocksOptions {
  /** Number of samples; for a conditional model, of each context. */
  readonly count: number;
  readonly seed: number;
  /** The first sample that is wanted, a multiple of `sampleBlockRows(model)`. Default: 0. */
  readonly from?: number | undefined;
  /** Context vectors, `[rows, contextSize]`, for a conditional model. */
  readonly contexts?: NdArray | undefined;
}

/** Some of the samples, in the units of the table. */
export interface SampleBlock {
  readonly samples: NdArray;
  /** The row of the context of each sample. Undefined for a model without context. */
  readonly contextRows?: Int32Array;
}

/**
 * Samples of a model in blocks, those of one context after the other. The same seed gives the same samples in every
 * program, also where they are drawn in several parts by `from` and `count`.
 *
 * @throws {OptionError} `from` is not where a block begins.
 * @example
 * const layout = chooseColumns(penguins(), { columns: ["bill_length_mm", "body_mass_g"] });
 * for (const { samples } of sampleBlocks(flow, { count: 1000, seed: 0 })) {
 *   const columns = sampleColumns(layout, samples);
 * }
 */
export function* sampleBlocks(
  flow: Flow | ConditionalFlow,
  { count, seed, contexts, from: first = 0 }: SampleBlocksOptions,
): Generator<SampleBlock, void, void> {
  const key = createKey(seed);
  checkBlockStart("sampleBlocks", first, SAMPLE_BLOCK_ROWS);
  const total = count * (contexts?.shape[0] ?? 1);
  for (let from = first, block = first / SAMPLE_BLOCK_ROWS; from < total; from += SAMPLE_BLOCK_ROWS, block++) {
    const rows = Math.min(SAMPLE_BLOCK_ROWS, total - from);
    if (contexts === undefined) {
      yield { samples: sampleRows(flow, key.fold(block), rows) };
      continue;
    }
    const contextRows = Int32Array.from({ length: rows }, (_, i) => Math.floor((from + i) / count));
    yield { samples: sampleRows(flow, key.fold(block), 1, takeRows(contexts, contextRows)), contextRows };
  }
}

/** @throws {OptionError} rows are asked for from a place where no block begins. */
export function checkBlockStart(where: string, from: number, blockRows: number): void {
  if (Number.isSafeInteger(from) && from >= 0 && from % blockRows === 0) return;
  throw new OptionError(`${where}: expected from as a multiple of ${blockRows}, got ${from}.`);
}

/** Samples `[rows, columns]` as the columns of a table; those learned on a grid are rounded to it. */
export function sampleColumns(layout: RowLayout, { shape, data }: NdArray): NumberColumn[] {
  const [rows = 0] = shape;
  const width = layout.columns.length;
  return layout.columns.map((name, j) => {
    const spacing = gridSpacing(layout, name);
    const at = (i: number): number => data[i * width + j] as number;
    const values = Float64Array.from({ length: rows }, (_, i) =>
      spacing === undefined ? at(i) : roundToGrid(at(i), spacing),
    );
    return { name, kind: "number", values };
  });
}

/** The nearest multiple of a grid spacing, without the rest of binary fractions: 0.3, not 0.30000000000000004. */
function roundToGrid(value: number, spacing: number): number {
  // Adding 0 turns −0 into 0.
  return Number((Math.round(value / spacing) * spacing).toPrecision(15)) + 0;
}
