import type { MemorizationReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";

/** How much of rows a density knows only because it was fitted with them. */
export function memorizationTable({ rows, folds, components, median, high, largest }: MemorizationReport): Markup {
  const lines = largest.map(({ row: number, value, cells }) => {
    const reasons = cells.map(
      ({ column, cell, value: own }, k) =>
        html`${k === 0 ? "" : "; "}<strong>${column}</strong> = ${cell} (${own.toFixed(1)})`,
    );
    return html`<tr><td class="number">${number}</td><td class="number">${value.toFixed(2)}</td><td class="text">${reasons.length === 0 ? "the row as a whole" : reasons}</td></tr>`;
  });
  return html`<h3>Memorization of rows</h3>
<p>The log-density of a row under densities that were fitted with it, minus that under one that was fitted without it, in nats: mixtures of ${components} products, which are fitted in place of the model to all but one of ${folds} folds of ${rows.toLocaleString("en")} training rows. Near 0 where the other rows say as much; large where a row is known only because it was there. Median ${median.toFixed(2)}, 99 % of the rows below ${high.toFixed(2)}. Below are the rows with most, and their cells with most given the others of the row.</p>
<div class="wide" tabindex="0" role="region" aria-label="Memorization of rows"><table>
<thead><tr><th class="number">Row</th><th class="number">Nats</th><th>Cells (nats)</th></tr></thead><tbody>${lines}</tbody></table></div>`;
}
