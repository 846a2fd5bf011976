import { MissingPackageError } from "../errors/errors.ts";

/**
 * Imports an optional peer dependency, which is installed only if needed.
 *
 * @param where the caller, for the message.
 * @param name of the package in npm.
 * @param load the import, written out so that a bundler sees it.
 * @throws {MissingPackageError} the package is not installed; the message has the command that installs it. Any other
 * error of the import passes through.
 * @example
 * import { importOptional } from "@pushforward/core/node";
 * const { basename } = await importOptional("report", "node:path", () => import("node:path"));
 */
export async function importOptional<Module>(
  where: string,
  name: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause;
    throw new MissingPackageError(
      `${where}: expected the package ${name}, which is not installed. Install it with: npm install ${name}`,
      { cause },
    );
  }
}

/** True if the package itself is missing, not a package that it imports. */
function isMissing(cause: unknown, name: string): boolean {
  if (!(cause instanceof Error) || (cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") return false;
  const [, missing = ""] = /package '([^']+)'|"([^"]+)"/.exec(cause.message) ?? [];
  return missing === name;
}
