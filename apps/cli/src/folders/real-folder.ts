import { realpath, stat } from "node:fs/promises";
import { UserError } from "../errors/user-error.ts";
import { located } from "../run/program-io.ts";

/**
 * Where the folder of `--folder` is, without symbolic links.
 *
 * @throws {UserError} there is no such folder.
 */
export async function realFolder(path: string): Promise<string> {
  const real = await realpath(located(path)).catch(() => undefined);
  const found = real === undefined ? undefined : await stat(real);
  if (real !== undefined && found?.isDirectory() === true) return real;
  throw new UserError(`--folder ${path}: expected a folder, got ${found === undefined ? "none" : "a file"}.`);
}
