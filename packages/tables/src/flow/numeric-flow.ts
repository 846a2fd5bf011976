import { type Codec, DataError, type Key, type NdArray, ndArray, OptionError } from "@pushforward/core";
import { AbstractModule, classCodec, field } from "@pushforward/core/extend";
import type { NumberColumn, Table } from "@pushforward/datasets";
import { ConditionalFlow, Flow, logProbRows, sampleRows } from "@pushforward/flows";
import { type CellCoding, type CodedColumn, columnOf } from "../density/coding/category-coding.ts";
import { RANK_FEATURES } from "../density/coding/number-features.ts";
import type { DensityColumn } from "../density/density-column.ts";

/** Columns in the form that a flow reads. */
export interface FlowContext {
  /** `[rows, width]`. */
  readonly values: NdArray;
  /** The columns of each block of ones and zeros, one block for each column of categories. */
  readonly classes: readonly (readonly number[])[];
}

/** Number of categories with an indicator; a rarer category is zero in every indicator. */
const MOST_CATEGORIES = 20;
/** Features of the rank of a cell: its normal quantile and its standardized value. */
const PLACE_FEATURES = 2;

/**
 * Encodes the columns of a density that a flow is conditional on. A category becomes indicators of the most frequent
 * categories. A number becomes its normal quantile and its standardized value, or its place on a cycle. Columns with
 * missing cells add an indicator of a missing cell. Columns that follow from other columns are left out. Returns
 * undefined if no columns remain.
 *
 * @param numbers names of the columns of the flow.
 * @throws {DataError} a column is missing or of the wrong kind.
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

/** Encoding of one column for a flow: one number for each of these entries, in this order. */
export interface ContextBlock {
  readonly name: string;
  readonly coding: CellCoding;
  /** Codes with an indicator: 1 for a cell with the code, 0 otherwise. */
  readonly codes: readonly number[];
  /** Features of the coding. */
  readonly features: readonly number[];
  /** Code of a missing cell, if it has an indicator after the features: 1 for a missing cell, 0 otherwise. */
  readonly missingCode: number | undefined;
}

/**
 * Encodings of the context columns, in column order. Columns of the flow and columns that follow from other columns are
 * left out.
 */
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

/** Encoded numbers of one column. */
interface Block {
  readonly width: number;
  readonly isOneHot: boolean;
  /** Writes the numbers of a row into a zeroed range. */
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

/**
 * Bijection from the positive numbers to all real numbers. It is the logarithm well below a scale s and nearly x well
 * above it,
 *
 *     y = s log(exp(x/s) − 1),   dy/dx = 1/(1 − exp(−x/s))
 *
 * the inverse of softplus.
 */
export class SoftLog {
  private readonly scale: number;

  constructor(scale: number) {
    this.scale = scale;
  }

  forward(x: number): number {
    const t = x / this.scale;
    return this.scale * (t + Math.log(-Math.expm1(-t)));
  }

  /** `log dy/dx`. */
  logSlope(x: number): number {
    return -Math.log(-Math.expm1(-x / this.scale));
  }

  inverse(y: number): number {
    const t = y / this.scale;
    return this.scale * (Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t))));
  }
}

/** A column of a `NumericFlow`. */
export interface NumericColumn {
  readonly name: string;
  /** Of its soft logarithm, for numbers above 0; 0 for a column that is taken as it is. */
  readonly scale: number;
}

/** Numbers of a table as a flow learns them. */
export interface NumericRows {
  /** `[rows, columns]`; 0 for a number outside the range of its column. */
  readonly values: NdArray;
  /** Log-density of each row minus the log-density of its values, in nats; −∞ if a number is outside its range. */
  readonly logVolume: Float64Array;
}

/**
 * Transforms the numbers of some columns for a flow. A number is outside its range if it is missing, infinite, or not
 * above 0 in a column of positive numbers.
 *
 * @throws {DataError} a column is missing or of the wrong kind.
 */
export function numericRows(table: Table, columns: readonly NumericColumn[]): NumericRows {
  const [rows, width] = [table.rows, columns.length];
  const y = new Float64Array(rows * width);
  const logVolume = new Float64Array(rows);
  for (const [j, { name, scale }] of columns.entries()) {
    const log = scale === 0 ? undefined : new SoftLog(scale);
    const values = numbersOf(table, name);
    for (let i = 0; i < rows; i++) {
      const x = values[i] as number;
      const isOutside = !Number.isFinite(x) || (log !== undefined && x <= 0);
      y[i * width + j] = isOutside ? 0 : (log?.forward(x) ?? x);
      const slope = isOutside ? Number.NEGATIVE_INFINITY : (log?.logSlope(x) ?? 0);
      logVolume[i] = (logVolume[i] as number) + slope;
    }
  }
  return { values: ndArray([rows, width], y), logVolume };
}

function numbersOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (column.kind === "number") return column.values;
  throw new DataError(`table: expected numbers in column "${name}", got text.`, { column: name });
}

/** Parts of a {@link NumericFlow}. */
export interface NumericFlowParts {
  /** Names of the columns of real numbers, in the order of the variables of the flow. */
  readonly columns: readonly string[];
  /** For each column the scale of its soft logarithm, for numbers above 0; 0 for a column that is used without one. */
  readonly scales: readonly number[];
  /** Flow of the columns, conditional on the other columns if the table has any. */
  readonly flow: Flow | ConditionalFlow;
}

/**
 * Joint density of columns of real numbers given the other columns of their table, by a flow:
 *
 *     p(x | c) = f(y | c) Πⱼ dyⱼ/dxⱼ
 *
 * where y is x, or, for columns without a negative number, `log(eˣ − 1)` in some unit, so that no draw is below 0. The
 * other columns enter as numbers; see `flowContext`. The flow is part of a {@link TableMixture} and is read with the
 * columns of the mixture.
 * @example
 * const { flow } = await fitTable(penguins(), { key, maxEpochs: 2 });
 * console.log(flow?.weight); // undefined: all measurements of penguins are on a grid
 */
export class NumericFlow extends AbstractModule {
  readonly columns: readonly string[];
  readonly scales: readonly number[];
  readonly flow: Flow | ConditionalFlow;
  private readonly logs: readonly (SoftLog | undefined)[];

  /** @throws {OptionError} no columns, or a different number of scales than columns. */
  constructor({ columns, scales, flow }: NumericFlowParts) {
    super();
    if (columns.length === 0 || scales.length !== columns.length) {
      throw new OptionError(
        `NumericFlow: expected columns and as many scales, got ${columns.length} columns and ${scales.length} scales.`,
      );
    }
    this.columns = columns;
    this.scales = scales;
    this.flow = flow;
    this.logs = scales.map((scale) => (scale === 0 ? undefined : new SoftLog(scale)));
  }

  /**
   * Log-density of the numbers of each row, in nats; −∞ if a number is missing, infinite, or below the range of its
   * column.
   *
   * @param density the columns of the model that contains the flow.
   * @throws {DataError} a column is missing or of the wrong kind.
   */
  logProb(table: Table, density: readonly DensityColumn[]): Float64Array {
    const columns = this.columns.map((name, j) => ({ name, scale: this.scales[j] as number }));
    const { values, logVolume } = numericRows(table, columns);
    const logProb = logProbRows(this.flow, values, this.contextOf(table, density));
    return logProb.map((value, i) => value + (logVolume[i] as number));
  }

  /**
   * Draws the numbers for the other cells of some rows. Throws as {@link logProb}.
   *
   * @param table rows with the other columns.
   */
  sample(key: Key, table: Table, density: readonly DensityColumn[]): NumberColumn[] {
    const { rows } = table;
    const context = this.contextOf(table, density);
    const { data } = context === undefined ? sampleRows(this.flow, key, rows) : sampleRows(this.flow, key, 1, context);
    const width = this.columns.length;
    return this.columns.map((name, j) => {
      const log = this.logs[j];
      const values = Float64Array.from({ length: rows }, (_, i) => {
        const y = data[i * width + j] as number;
        return log?.inverse(y) ?? y;
      });
      return { name, kind: "number", values };
    });
  }

  private contextOf(table: Table, density: readonly DensityColumn[]): NdArray | undefined {
    return this.flow instanceof ConditionalFlow ? flowContext(density, this.columns, table)?.values : undefined;
  }
}

/** Codec of {@link NumericFlow}. */
export const numericFlowCodec: Codec<NumericFlow> = classCodec("pushforward/numeric-flow", NumericFlow, {
  columns: field.strings(),
  scales: field.numbers({ min: 0 }),
  flow: field.object(
    (value): value is Flow | ConditionalFlow => value instanceof Flow || value instanceof ConditionalFlow,
    "a flow",
  ),
});
