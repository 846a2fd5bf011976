import type { CompiledModel } from "@pushforward/runtime";
import { type RowLayout, sampleColumns } from "@pushforward/tables/extend";
import { createKey, formatCsv, ndArray, type Table } from "pushforward";
import { pageElement } from "./page-element.ts";
import { saveText } from "./save-text.ts";
import { showTable } from "./show-table.ts";

/** Draws samples: those of `pushforward sample` for the same seed. */
export function sampleSection(
  model: CompiledModel,
  layout: RowLayout,
  say: (text: string) => void,
  contextsOf: (rows: number) => Float64Array | undefined,
): void {
  const save = pageElement<HTMLButtonElement>("save-samples");
  const [count, seed] = ["count", "seed"].map((id) => pageElement<HTMLInputElement>(id)) as [
    HTMLInputElement,
    HTMLInputElement,
  ];
  const draw = pageElement<HTMLButtonElement>("draw");
  let drawn: Table | undefined;
  if (!model.canSample) {
    draw.disabled = true;
    pageElement("samples").textContent = "Samples of this model need an inverse that only pushforward computes.";
    return;
  }
  draw.addEventListener("click", () => {
    if (!count.reportValidity() || !seed.reportValidity()) return;
    const rows = count.valueAsNumber;
    const samples = model.sample(createKey(seed.valueAsNumber).fold(0), rows, contextsOf(rows));
    drawn = { rows, columns: sampleColumns(layout, ndArray([rows, model.features], samples)) };
    showTable(pageElement("samples"), drawn);
    save.disabled = false;
    say(`${rows.toLocaleString("en")} samples drawn.`);
  });
  save.addEventListener("click", () => drawn && saveText("samples.csv", formatCsv(drawn)));
}
