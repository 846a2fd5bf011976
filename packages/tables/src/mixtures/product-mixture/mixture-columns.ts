import { DataError, OptionError } from "@pushforward/core";
import type { CellCoding } from "../../density/coding/cell-coding.ts";
import { codingOf } from "../../density/coding/coding-of.ts";
import type { TableParts } from "../../density/fit/table-parts.ts";

/** What says which columns a mixture learns, and how their cells become codes. */
export interface MixtureColumnsOptions {
  readonly columns?: readonly string[] | undefined;
  readonly steps?: ReadonlyMap<string, number> | undefined;
  readonly codings?: readonly MixtureColumn[] | undefined;
}

/**
 * The columns that a mixture learns, with the codings that it was given, or those of its rows.
 *
 * @param where for the errors.
 * @throws {DataError} there are no columns. @throws {OptionError} a coding is missing.
 */
export function mixtureColumns(
  where: string,
  { train, validation }: Pick<TableParts, "train" | "validation">,
  { columns, codings, steps }: MixtureColumnsOptions,
): readonly MixtureColumn[] {
  const names = columns ?? (codings ?? train.columns).map(({ name }) => name);
  if (names.length === 0) throw new DataError(`${where}: expected columns to learn, got none.`);
  return names.map((name) => {
    if (codings === undefined) return { name, coding: codingOf(train, name, { steps }, validation) };
    const found = codings.find((column) => column.name === name);
    if (found !== undefined) return { name, coding: found.coding };
    throw new OptionError(`${where}: expected a coding of column "${name}", got none.`);
  });
}

/**
 * The numbers of components that are asked for.
 *
 * @throws {OptionError} they are no rising integers from 1.
 */
export function checkedSizes(where: string, components: number | readonly number[]): readonly number[] {
  const sizes = typeof components === "number" ? [components] : components;
  const isRising = sizes.every((size, i) => Number.isSafeInteger(size) && size > (sizes[i - 1] ?? 0));
  if (sizes.length > 0 && isRising) return sizes;
  throw new OptionError(`${where}: expected components to be rising integers from 1, got [${sizes}].`);
}

/** A column of a `ProductMixture`. A column of a `TableDensity` is one, too. */
export interface MixtureColumn {
  readonly name: string;
  readonly coding: CellCoding;
}

/** The codes that cells of a column have: all but that of the mixture of logistics, which networks alone use. */
export function cellCodes({ codes, components }: CellCoding): number {
  return codes - (components > 0 ? 1 : 0);
}
