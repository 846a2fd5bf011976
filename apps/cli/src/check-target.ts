import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "./user-error.ts";

/**
 * Checks that a file can be written, before any work is done for it.
 *
 * @param inputs files that the command reads: none of them may be the target.
 * @throws {UserError} the folder is not there or not writable, the path is a folder, or is one of the inputs.
 */
export async function checkTarget(path: string, inputs: readonly string[]): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new UserError(
      `--out ${path}: expected a folder "${folder}", got ${found === undefined ? "none. Create it first" : "a file"}.`,
    );
  }
  if ((await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new UserError(`--out ${path}: expected the name of a file, got a folder.`);
  }
  if (!(await access(folder, constants.W_OK).then(yes, no))) {
    throw new UserError(`--out ${path}: expected a folder that you may write to, got "${folder}".`);
  }
  const target = await real(path);
  for (const input of inputs) {
    if (input !== "-" && (await real(input)) === target) {
      throw new UserError(`--out ${path}: expected another file than the one that is read, got the same.`);
    }
  }
}

function real(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

const yes = (): boolean => true;
const no = (): boolean => false;
