import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { report } from "./attempt.ts";
import { askable, table } from "./state.ts";

type TablePage = typeof import("./table/table-page.ts").tablePage;

const loaded = signal<TablePage | undefined>(undefined);

/** The parts of the page for a table of any columns and for questions; undefined while they are loaded. */
export function useTablePage(): TablePage | undefined {
  const isNeeded = (table.value !== undefined || askable.value !== undefined) && loaded.value === undefined;
  useEffect(() => {
    if (!isNeeded) return;
    import("./table/table-page.ts").then(
      ({ tablePage }) => {
        loaded.value = tablePage;
      },
      (error: unknown) => report(error),
    );
  }, [isNeeded]);
  return loaded.value;
}
