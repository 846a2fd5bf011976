import { DataError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { TableRows } from "@pushforward/tables/extend";

/** Columns up to which covariances are worked with: the time that they take grows with the cube of their number. */
const MOST_COLUMNS = 1000;

/** Columns from which on their fit takes seconds to minutes, which is said before. */
const MANY_COLUMNS = 200;

/** What to say before covariances of so many columns are fitted, if they are many. */
export function waitNote(columns: number): string | undefined {
  if (columns < MANY_COLUMNS) return undefined;
  return `Fitting mixtures of Gaussians to ${columns} columns: with so many, this takes seconds to minutes.`;
}

/**
 * Refuses tables that are so wide that the mixture of Gaussians, with which all members start, would take minutes to hours.
 *
 * @throws {DataError} with what to do instead.
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
