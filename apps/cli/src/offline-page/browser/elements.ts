import type { Table } from "@pushforward/datasets";

/** An element of the page by its id. */
export function pageElement<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`page: expected an element ${id}, got none.`);
  return element as E;
}

/** Offers a text as a download. */
export function saveText(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Shows the first rows of a table; numbers to five digits. */
export function showTable(into: HTMLElement, { rows, columns }: Table, most = 20): void {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const { name } of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  for (let i = 0; i < Math.min(rows, most); i++) {
    const row = body.insertRow();
    for (const { values } of columns) {
      const value = values[i];
      row.insertCell().textContent = typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value);
    }
  }
  into.replaceChildren(table);
  into.hidden = false;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
