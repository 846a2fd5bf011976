import type { CompiledModel } from "@pushforward/runtime";
import { layoutKinds, layoutNames, type RowLayout, tableRows } from "@pushforward/tables/extend";
import { formatCsv, type NumberColumn, parseCsv, type Table } from "pushforward";
import { pageElement } from "./page-element.ts";
import { saveText } from "./save-text.ts";
import { showTable } from "./show-table.ts";

/** Scores rows that are typed, chosen as a file or dropped; tells `onRows` their numbers. */
export function scoreSection(
  model: CompiledModel,
  layout: RowLayout,
  say: (text: string) => void,
  onRows: (x: Float64Array) => void,
): void {
  const text = pageElement<HTMLTextAreaElement>("rows");
  const save = pageElement<HTMLButtonElement>("save-scores");
  let scored: Table | undefined;
  const score = (source: string | Uint8Array): void => {
    try {
      const table = parseCsv(source, { columns: layoutNames(layout), kinds: layoutKinds(layout) });
      const { x, context } = tableRows(table, layout, "the rows");
      const values = model.logProb(x.data, context?.data);
      const density: NumberColumn = { name: "log_density", kind: "number", values };
      scored = { rows: table.rows, columns: [density, ...table.columns] };
      showTable(pageElement("scores"), scored);
      save.disabled = false;
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      say(`${table.rows.toLocaleString("en")} rows scored; mean log-density ${mean.toFixed(4)} nats per row.`);
      onRows(x.data as Float64Array);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  const scoreFile = async (file: File | null | undefined): Promise<void> => {
    if (file) score(new Uint8Array(await file.arrayBuffer()));
  };
  text.placeholder = `${layoutNames(layout).join(",")}\n`;
  pageElement("score").addEventListener("click", () => score(text.value));
  const chosen = pageElement<HTMLInputElement>("rows-file");
  chosen.addEventListener("change", () => void scoreFile(chosen.files?.[0]));
  save.addEventListener("click", () => scored && saveText("scores.csv", formatCsv(scored)));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void scoreFile(event.dataTransfer?.files[0]);
  });
}
