import { contextVector, type RowLayout } from "@pushforward/tables/extend";
import { pageElement } from "./page-element.ts";

/** Fields for the columns that a model is given; returns what reads them as a context. */
export function contextFields(layout: RowLayout): () => Float64Array {
  const fields = layout.context.map((column, i) => {
    const label = document.createElement("label");
    const field = document.createElement(column.kind === "number" ? "input" : "select");
    field.id = `context-${i}`;
    label.htmlFor = field.id;
    label.textContent = column.name;
    if (column.kind === "category") {
      for (const [k, category] of column.categories.entries()) field.append(new Option(category, String(k)));
    } else {
      (field as HTMLInputElement).type = "number";
      (field as HTMLInputElement).step = "any";
      field.value = "0";
    }
    pageElement("context").append(label, field);
    return field;
  });
  return () =>
    contextVector(
      layout,
      fields.map(({ value }) => Number(value)),
    );
}
