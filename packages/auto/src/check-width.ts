import { DataError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { TableRows } from "@pushforward/tables/extend";

/** Columns up to which covariances are worked with: the time that they take grows with the cube of their number. */
const MOST_COLUMNS = 1000;

/** Number of columns from which a fit takes seconds to minutes and a note announces it. */
const MANY_COLUMNS = 200;

/** Note shown before fitting covariances of a large number of columns; undefined for fewer columns. */
export function waitNote(columns: number): string | undefined {
  if (columns < MANY_COLUMNS) return undefined;
  return `Fitting mixtures of Gaussians to ${columns} columns: with so many, this takes seconds to minutes.`;
}

/**
 * Refuses tables so wide that the mixture of Gaussians, the start of all members, would take minutes to hours.
 *
 * @throws {DataError} with an alternative for the caller.
 */
export function checkWidth({ x, context }: TableRows, classes: readonly (readonly number[])[]): void {
  const given = (context?.shape[1] ?? 0) - classes.flat().length;
  const columns = (x.shape[1] as number) + given;
  if (columns <= MOST_COLUMNS) return;
  throw new DataError([
    `fitAuto: expected at most ${MOST_COLUMNS} columns of numbers, got ${columns}: the time to fit their covariances grows with the ` +
      "cube of their number. Choose columns, reduce them first (PCA, say), or train ",
    mention("architecture", { words: "a flow of a fixed form" }),
    ".",
  ]);
}
