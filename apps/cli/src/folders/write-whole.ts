import { randomUUID } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Writes a file of a folder that several machines share: it appears whole, and never through a symbolic link that stands in
 * its place.
 */
export async function writeWhole(file: string, contents: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(file), `${randomUUID()}.tmp`);
  await writeFile(temporary, contents, { flush: true });
  await rename(temporary, file);
}
