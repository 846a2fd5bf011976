import type { Variable } from "@pushforward/columns";
import { variableDomain } from "@pushforward/columns/extend";
import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import type { NumberColumn, Table } from "@pushforward/datasets";
import { type CellCoding, categoryCoding, columnOf } from "./category-coding.ts";
import { dateCycles, fitNumberCoding } from "./fit-number-coding.ts";

/** Known facts about the columns of a table. */
export interface CodingHints {
  /** Spacing of the numbers of a column, by column name. Default: the spacing of its variable. */
  readonly steps?: ReadonlyMap<string, number> | undefined;
  /** Types of the columns. Default: numbers of any size, and categories without an order. */
  readonly variables?: readonly Variable[] | undefined;
}

/**
 * Makes the coding of a column of a table: categories of text, and numbers with a step.
 *
 * @param support rows with values that also get codes, but have no share in the frequencies.
 * @throws {OptionError} a step is negative or not finite.
 * @throws {DataError} the column does not exist, has no values, or has a value that it cannot have.
 */
export function codingOf(table: Table, name: string, { steps, variables }: CodingHints, support?: Table): CellCoding {
  const column = columnOf(table, name);
  const other = support && columnOf(support, name);
  const variable = variables?.find((candidate) => candidate.name === name);
  if (column.kind === "text") {
    return categoryCoding(column, { support: other?.kind === "text" ? other : undefined, levels: variable?.levels });
  }
  const more = other?.kind === "number" ? other : undefined;
  const isInteger = ({ values }: NumberColumn): boolean => values.every((x) => Number.isNaN(x) || Number.isInteger(x));
  const found = isInteger(column) && (more === undefined || isInteger(more)) ? 1 : 0;
  const step = steps?.get(name) ?? (variable === undefined ? found : (variable.step ?? 0));
  if (!(step >= 0 && Number.isFinite(step))) {
    throw new OptionError(`table: expected a step of at least 0 for column "${name}", got ${describeValue(step)}.`);
  }
  const domain = variable && variableDomain(variable);
  const cycles = cyclesOf(variable, column, more);
  return fitNumberCoding(column, step, { support: more, domain, cycles, isDate: variable?.kind === "date" });
}

/** The periods of a column: the length of a circle, and the cycles of dates. */
function cyclesOf(variable: Variable | undefined, column: NumberColumn, support: NumberColumn | undefined): number[] {
  if (variable?.kind === "date") return dateCycles(column.values, ...(support === undefined ? [] : [support.values]));
  const { low, high, isCircular } = (variable && variableDomain(variable)) ?? { low: 0 };
  return isCircular && high !== undefined ? [high - low] : [];
}
