import type { Settings } from "../../shared/settings.ts";
import { working } from "../attempt.ts";
import { readAgain, show } from "../session.ts";
import { notice, settings } from "../state.ts";

/** Reads a table with other settings of its columns; where they do not fit it, nothing changes. Gives whether they did. */
export async function tryColumns(change: Pick<Settings, "columns" | "kinds">): Promise<boolean> {
  const before = settings.value;
  settings.value = { ...before, ...change };
  notice.value = undefined;
  let isDone = false;
  await working("Reading the data", async () => {
    try {
      show(await readAgain());
      isDone = true;
    } catch (error) {
      settings.value = before;
      throw error;
    }
  });
  return isDone;
}
