import { realpath } from "node:fs/promises";
import { UserError } from "../errors/user-error.ts";
import { isInside } from "../folders/is-inside.ts";
import { realFolder } from "../folders/real-folder.ts";

/** The folder that a worker may read from and write to, and nothing outside of it. */
export class WorkerFolder {
  private readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws {UserError} there is no such folder. */
  static async open(path: string): Promise<WorkerFolder> {
    return new WorkerFolder(await realFolder(path));
  }

  /**
   * Checks where a file or folder really is.
   *
   * @throws {UserError} it is not there, or outside of the folder, also by a symbolic link.
   */
  async check(path: string): Promise<void> {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || !isInside(this.path, real)) {
      throw new UserError(
        `${path}: expected a file in the folder of the worker, ${this.path}, got ${real === undefined ? "none" : "one outside of it"}. Start the worker with --folder.`,
      );
    }
  }
}
