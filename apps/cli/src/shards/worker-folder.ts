import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { UserError } from "../errors/user-error.ts";

/** The folder that a worker may read from and write to, and nothing outside of it. */
export class WorkerFolder {
  private readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws {UserError} there is no such folder. */
  static async open(path: string): Promise<WorkerFolder> {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || !(await stat(real)).isDirectory()) {
      throw new UserError(`--folder ${path}: expected a folder, got ${real === undefined ? "none" : "a file"}.`);
    }
    return new WorkerFolder(real);
  }

  /**
   * Checks where a file or folder really is.
   *
   * @throws {UserError} it is not there, or outside of the folder, also by a symbolic link.
   */
  async check(path: string): Promise<void> {
    const real = await realpath(path).catch(() => undefined);
    const way = real === undefined ? undefined : relative(this.path, real);
    if (way === undefined || way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) {
      throw new UserError(
        `${path}: expected a file in the folder of the worker, ${this.path}, got ${way === undefined ? "none" : "one outside of it"}. Start the worker with --folder.`,
      );
    }
  }
}
