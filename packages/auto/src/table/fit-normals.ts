import type { Table } from "@pushforward/datasets";
import {
  type FitTableDensityOptions,
  fitNormalMixture,
  type NormalMixture,
  type TableDensity,
} from "@pushforward/tables";
import { type FittedMember, fitMember } from "./fit-member.ts";

/** Columns whose values have an order: fewer have hardly a joint normal, and covariances of more take long. */
const LEAST_COLUMNS = 2;
const MOST_COLUMNS = 60;
/** From so many rows networks learn more than a mixture of few components can have. */
const MOST_ROWS = 10_000;

/**
 * Fits a mixture of normals to the columns of a density that do not follow from others, with the same rows for training and
 * validation; undefined where too few or too many of them are numbers, or where there are many rows.
 */
export async function fitNormals(
  table: Table,
  density: TableDensity,
  options: FitTableDensityOptions,
): Promise<FittedMember<NormalMixture> | undefined> {
  const numbers = density.columns.filter(
    ({ dependent, coding }) => dependent === undefined && coding.columnKind === "number",
  );
  if (numbers.length < LEAST_COLUMNS || numbers.length > MOST_COLUMNS || table.rows > MOST_ROWS) return undefined;
  return fitMember(table, density, options, ({ train, codings, validation, best }) =>
    fitNormalMixture(train, { key: options.key.fold("normals"), codings, validation, signal: options.signal, ...best }),
  );
}
