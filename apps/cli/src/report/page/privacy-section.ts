import type { AttackReport, MemorizationReport, PrivacyReport, TableReport } from "../table-report.ts";
import {
  foldedTable,
  html,
  type Markup,
  percent,
  verdictHtml,
  verdictOnAttack,
  verdictOnCopies,
  verdictOnNearCopies,
  verdictOnShare,
} from "./html.ts";

/** Section on the information about single training rows that the model and its samples reveal. */
export function privacySection({ privacy }: TableReport): Markup {
  const { copies, nearCopies, overlap } = privacy;
  const rows = [
    row(
      "Copies of training rows",
      copies.count.toLocaleString("en"),
      html`synthetic rows that equal a training row in every cell; copies of frequent rows reveal no individual`,
    ),
    row("Copies of rows that occur once", copies.unique.toLocaleString("en"), verdictHtml(verdictOnCopies(privacy))),
    ...(nearCopies === null
      ? []
      : [
          row(
            "Copies of training rows in all cells but one",
            nearCopies.count.toLocaleString("en"),
            verdictHtml(verdictOnNearCopies(nearCopies)),
          ),
        ]),
    ...heldOutRows(privacy),
  ];
  const missing =
    privacy.membership === null
      ? html`<p><strong>No rows were held out.</strong> The distance to the closest record and membership attacks need rows that were not used for training: pass <code>--holdout</code>, or <code>--split-column</code> with a column of the words train and test.</p>`
      : undefined;
  const left =
    overlap === 0
      ? undefined
      : html`<p><strong>${overlap.toLocaleString("en")} held-out rows equal a row of the data</strong> and are left out here and in the calibration: a comparison needs rows that the model was not fitted on.</p>`;
  return html`<section id="privacy"><h2>Privacy</h2>
<p>How much synthetic rows and log-densities reveal about single training rows. These are measurements, not guarantees.</p>
${missing}${left}
<div class="wide" tabindex="0" role="region" aria-label="Privacy"><table class="facts"><tbody>${rows}</tbody></table></div>
${privacy.membership === null ? undefined : attackedColumns(privacy.membership)}
${privacy.memorization === null ? undefined : memorizationTable(privacy.memorization)}
</section>`;
}

function heldOutRows({ closestRecords, membership }: PrivacyReport): Markup[] {
  if (closestRecords === null || membership === null) return [];
  const attack = (name: string, found: AttackReport): Markup =>
    row(name, `${found.area.toFixed(3)} ± ${found.standardError.toFixed(3)}`, verdictHtml(verdictOnAttack(found)));
  return [
    row(
      "Closer to a training row than to a held-out row",
      `${percent(closestRecords.share)} ± ${percent(closestRecords.standardError)}`,
      verdictHtml(verdictOnShare(closestRecords)),
    ),
    attack("Membership attack by the log-density (AUC)", membership.logDensity),
    attack("Membership attack by the distance to the closest synthetic row (AUC)", membership.distance),
  ];
}

function row(name: string, value: string, note: Markup): Markup {
  return html`<tr><th scope="row">${name}</th><td class="number">${value}</td><td class="text">${note}</td></tr>`;
}

/** Largest area under the ROC curve of an attack that learns almost no information. */
const MOST_AREA = 0.52;
/** Most columns of the table. */
const MOST_COLUMNS = 8;

/**
 * Table of the columns that the attack by the log-density uses; undefined for fewer than two columns with densities of
 * cells.
 */
function attackedColumns({ columns, logDensity }: NonNullable<PrivacyReport["membership"]>): Markup | undefined {
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
  return html`<h3>Columns used by the attack</h3>
<p>AUC of the attack with the log-probabilities of one column, and with all columns except it; the difference of the mean log-probability between training and held-out rows, in nats; and the share of held-out cells with a value from the training rows.${part}</p>
${remedy}
<div class="wide" tabindex="0" role="region" aria-label="Membership attack by column"><table>
<thead><tr><th>Column</th><th class="number">AUC alone</th><th class="number">AUC without it</th><th class="number">Nats</th><th class="number">Known values</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function remedyFor(leaking: readonly string[]): Markup {
  if (leaking.length === 0) {
    return html`<p>No single column identifies training rows: the model predicts all of their cells slightly better.</p>`;
  }
  const names = leaking.map((name, k) => html`${k === 0 ? "" : ", "}<strong>${name}</strong>`);
  return html`<p>Columns that identify training rows: ${names}. If exact values of a numeric column repeat, the model assigns each known value a probability, and rows with such a value are more likely training rows. As real numbers (<code>fit --declare "name:real"</code>) the column has no such probabilities, at the cost of a lower density of new rows. A column excluded with <code>--columns</code> reveals no rows.</p>`;
}

/** Rows of the table that are shown at first. */
const SHOWN = 4;

/** Table of the memorization of rows: density that is only due to their presence in the fit. */
function memorizationTable({ rows, folds, components, median, high, largest }: MemorizationReport): Markup {
  const lines = largest.map(({ row: number, value, cells }) => {
    const reasons = cells.map(
      ({ column, cell, value: own }, k) =>
        html`${k === 0 ? "" : "; "}<strong>${column}</strong> = ${cell} (${own.toFixed(1)})`,
    );
    return html`<tr><td class="number">${number}</td><td class="number">${value.toFixed(2)}</td><td class="text">${reasons.length === 0 ? "the row as a whole" : reasons}</td></tr>`;
  });
  const head = html`<tr><th class="number">Row</th><th class="number">Nats</th><th>Cells (nats)</th></tr>`;
  return html`<h3>Memorization of rows</h3>
<p>The log-density of a row under densities fitted with the row, minus its log-density without the row, in nats. The densities are mixtures of ${components} products, fitted to all but one of ${folds} folds of ${rows.toLocaleString("en")} training rows. Large values mean that the row itself determines its density. Median ${median.toFixed(2)}, 99 % of the rows below ${high.toFixed(2)}. The table lists the rows with the largest values, and the cells responsible.</p>
${foldedTable("Memorization of rows", head, lines, { shown: SHOWN })}`;
}
