import { type Codec, type Key, type NdArray, OptionError } from "@pushforward/core";
import { AbstractModule, classCodec, field } from "@pushforward/core/extend";
import type { NumberColumn, Table } from "@pushforward/datasets";
import { ConditionalFlow, Flow, logProbRows, sampleRows } from "@pushforward/flows";
import type { DensityColumn } from "../../density/density-column.ts";
import { flowContext } from "./flow-context.ts";
import { numericRows } from "./numeric-rows.ts";
import { SoftLog } from "./soft-log.ts";

/** Parts of a {@link NumericFlow}. */
export interface NumericFlowParts {
  /** Names of the columns of real numbers, in the order of the variables of the flow. */
  readonly columns: readonly string[];
  /** For each column the scale of its soft logarithm, for numbers above 0; 0 for a column that is used without one. */
  readonly scales: readonly number[];
  /** Of the columns, given the others if there are any. */
  readonly flow: Flow | ConditionalFlow;
}

/**
 * The joint density of columns of real numbers given the other columns of their table, by a flow:
 *
 *     p(x | c) = f(y | c) Πⱼ dyⱼ/dxⱼ
 *
 * where y is x, or for columns without a number below 0 `log(eˣ − 1)` in some unit, so that no draw is below 0. The other
 * columns enter as numbers; see `flowContext`. It is a part of a {@link TableMixture}, with whose columns it is read.
 *
 * @example
 * const { flow } = await fitTable(penguins(), { key, epochs: 2 });
 * console.log(flow?.weight); // undefined: all measurements of penguins are on a grid
 */
export class NumericFlow extends AbstractModule {
  readonly columns: readonly string[];
  readonly scales: readonly number[];
  readonly flow: Flow | ConditionalFlow;
  private readonly logs: readonly (SoftLog | undefined)[];

  /** @throws {OptionError} no columns, or not as many scales, or a scale below 0. */
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
   * The log-density of the numbers of each row, in nats; −∞ where one is missing, infinite, or below what its column can have.
   *
   * @param density the columns of the model that the flow is a part of.
   * @throws {DataError} a column is missing or of another kind.
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
