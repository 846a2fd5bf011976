import type { Variable } from "@pushforward/columns";
import { logPrintedWidth, shortList } from "@pushforward/columns/extend";
import type { Table } from "@pushforward/datasets";
import { NumberCoding } from "../density/coding/number-coding.ts";
import type { TableModel } from "./table-model.ts";

/**
 * The columns with a density per unit of their numbers, if they are not on a grid. The cells of the other columns have
 * probabilities: masses of the numbers as they are printed, and of categories.
 */
export function densityColumns({ columns, context }: Pick<TableModel, "columns" | "context">): string[] {
  const hasDensity = ({ coding }: TableModel["columns"][number]): boolean =>
    coding === undefined || (coding instanceof NumberCoding && coding.step === 0);
  return columns.filter((column) => hasDensity(column) && !context.includes(column.name)).map(({ name }) => name);
}

/** The measure of the log-density of a row, in words. Two log-densities are comparable only if their measures are equal. */
export function describeMeasure(model: Pick<TableModel, "columns" | "context">): string {
  const densities = densityColumns(model);
  if (densities.length === 0) return "mass of the printed cells";
  const units = `density per unit of ${shortList(densities)}`;
  const isAll = model.columns.every(({ name }) => densities.includes(name) || model.context.includes(name));
  return isAll ? units : `${units}; mass of the other printed cells`;
}

/**
 * For each row the difference of the log-mass of the row as it is printed and its log-density, in nats: the logarithms of the
 * widths of the numbers that have a density. It converts log-densities of different models to a common measure.
 *
 * @param variables how the numbers of the columns are printed.
 */
export function logPrintedMass(
  { columns, context }: Pick<TableModel, "columns" | "context">,
  variables: readonly Variable[],
  rows: Table,
): Float64Array {
  const result = new Float64Array(rows.rows);
  const byName = new Map(columns.map((column) => [column.name, column]));
  for (const variable of variables) {
    const column = byName.get(variable.name);
    const cells = rows.columns.find(({ name }) => name === variable.name);
    if (column === undefined || cells?.kind !== "number" || context.includes(variable.name)) continue;
    for (const [row, x] of cells.values.entries()) {
      const logPrinted = logPrintedWidth(variable, x);
      const own = column.coding instanceof NumberCoding ? column.coding.logCellWidth(x, logPrinted) : logPrinted;
      result[row] = (result[row] as number) + own;
    }
  }
  return result;
}
