import { batch } from "@preact/signals";
import type { TableProgress } from "../shared/table-protocol.ts";
import { EngineClosed } from "./engine.ts";
import { busy, columnProgress, fail, tableProgress } from "./state.ts";

/** Runs some work and reports its errors. Returns `true` if it succeeded. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

/** Does something for which the page waits. */
export async function working(what: string, work: () => Promise<void>): Promise<void> {
  busy.value = what;
  try {
    await work();
  } catch (error) {
    report(error);
  } finally {
    busy.value = "";
  }
}

/** Runs some work without reporting its errors, because the workers report errors themselves. */
export async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // The painter tells by itself what is wrong.
  }
}

/** Reports an error. */
export function report(error: unknown): void {
  busy.value = "";
  // A crash has its own notice.
  if (!(error instanceof EngineClosed)) fail(error instanceof Error ? error.message : String(error));
}

/** Adds the progress of the training of a table. */
export function addTableProgress(next: TableProgress): void {
  batch(() => {
    if (next.changed.length > 0) {
      columnProgress.value = new Map([
        ...columnProgress.value,
        ...next.changed.map(([, column]) => [column.name, column] as const),
      ]);
    }
    tableProgress.value = next;
  });
}
