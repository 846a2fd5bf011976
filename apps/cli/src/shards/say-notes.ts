import { say } from "../output/terminal.ts";
import type { ShardRecord } from "./shard-record.ts";

/** Different notes that are said, at most. */
const MOST_NOTES = 5;

/** Says what there is to say of the files of shards, each thing once. */
export function sayNotes(records: readonly ShardRecord[]): void {
  const shards = new Map<string, number[]>();
  for (const [index, { notes }] of records.entries()) {
    for (const note of notes) shards.set(note, [...(shards.get(note) ?? []), index]);
  }
  for (const [note, [first, ...others]] of [...shards].slice(0, MOST_NOTES)) {
    say(`shard ${first}${others.length > 0 ? ` and ${others.length} more` : ""}: ${note}`);
  }
  if (shards.size > MOST_NOTES) say(`and ${shards.size - MOST_NOTES} more notes of this kind`);
}
