import type { TableReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";

/** The rows that the model finds least likely, and which of their cells cost most. */
export function oddRowsSection({ oddRows, data }: TableReport): Markup {
  const hasCells = oddRows.some(({ cells }) => cells.length > 0);
  const rows = oddRows.map(({ row, logDensity, cells }) => {
    const reasons = cells.map(
      ({ column, value, cost }, k) =>
        html`${k === 0 ? "" : "; "}<strong>${column}</strong> = ${value} (${cost.toFixed(1)})`,
    );
    return html`<tr><td class="number">${row}</td><td class="number">${logDensity.toFixed(2)}</td>${
      hasCells ? html`<td class="text">${reasons}</td>` : undefined
    }</tr>`;
  });
  const explained = hasCells
    ? html` Beside each row the cells that cost most, given those before them: by how many nats they are below what is usual in their column.`
    : undefined;
  return html`<section id="odd-rows"><h2>Odd rows</h2>
<p>The rows of ${data} with the lowest log-density, counted from 1 without the line of names.${explained}</p>
<div class="wide" tabindex="0" role="region" aria-label="Odd rows"><table>
<thead><tr><th class="number">Row</th><th class="number">Log-density</th>${hasCells ? html`<th>Cells that cost most (nats)</th>` : undefined}</tr></thead><tbody>${rows}</tbody></table></div>
</section>`;
}
