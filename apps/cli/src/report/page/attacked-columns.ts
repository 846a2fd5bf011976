import { percent } from "../percent.ts";
import type { PrivacyReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";

/** The largest area under the ROC curve of an attack that tells next to nothing. */
const MOST_AREA = 0.52;
/** Most columns of the table. */
const MOST_COLUMNS = 8;

/** Where the attack by the log-density gets its knowledge; nothing for a model without densities of cells. */
export function attackedColumns({ columns, logDensity }: NonNullable<PrivacyReport["membership"]>): Markup | undefined {
  if (columns.length < 2) return undefined;
  const rows = columns
    .slice(0, MOST_COLUMNS)
    .map(
      ({ column, area, areaWithout, difference, seen }) =>
        html`<tr><td class="name">${column}</td><td class="number">${area.toFixed(3)}</td><td class="number">${areaWithout.toFixed(3)}</td><td class="number">${difference === null ? "∞" : difference.toFixed(3)}</td><td class="number">${seen === null ? "–" : percent(seen)}</td></tr>`,
    );
  const leaking = columns.filter(({ area }) => area > MOST_AREA);
  const remedy = logDensity.area <= MOST_AREA ? undefined : remedyFor(leaking.map(({ column }) => column));
  const part =
    columns.length > MOST_COLUMNS ? html` The ${MOST_COLUMNS} with the largest area of ${columns.length}.` : undefined;
  return html`<h3>Which columns the attack rests on</h3>
<p>AUC of the attack by the log-probability of the cells of one column alone, and by all other columns; the mean of these log-probabilities over training rows minus that over held-out rows, in nats; and the share of held-out cells whose value occurs in the training rows. Training rows have known values only.${part}</p>
${remedy}
<div class="wide" tabindex="0" role="region" aria-label="Membership attack by column"><table>
<thead><tr><th>Column</th><th class="number">AUC alone</th><th class="number">AUC without it</th><th class="number">Nats</th><th class="number">Known values</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function remedyFor(leaking: readonly string[]): Markup {
  if (leaking.length === 0) {
    return html`<p>No single column tells training rows from others: the model knows all of their cells a little better.</p>`;
  }
  const names = leaking.map((name, k) => html`${k === 0 ? "" : ", "}<strong>${name}</strong>`);
  return html`<p>Training rows are recognized by ${names}. Where exact values of a column of numbers repeat, the model gives each known value a probability of its own, and a row with such a value was more likely a training row. Fitted as real numbers (<code>fit --declare "name:real"</code>), the column has no such probabilities, at the price of a lower density of new rows. A column that is left out (<code>--columns</code>) gives nothing away.</p>`;
}
