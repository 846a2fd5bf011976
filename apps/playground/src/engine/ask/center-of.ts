import { cellWriter } from "@pushforward/columns/extend";
import type { Table, Variable } from "pushforward";
import type { Center } from "../../shared/ask-protocol.ts";
import type { ColumnBars } from "../table/column-bars.ts";

/**
 * The mean of a column of numbers, over cells that are not missing, or its most probable value: numbers on a circle have no
 * mean. Undefined where all cells are missing.
 *
 * @param weights of the rows, with the sum 1. Default: all the same.
 */
export function centerOf(
  variable: Variable,
  bars: ColumnBars,
  table: Table,
  weights?: Float64Array,
): Center | undefined {
  const { axis } = bars;
  if (axis.kind === "categories" || variable.kind === "circular") {
    const shares = bars.sharesOf(table, weights);
    const share = Math.max(...shares);
    const place = shares.indexOf(share);
    if (!(share > 0)) return undefined;
    return { kind: "most likely", label: axis.kind === "categories" ? (axis.labels[place] ?? "") : middle(), share };

    function middle(): string {
      const [low, high] = axis.kind === "numbers" ? axis.range : [0, 1];
      return `about ${Number((low + ((place + 0.5) * (high - low)) / shares.length).toPrecision(3))}`;
    }
  }
  let [sum, total] = [0, 0];
  for (const [row, value] of bars.valuesOf(table).entries()) {
    if (Number.isNaN(value)) continue;
    const weight = weights?.[row] ?? 1;
    sum += weight * value;
    total += weight;
  }
  if (total === 0) return undefined;
  const value = sum / total;
  return { kind: "mean", value, ...(variable.kind === "date" && { text: writtenDate(variable, value) }) };
}

function writtenDate(variable: Variable, value: number): string {
  const { step = 0 } = variable;
  return cellWriter(variable)(step > 0 ? Math.round(value / step) * step : value);
}
