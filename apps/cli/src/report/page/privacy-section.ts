import { percent } from "../percent.ts";
import type { AttackReport, PrivacyReport, TableReport } from "../table-report.ts";
import { attackedColumns } from "./attacked-columns.ts";
import { html, type Markup } from "./html.ts";
import { memorizationTable } from "./memorization-table.ts";
import { verdictHtml, verdictOnAttack, verdictOnCopies, verdictOnNearCopies, verdictOnShare } from "./verdict.ts";

/** What the model and its samples give away about single training rows. */
export function privacySection({ privacy }: TableReport): Markup {
  const { copies, nearCopies, overlap } = privacy;
  const rows = [
    row(
      "Copies of training rows",
      copies.count.toLocaleString("en"),
      html`synthetic rows that equal a training row in every cell; those that equal a frequent one give nothing away`,
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
      ? html`<p><strong>No rows were held out.</strong> The distance to the closest record and membership attacks compare training rows with rows that the model was not fitted on: pass them with <code>--holdout</code>, or name a column of the words train and test with <code>--split-column</code>.</p>`
      : undefined;
  const left =
    overlap === 0
      ? undefined
      : html`<p><strong>${overlap.toLocaleString("en")} held-out rows equal a row of the data</strong> and are left out here and in the calibration: a comparison needs rows that the model was not fitted on.</p>`;
  return html`<section id="privacy"><h2>Privacy</h2>
<p>What synthetic rows and log-densities give away about single training rows. These are measurements, not guarantees.</p>
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
