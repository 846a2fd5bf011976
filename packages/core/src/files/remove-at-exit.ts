import { rmSync } from "node:fs";

const paths = new Set<string>();

function removeAll(): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ends the process as the signal does by itself. A program that listens to it decides on its own when to end. */
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
