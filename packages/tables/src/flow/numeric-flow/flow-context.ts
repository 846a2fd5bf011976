import { type NdArray, ndArray } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { type CellCoding, type CodedColumn, columnOf } from "../../density/coding/cell-coding.ts";
import { RANK_FEATURES } from "../../density/coding/number-features.ts";
import type { DensityColumn } from "../../density/density-column.ts";

/** What columns are to a flow. */
export interface FlowContext {
  /** `[rows, width]`. */
  readonly values: NdArray;
  /** The columns of each block of ones and zeros, one block for each column of categories. */
  readonly classes: readonly (readonly number[])[];
}

/** Categories with a number of their own; all others are zeros in each. */
const MOST_CATEGORIES = 20;
/** Of the place of a cell among the others, the quantile and the standardized value. */
const PLACE_FEATURES = 2;

/**
 * What the other columns of a density are to a flow of some: a category is one of its most frequent ones or none of them; a
 * number its normal quantile and its standardized value, or its place on a cycle; and where cells are missing, whether this
 * one is. Columns that follow from others are left out. Undefined where there are no others.
 *
 * @param numbers names of the columns of the flow.
 * @throws {DataError} a column is missing or of another kind.
 */
export function flowContext(
  columns: readonly DensityColumn[],
  numbers: readonly string[],
  table: Table,
): FlowContext | undefined {
  const { rows } = table;
  const layout = flowContextLayout(columns, numbers);
  if (layout.length === 0) return undefined;
  const blocks = layout.map((block) => blockOf(block, block.coding.encode(columnOf(table, block.name))));
  const width = blocks.reduce((sum, block) => sum + block.width, 0);
  const values = new Float64Array(rows * width);
  const classes: number[][] = [];
  let from = 0;
  for (const block of blocks) {
    for (let i = 0; i < rows; i++) block.write(i, values, i * width + from);
    if (block.isOneHot) classes.push(Array.from({ length: block.width }, (_, j) => from + j));
    from += block.width;
  }
  return { values: ndArray([rows, width], values), classes };
}

/** What one column is to a flow: one number for each of these, in this order. */
export interface ContextBlock {
  readonly name: string;
  readonly coding: CellCoding;
  /** Codes that have a number of their own: 1 for a cell with the code, 0 for others. */
  readonly codes: readonly number[];
  /** Features of the coding. */
  readonly features: readonly number[];
  /** The code of a missing cell, where this is told beside features: 1 for such a cell, 0 for others. */
  readonly missingCode: number | undefined;
}

/** What the columns of a context are, in their order; those of the flow and those that follow from others are left out. */
export function flowContextLayout(columns: readonly DensityColumn[], numbers: readonly string[]): ContextBlock[] {
  const others = columns.filter(({ name, dependent }) => dependent === undefined && !numbers.includes(name));
  return others.map(({ name, coding }) => {
    const { featureCount, hasRank, missingCode } = coding;
    if (featureCount === 0) {
      return { name, coding, codes: frequentCodes(coding.counts), features: [], missingCode: undefined };
    }
    const features = Array.from({ length: featureCount }, (_, j) => j).filter(
      (j) => !hasRank || j < PLACE_FEATURES || j >= RANK_FEATURES,
    );
    return { name, coding, codes: [], features, missingCode };
  });
}

/** The numbers of one column. */
interface Block {
  readonly width: number;
  readonly isOneHot: boolean;
  /** Writes those of a row to a place that holds zeros. */
  write(row: number, into: Float64Array, at: number): void;
}

function blockOf({ codes, features, missingCode }: ContextBlock, column: CodedColumn): Block {
  const places = new Map(codes.map((code, place) => [code, place]));
  const { featureCount } = column;
  return {
    width: codes.length + features.length + (missingCode === undefined ? 0 : 1),
    isOneHot: featureCount === 0,
    write: (row, into, at) => {
      const code = column.codes[row] as number;
      const place = places.get(code);
      if (place !== undefined) into[at + place] = 1;
      for (const [j, feature] of features.entries()) {
        into[at + j] = column.features[row * featureCount + feature] as number;
      }
      if (missingCode !== undefined) into[at + features.length] = code === missingCode ? 1 : 0;
    },
  };
}

/** The most frequent codes, the most frequent first. */
function frequentCodes(counts: readonly number[]): number[] {
  const order = counts.map((_, code) => code).sort((a, b) => (counts[b] as number) - (counts[a] as number));
  return order.slice(0, MOST_CATEGORIES);
}
