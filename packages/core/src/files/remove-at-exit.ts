import { rmSync } from "node:fs";

const paths = new Set<string>();

function removeAll(): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}

/**
 * Has a temporary file or folder removed if the process exits before it is forgotten.
 *
 * @returns forgets it.
 * @example
 * import { removeAtExit } from "@pushforward/core/node";
 * const forget = removeAtExit("rows.tmp");
 * forget();
 */
export function removeAtExit(path: string): () => void {
  if (paths.size === 0) process.on("exit", removeAll);
  paths.add(path);
  return () => {
    paths.delete(path);
    if (paths.size === 0) process.off("exit", removeAll);
  };
}
