import type { RowRange } from "@pushforward/files";
import { UserError } from "../errors/user-error.ts";

/** Shards of a run, at most: their names are sorted by five digits. */
const MOST_SHARDS = 100_000;

/**
 * Ranges of so many rows, of which the last may have fewer.
 *
 * @throws {UserError} there are too many of them.
 */
export function cutRows(rows: number, size: number): RowRange[] {
  checkShardCount(Math.ceil(rows / size));
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({
    from: i * size,
    count: Math.min(size, rows - i * size),
  }));
}

/** @throws {UserError} there are too many shards. */
export function checkShardCount(count: number): void {
  if (count <= MOST_SHARDS) return;
  throw new UserError(`--shard-rows: expected at most ${MOST_SHARDS} shards, got ${count}. Make them larger.`);
}
