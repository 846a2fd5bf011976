import { ContextError } from "@pushforward/core";

/** A columns option: distinct places in a context. All, unless given. */
export function contextColumns(
  where: string,
  contextFeatures: number,
  columns: readonly number[] = Array.from({ length: contextFeatures }, (_, i) => i),
): readonly number[] {
  const seen = new Set<number>();
  const bad = columns.find((column) => {
    const isBad = !Number.isInteger(column) || column < 0 || column >= contextFeatures || seen.has(column);
    seen.add(column);
    return isBad;
  });
  if (columns.length === 0 || bad !== undefined) {
    throw new ContextError(
      `${where}: expected different columns of a context of ${contextFeatures}, got ${columns.length === 0 ? "none" : bad}.`,
    );
  }
  return [...columns];
}
