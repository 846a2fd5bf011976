import { createHash, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open, readdir, realpath, rename, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { PushforwardError, SaveError } from "../errors/errors.ts";

const paths = new Set<string>();

function removeAll(): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Terminates the process with the default action of the signal. If the program has a listener, the listener decides.
 */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  stopListening();
  process.kill(process.pid, signal);
}

function stopListening(): void {
  process.off("exit", removeAll);
  for (const signal of SIGNALS) process.off(signal, endBy);
}

/**
 * Has a temporary file or folder removed if the process exits, or is ended by a signal that can be caught, before it is forgotten.
 *
 * @returns forgets it.
 * @example
 * import { removeAtExit } from "@pushforward/core/node";
 * const forget = removeAtExit("rows.tmp");
 * forget();
 */
export function removeAtExit(path: string): () => void {
  if (paths.size === 0) {
    process.on("exit", removeAll);
    for (const signal of SIGNALS) process.on(signal, endBy);
  }
  paths.add(path);
  return () => {
    paths.delete(path);
    if (paths.size === 0) stopListening();
  };
}

/** Suffixes of temporary files, and of additional files of a writer. */
const OWN = /\.tmp(\.[a-z.]+)?$/;

/**
 * Writes a file atomically: a crash, a full disk or `kill -9` leaves the complete old or new file. It writes a
 * temporary file in the same folder, syncs it (fsync), and renames it. Temporary files of dead processes of this
 * machine for the same file are removed.
 *
 * A symbolic link stays a link: its target is replaced. The permissions of an existing file are kept.
 *
 * @param where the caller, for messages.
 * @param write writes the complete file to the given path, which is an empty file.
 * @throws {SaveError} for a system error, with the cause. Other errors of `write` pass through. In both cases the old
 * file is untouched and no temporary file remains, even if the process stops meanwhile.
 * @example
 * import { writeFile } from "node:fs/promises";
 * import { replaceFile } from "@pushforward/core/node";
 * await replaceFile("report", "report.txt", (temporary) => writeFile(temporary, "2.31 nats"));
 */
export async function replaceFile(
  where: string,
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  try {
    const target = await realpath(path).catch(() => resolve(path));
    const folder = dirname(target);
    await removeOrphans(folder, target);
    await replace(folder, target, write);
  } catch (cause) {
    // What a source of rows throws is not a matter of writing.
    if (codeOf(cause) === undefined || cause instanceof PushforwardError) throw cause;
    throw new SaveError(
      `${where}: expected to write "${path}", got ${(cause as Error).message}.${remedy(cause)} The existing file is unchanged.`,
      { cause },
    );
  }
}

async function replace(folder: string, target: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(folder, `${prefixOf(target)}${process.pid}-${randomUUID()}.tmp`);
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => undefined,
  );
  const forget = removeAtExit(temporary);
  try {
    await (await open(temporary, "wx", mode)).close();
    await write(temporary);
    const handle = await open(temporary, "r+");
    try {
      // The mask of the process applies to open, not to chmod; and `write` may have made another file of that name.
      if (mode !== undefined) await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    forget();
  }
  await syncFolder(folder);
}

/** Makes the rename durable. Windows can't open folders, and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch (error) {
    // Some file systems can't sync a folder, and one without read permission can't be opened. The file is there.
    if (!["EINVAL", "ENOTSUP", "EACCES", "EPERM"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    await handle?.close();
  }
}

async function removeOrphans(folder: string, target: string): Promise<void> {
  const prefix = prefixOf(target);
  // A folder that may be written but not listed has no orphans that we could see.
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(prefix) && OWN.test(name) ? Number.parseInt(name.slice(prefix.length), 10) : 0;
    const path = join(folder, name);
    if (pid > 0 && (await isOrphan(path, pid))) await unlink(path).catch(() => undefined);
  }
}

async function isOrphan(path: string, pid: number): Promise<boolean> {
  if (pid === process.pid) {
    // In a container a process often gets the pid of its dead predecessor: then the file is older than we are.
    const started = Date.now() - process.uptime() * 1000;
    const modified = await stat(path).then(
      (found) => found.mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    return modified < started;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

// The host is part of the name, because on a shared disk a pid says nothing about the processes of another machine.
function prefixOf(target: string): string {
  const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  return `.${basename(target)}.${host}-`;
}

function remedy(cause: unknown): string {
  const code = codeOf(cause);
  if (code === "ENOENT" || code === "ENOTDIR") return " Create the folder first.";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return " Choose a folder that you may write to.";
  if (code === "ENOSPC" || code === "EDQUOT") return " Free some disk space.";
  if (code === "EISDIR") return " Name a file, not a folder.";
  return "";
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
