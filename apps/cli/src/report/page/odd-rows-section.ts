import { MOST_RANKED, type OddRow } from "../odd-rows.ts";
import type { TableReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";

const HALF = (MOST_RANKED / 2).toLocaleString("en");

/** The oddest rows, and the cells that make them odd. */
export function oddRowsSection({ oddRows, data, rows }: TableReport): Markup {
  const isJudged = oddRows.some(({ anomaly }) => anomaly !== null);
  const isSample = isJudged && rows.training > MOST_RANKED;
  const hasCells = oddRows.some(({ cells }) => cells.length > 0);
  const ranked = isJudged
    ? html`with the highest anomaly score${isSample ? html`, of the ${HALF} with the lowest log-density and ${HALF} evenly spaced others` : undefined}; p is the share of usual rows that are as odd`
    : html`with the lowest log-density`;
  const what = isJudged
    ? html` Beside each row the cells that are most surprising given the others of the row, in nats.`
    : html` Beside each row the cells that cost most, given those before them: by how many nats they are below what is usual in their column.`;
  return html`<section id="odd-rows"><h2>Odd rows</h2>
<p>The rows of ${data} ${ranked}. Rows count from 1 without the line of names.${hasCells ? what : undefined}</p>
<div class="wide" tabindex="0" role="region" aria-label="Odd rows"><table>
<thead><tr><th class="number">Row</th>${
    isJudged ? html`<th class="number">Anomaly</th><th class="number">p</th>` : undefined
  }<th class="number">Log-density</th>${hasCells ? html`<th>Cells (nats)</th>` : undefined}</tr></thead><tbody>${oddRows.map(
    (row) => lineOf(row, isJudged, hasCells),
  )}</tbody></table></div>
</section>`;
}

function lineOf({ row, anomaly, pValue, logDensity, cells }: OddRow, isJudged: boolean, hasCells: boolean): Markup {
  const reasons = cells.map(
    ({ column, value, cost }, k) =>
      html`${k === 0 ? "" : "; "}<strong>${column}</strong> = ${value} (${cost.toFixed(1)})`,
  );
  const judged = html`<td class="number">${anomaly?.toFixed(2)}</td><td class="number">${pValue?.toPrecision(2)}</td>`;
  return html`<tr><td class="number">${row}</td>${isJudged ? judged : undefined}<td class="number">${logDensity.toFixed(2)}</td>${
    hasCells ? html`<td class="text">${reasons.length === 0 ? "unusual as a whole" : reasons}</td>` : undefined
  }</tr>`;
}
