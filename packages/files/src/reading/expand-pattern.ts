import { readdir, stat } from "node:fs/promises";
import { join, normalize, parse, sep } from "node:path";
import { DataError } from "@pushforward/core";

/** Maximum number of files of a pattern. */
const MOST_FILES = 100_000;

/**
 * The files of a path, sorted: the one of this name, or those that match a pattern with `*`, `?`, `[…]` or `**`. As in a shell,
 * only a pattern that begins with a point matches names that do.
 *
 * @throws {DataError} there are none, or more than 100,000.
 */
export async function expandPattern(path: string): Promise<readonly string[]> {
  if (!/[*?[]/.test(path) || (await stat(path).catch(() => undefined)) !== undefined) return [path];
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep === "\\" ? /[\\/]+/ : /\/+/);
  const files: string[] = [];
  for await (const file of matches(root, parts)) {
    if (files.push(file) > MOST_FILES) {
      throw new DataError(`${path}: expected at most ${MOST_FILES} files, got more.`, { file: path });
    }
  }
  if (files.length === 0) throw new DataError(`${path}: expected at least one file, got none.`, { file: path });
  // A file may match a pattern with ** in several ways.
  return [...new Set(files)].sort();
}

/** The files below a folder that match the parts of a pattern. */
async function* matches(folder: string, [part, ...rest]: readonly string[]): AsyncGenerator<string> {
  if (part === undefined) return;
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part);
    if (rest.length > 0) yield* matches(path, rest);
    else if (
      await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      yield path;
    return;
  }
  const isAnyDepth = part === "**";
  if (isAnyDepth) yield* matches(folder, rest.length === 0 ? ["*"] : rest);
  const expression = isAnyDepth ? /^[^.]/ : expressionOf(part);
  const entries = await readdir(normalize(folder || "."), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!expression.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const isFolder = entry.isSymbolicLink() ? await isDirectory(path) : entry.isDirectory();
    // Links to folders are not followed at any depth: they may lead back.
    if (isAnyDepth && entry.isDirectory()) yield* matches(path, [part, ...rest]);
    else if (!isAnyDepth && isFolder && rest.length > 0) yield* matches(path, rest);
    else if (!isAnyDepth && !isFolder && rest.length === 0) yield path;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The names that a part of a pattern matches. */
function expressionOf(part: string): RegExp {
  const source = part.replace(
    /\[(!?)([^\]]+)\]|[*?]|[\\^$+.()|{}[\]]/g,
    (found, negation?: string, members?: string) => {
      if (members !== undefined) return `[${negation ? "^" : ""}${members.replace(/[\\^]/g, "\\$&")}]`;
      return found === "*" ? "[^/]*" : found === "?" ? "[^/]" : `\\${found}`;
    },
  );
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${source}$`);
}
