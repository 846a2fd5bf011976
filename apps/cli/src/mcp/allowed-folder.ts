import type { Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { UserError } from "../errors/user-error.ts";
import { isInside, realFolder } from "../folders/folders.ts";

/** Characters of patterns, which commands would match with files. */
const PATTERN = /[*?[\]{}]/;
/** Files and depth that are listed, at most. */
const MOST_FILES = 1000;
const MOST_DEPTH = 4;
const MOST_NAME = 1000;

/** A file of the folder. */
export interface ListedFile {
  readonly name: string;
  readonly bytes: number;
}

/** The only folder that tools may read from and write to. */
export class AllowedFolder {
  /** As it is, without symbolic links. */
  readonly path: string;
  /** Files that calls have written, and their state then. */
  private readonly made = new Map<string, string>();
  private readonly maxBytes: number;

  private constructor(path: string, maxBytes: number) {
    this.path = path;
    this.maxBytes = maxBytes;
  }

  /**
   * @param maxBytes of a file that is read.
   * @throws {UserError} the folder does not exist.
   */
  static async open(path: string, maxBytes: number): Promise<AllowedFolder> {
    return new AllowedFolder(await realFolder(path), maxBytes);
  }

  /**
   * A file that is read, as a name in the folder.
   *
   * @throws {UserError} it is outside of the folder, also by a symbolic link; no file; or too large.
   */
  async input(field: string, name: string): Promise<string> {
    const path = this.inside(field, name);
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined)
      throw new UserError(`${field}: expected a file of the folder, got "${name}", which does not exist.`);
    this.checkInside(field, name, real);
    const found = await stat(real);
    if (!found.isFile()) throw new UserError(`${field}: expected a file, got "${name}", which is not a file.`);
    if (found.size > this.maxBytes) {
      throw new UserError(
        `${field}: expected a file of at most ${this.maxBytes} bytes, got "${name}" of ${found.size}.`,
      );
    }
    return this.nameOf(path);
  }

  /**
   * Returns an output file, as a name in the folder.
   *
   * @param ends allowed extensions.
   * @throws {UserError} the file would be outside of the folder, its parent folder does not exist, its extension is not
   * allowed, or the file exists and no call has written it.
   */
  async output(field: string, name: string, ends: readonly string[]): Promise<string> {
    const path = this.inside(field, name);
    if (!ends.includes(extname(path).toLowerCase())) {
      throw new UserError(`${field}: expected a name that ends in ${ends.join(", ")}, got "${name}".`);
    }
    const folder = await realpath(dirname(path)).catch(() => undefined);
    if (folder === undefined)
      throw new UserError(`${field}: expected an existing folder, got the folder of "${name}".`);
    this.checkInside(field, name, join(folder, basename(path)));
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink() === true) {
      throw new UserError(`${field}: expected the name of a file, got "${name}", which is a symbolic link.`);
    }
    if (found !== undefined && this.made.get(path) !== stampOf(found)) {
      throw new UserError(
        `${field}: expected a new file or a file written by this server, got "${name}". Choose a different name.`,
      );
    }
    return this.nameOf(path);
  }

  /** Records that a call has written a file, which a later call may replace. */
  async wrote(name: string): Promise<void> {
    const path = resolve(this.path, name);
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined) this.made.set(path, stampOf(found));
  }

  /** Returns `true` if a text could be the name of an existing file, inside the folder or not. */
  async isFile(text: string): Promise<boolean> {
    if (text.includes("\0")) return true;
    return (await lstat(resolve(this.path, text)).catch(() => undefined)) !== undefined;
  }

  /** Lists the files of the folder and its subfolders, without following symbolic links. */
  async list(): Promise<readonly ListedFile[]> {
    const found: ListedFile[] = [];
    const visit = async (folder: string, depth: number): Promise<void> => {
      const entries = await readdir(folder, { withFileTypes: true });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (found.length >= MOST_FILES) return;
        const path = join(folder, entry.name);
        if (entry.isDirectory() && depth < MOST_DEPTH) await visit(path, depth + 1);
        else if (entry.isFile()) found.push({ name: relative(this.path, path), bytes: (await stat(path)).size });
      }
    };
    await visit(this.path, 1);
    return found;
  }

  private inside(field: string, name: string): string {
    if (name.trim() === "" || name.length > MOST_NAME || name.includes("\0")) {
      throw new UserError(`${field}: expected the name of a file, got ${JSON.stringify(name.slice(0, 60))}.`);
    }
    if (PATTERN.test(name)) {
      throw new UserError(`${field}: expected one file name without * ? [ ] { }, got "${name}".`);
    }
    const path = resolve(this.path, name);
    this.checkInside(field, name, path);
    return path;
  }

  private checkInside(field: string, name: string, path: string): void {
    if (path === this.path || !isInside(this.path, path)) {
      throw new UserError(`${field}: expected a file inside the folder of the server, got "${name}".`);
    }
  }

  /** A name that no command takes for an option, or for standard input. */
  private nameOf(path: string): string {
    const name = relative(this.path, path);
    return name.startsWith("-") ? `.${sep}${name}` : name;
  }
}

/** Returns a stamp that changes if a file is replaced or changed. */
function stampOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}
