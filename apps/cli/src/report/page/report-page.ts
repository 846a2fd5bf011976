import type { TableReport } from "../table-report.ts";
import { calibrationSection } from "./calibration-section.ts";
import { html, Markup } from "./html.ts";
import { modelSection } from "./model-section.ts";
import { oddRowsSection } from "./odd-rows-section.ts";
import { PAGE_MARK } from "./page-mark.ts";
import type { PageRows } from "./page-rows.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { privacySection } from "./privacy-section.ts";
import { qualitySection } from "./quality-section.ts";
import { summaryCards } from "./summary-cards.ts";

/** Forbids the page to load or to run anything, should a text ever become markup. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A report as one HTML document that needs nothing else: no script, no font, no picture from elsewhere. */
export function reportPage(report: TableReport, rows: PageRows): string {
  const { model, data, seed } = report;
  const { training, heldOut, synthetic } = report.rows;
  const unused = report.unusedRows > 0 ? `, ${count(report.unusedRows)} more were not used` : "";
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${new Markup(PAGE_MARK)}
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Report on ${model}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<main>
<h1>Report on ${model}</h1>
<p class="muted">${data}: ${count(training)} rows${unused}; ${count(synthetic)} synthetic rows (seed ${seed}); ${
    heldOut === 0 ? "no held-out rows" : `${count(heldOut)} held-out rows`
  }.</p>
<nav aria-label="Sections"><ul>
<li><a href="#model">What the model says</a></li>
<li><a href="#quality">Quality of samples</a></li>
<li><a href="#calibration">Calibration</a></li>
<li><a href="#odd-rows">Odd rows</a></li>
<li><a href="#privacy">Privacy</a></li>
</ul></nav>
${summaryCards(report)}
${modelSection(report)}
${qualitySection(report, rows)}
${calibrationSection(report)}
${oddRowsSection(report)}
${privacySection(report)}
</main>
</body>
</html>
`.text;
}

function count(rows: number): string {
  return rows.toLocaleString("en");
}
