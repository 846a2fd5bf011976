import { open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { DataError } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { located } from "../run/program-io.ts";

const PIECE_BYTES = 1 << 18;
const POLL_MILLISECONDS = 200;

/**
 * The bytes of a file and those that are appended to it, until the signal is aborted.
 *
 * @throws {DataError} it cannot be read.
 * @throws {UserError} it has become shorter.
 */
export async function* followFile(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(located(path)).catch((cause: Error) => {
    throw new DataError(`${path}: expected a readable file, got ${cause.message}.`, { file: path }, { cause });
  });
  try {
    let position = 0;
    while (!signal.aborted) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) {
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      const { size } = await file.stat();
      if (size < position) {
        throw new UserError(
          `${path}: expected a file that grows, got one that has become shorter (${size} bytes after ${position}).`,
        );
      }
      await wait(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}
