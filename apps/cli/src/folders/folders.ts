import { randomUUID } from "node:crypto";
import { realpath, rename, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { UserError } from "../errors/user-error.ts";
import { located } from "../run/program-io.ts";

/**
 * Writes a file of a folder that several machines share. The file appears as a whole, and the write never follows a
 * symbolic link at its path.
 */
export async function writeWhole(file: string, contents: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(file), `${randomUUID()}.tmp`);
  await writeFile(temporary, contents, { flush: true });
  await rename(temporary, file);
}

/**
 * Returns `true` if a path is a folder or inside the folder. Both paths must be absolute and without symbolic links.
 */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  // On Windows, the way to another drive is absolute.
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Returns the path of the folder of `--folder`, without symbolic links.
 *
 * @throws {UserError} the folder does not exist.
 */
export async function realFolder(path: string): Promise<string> {
  const real = await realpath(located(path)).catch(() => undefined);
  const found = real === undefined ? undefined : await stat(real);
  if (real !== undefined && found?.isDirectory() === true) return real;
  throw new UserError(`--folder ${path}: expected a folder, got ${found === undefined ? "none" : "a file"}.`);
}
