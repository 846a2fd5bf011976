import { batch } from "@preact/signals";
import type { TableProgress } from "../shared/table-protocol.ts";
import { columnProgress, tableProgress } from "./state.ts";

/** Takes in where the training of a table stands. */
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
