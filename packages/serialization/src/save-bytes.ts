import { writeFile } from "node:fs/promises";
import { replaceFile } from "@pushforward/core/node";

/**
 * Writes a file such that a crash, a full disk or `kill -9` at any moment leaves the whole old file or the whole new one.
 *
 * A symbolic link stays one: its target is replaced. The permissions of an existing file are kept.
 *
 * @param bytes must not change until the promise settles.
 * @throws {SaveError} with the cause; the old file is untouched and no temporary file remains.
 * @example
 * await saveBytes("report.json", new TextEncoder().encode(JSON.stringify({ nll: 2.31 })));
 */
export async function saveBytes(path: string, bytes: Uint8Array): Promise<void> {
  await replaceFile("save", path, (temporary) => writeFile(temporary, bytes));
}
