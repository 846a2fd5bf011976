import type { Key } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { columnOf } from "../../density/coding/category-coding.ts";
import type { RowsQuestion } from "../row-mixture.ts";
import { asGiven, type EncodedCells, encodeCells, UNKNOWN } from "./column-tables.ts";
import { type AskedColumn, jointLogProb, type MixtureColumn, type MixtureTables } from "./mixture-tables.ts";

/** Input of a conditional distribution of a mixture of products. */
export interface ConditionalRowsOptions extends RowsQuestion {
  readonly columns: readonly MixtureColumn[];
  readonly tables: MixtureTables;
}

/**
 * Distribution of some columns given other columns, for each row of a table. It is again a mixture of products,
 * weighted by the responsibilities of the components for the given cells. It uses no approximation.
 */
export class ConditionalRows {
  readonly rows: number;
  private readonly options: ConditionalRowsOptions;
  private readonly given: readonly AskedColumn[];

  constructor(options: ConditionalRowsOptions) {
    this.options = options;
    this.rows = options.table.rows;
    this.given = this.encode(options.given).map((own) => ({ ...own, cells: asGiven(own.cells) }));
  }

  /**
   * Log-density of the requested cells of each row given the given cells, in nats.
   *
   * @throws {DataError} the table lacks a column, or a column is of the wrong kind.
   */
  logProb(): Float64Array {
    const { tables } = this.options;
    const all = [...this.given, ...this.encode(this.options.asked)];
    const terms = new Float64Array(tables.logWeights.length);
    return Float64Array.from({ length: this.rows }, (_, row) => {
      jointLogProb(tables, all, row, terms);
      const joint = logSumExp(terms);
      if (this.given.length === 0) return joint;
      jointLogProb(tables, this.given, row, terms);
      return joint - logSumExp(terms);
    });
  }

  /**
   * For each requested column, in their order, the log-density of its cells given the given cells and the earlier
   * requested columns, in nats. Throws as {@link logProb}.
   */
  cellLogProb(): Float64Array[] {
    const { tables } = this.options;
    const asked = this.encode(this.options.asked);
    const result = asked.map(() => new Float64Array(this.rows));
    const terms = new Float64Array(tables.logWeights.length);
    for (let row = 0; row < this.rows; row++) {
      jointLogProb(tables, this.given, row, terms);
      let before = logSumExp(terms);
      for (const [k, column] of asked.entries()) {
        jointLogProb({ ...tables, logWeights: terms.slice() }, [column], row, terms);
        const joint = logSumExp(terms);
        // What comes behind an impossible cell is impossible, too.
        (result[k] as Float64Array)[row] = before === Number.NEGATIVE_INFINITY ? before : joint - before;
        before = joint;
      }
    }
    return result;
  }

  /** The probabilities of the components given the given cells, `[rows, components]`. */
  responsibilities(): Float64Array {
    const count = this.options.tables.logWeights.length;
    const result = new Float64Array(this.rows * count);
    for (let row = 0; row < this.rows; row++) this.respond(row, result.subarray(row * count, (row + 1) * count));
    return result;
  }

  /** Draws the requested columns for each row. The same key yields the same cells. */
  sample(key: Key): Table {
    const { columns, asked } = this.options;
    const components = this.drawComponents(key.fold("component"));
    return {
      rows: this.rows,
      columns: asked.map((index) => this.draw(index, components, key.fold((columns[index] as MixtureColumn).name))),
    };
  }

  /** As {@link sample}, after the given columns as they are, with their unknown cells drawn: never as missing ones. */
  complete(key: Key): Table {
    const { columns, asked, given, table } = this.options;
    const components = this.drawComponents(key.fold("component"));
    const known = new Map(this.given.map(({ index, cells }) => [index, cells]));
    const places = [...given, ...asked].sort((a, b) => a - b);
    return {
      rows: this.rows,
      columns: places.map((index) => {
        const { name } = columns[index] as MixtureColumn;
        const cells = known.get(index);
        const own = cells && columnOf(table, name);
        if (own !== undefined && !cells?.codes.includes(UNKNOWN)) return own;
        const drawn = this.draw(index, components, key.fold(name), cells?.missingCode);
        return own === undefined || cells === undefined ? drawn : fillUnknown(own, drawn, cells);
      }),
    };
  }

  private encode(places: readonly number[]): AskedColumn[] {
    const { columns, table, missing, origin } = this.options;
    return places.map((index) => {
      const { name, coding } = columns[index] as MixtureColumn;
      return { index, coding, cells: encodeCells(coding, columnOf(table, name), missing, origin) };
    });
  }

  private respond(row: number, target: Float64Array): void {
    jointLogProb(this.options.tables, this.given, row, target);
    const total = logSumExp(target);
    for (let k = 0; k < target.length; k++) target[k] = Math.exp((target[k] as number) - total);
  }

  private drawComponents(key: Key): Int32Array {
    const cumulative = new Float64Array(this.options.tables.logWeights.length);
    const uniforms = key.uniform(this.rows);
    return Int32Array.from(uniforms, (u, row) => {
      // Without given cells all rows have the same.
      if (row === 0 || this.given.length > 0) {
        this.respond(row, cumulative);
        accumulate(cumulative, 0, 1);
      }
      return choose(cumulative, 0, 1, u);
    });
  }

  /** @param excluded a code that is not drawn. */
  private draw(index: number, components: Int32Array, key: Key, excluded?: number): Column {
    const { name, coding } = this.options.columns[index] as MixtureColumn;
    const count = this.options.tables.logWeights.length;
    const cumulative = (this.options.tables.columns[index] as Float64Array).slice();
    if (excluded !== undefined) cumulative.fill(0, excluded * count, (excluded + 1) * count);
    for (let k = 0; k < count; k++) accumulate(cumulative, k, count);
    const uniforms = key.fold("code").uniform(this.rows);
    const codes = Int32Array.from(components, (k, row) => choose(cumulative, k, count, uniforms[row] as number));
    const within = Float64Array.from(key.fold("within").uniform(this.rows));
    return coding.decode(name, codes, within, new Float64Array(this.rows));
  }
}

/** Sums up numbers in place, from one place on and with a stride. */
function accumulate(values: Float64Array, from: number, stride: number): void {
  for (let at = from + stride; at < values.length; at += stride) {
    values[at] = (values[at] as number) + (values[at - stride] as number);
  }
}

/**
 * Returns the first place with a cumulative probability above `u` times the total; the last place if rounding leaves
 * none.
 */
function choose(cumulative: Float64Array, from: number, stride: number, u: number): number {
  const last = Math.floor((cumulative.length - 1 - from) / stride);
  const total = cumulative[from + last * stride] as number;
  const goal = u * total;
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[from + middle * stride] as number) > goal) high = middle;
    else low = middle + 1;
  }
  return low;
}

function fillUnknown(own: Column, drawn: Column, { codes }: EncodedCells): Column {
  const isUnknown = (row: number): boolean => codes[row] === UNKNOWN;
  if (own.kind === "number") {
    const values = own.values.map((x, row) => (isUnknown(row) ? Number(drawn.values[row]) : x));
    return { ...own, values };
  }
  const values = own.values.map((value, row) => (isUnknown(row) ? String(drawn.values[row]) : value));
  return { name: own.name, kind: "text", values };
}
