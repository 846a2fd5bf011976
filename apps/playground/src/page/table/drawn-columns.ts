import { computed } from "@preact/signals";
import { table } from "../state.ts";

/** The names of the columns that pictures show, in the order in which the trainer counts them. */
export const drawnColumns = computed<readonly string[]>(
  () => table.value?.columns.filter(({ use }) => use === "learned" || use === "follows").map(({ name }) => name) ?? [],
);
