import type { Table } from "pushforward";

const MOST_ROWS = 20;

/** Shows the first rows of a table; numbers to five digits. */
export function showTable(into: HTMLElement, { rows, columns }: Table): void {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const { name } of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  for (let i = 0; i < Math.min(rows, MOST_ROWS); i++) {
    const row = body.insertRow();
    for (const { values } of columns) {
      const value = values[i];
      row.insertCell().textContent = typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value);
    }
  }
  into.replaceChildren(table);
  into.hidden = false;
}
