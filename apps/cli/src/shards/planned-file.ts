import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { UserError } from "../errors/user-error.ts";
import { located } from "../run/program-io.ts";
import type { PlannedFile } from "./run-plan.ts";

/**
 * A file as it is now.
 *
 * @throws {UserError} it is none.
 */
export async function plannedFile(path: string): Promise<PlannedFile> {
  try {
    const real = await realpath(located(path));
    const found = await stat(real);
    if (!found.isFile()) throw new Error("something else");
    return { path: real, bytes: found.size, modified: Math.floor(found.mtimeMs) };
  } catch (error) {
    throw new UserError(`${path}: expected a file, got ${(error as Error).message}.`);
  }
}

/**
 * Checks that a file is as it was when the run was planned.
 *
 * @throws {UserError} it has changed.
 */
export async function checkUnchanged(planned: PlannedFile): Promise<void> {
  const { path, bytes, modified } = await plannedFile(planned.path);
  if (path !== planned.path || bytes !== planned.bytes || modified !== planned.modified) {
    throw new UserError(
      `${planned.path}: expected the file as it was when the run began, ${planned.bytes} bytes, got one that has changed. Begin the run again with --force.`,
    );
  }
}

/** The SHA-256 of the bytes of a file, in hexadecimal digits. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
