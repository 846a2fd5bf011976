import { rankPlot } from "@pushforward/plots";
import { MOST_RANKED, type OddRow } from "../odd-rows.ts";
import type { CalibrationReport, RanksReport, TableReport } from "../table-report.ts";
import {
  foldedTable,
  html,
  Markup,
  PAGE_MARK,
  type PageRows,
  percent,
  themed,
  verdictHtml,
  verdictOnAttack,
  verdictOnCopies,
  verdictOnShare,
} from "./html.ts";
import { privacySection } from "./privacy-section.ts";
import { qualitySection } from "./quality-section.ts";

/** Forbids the page to load or to run anything, should a text ever become markup. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** Returns a report as one HTML document without external resources: no script, font or picture from elsewhere. */
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
<li><a href="#model">Model</a></li>
<li><a href="#quality">Quality of samples</a></li>
<li><a href="#calibration">Calibration</a></li>
<li><a href="#odd-rows">Anomalous rows</a></li>
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

/** Maximum number of columns with pictures: the columns with the least uniform ranks. */
const MOST_PICTURES = 24;

/** Section on calibration: real rows should rank among drawn rows as drawn rows do. */
function calibrationSection({ calibration }: TableReport): Markup {
  const { logDensity, columns, isHeldOut, rows, pValue } = calibration;
  const furthest = [...columns].sort((a, b) => distanceOf(b) - distanceOf(a)).slice(0, MOST_PICTURES);
  const pictures = furthest.flatMap(({ column, values, conditional }) => [
    ...(values === null ? [] : [ranksFigure(column, "values", values)]),
    ...(conditional === null ? [] : [ranksFigure(column, "given the columns before it", conditional)]),
  ]);
  const which = isHeldOut
    ? `${rows.toLocaleString("en")} held-out rows`
    : `${rows.toLocaleString("en")} rows of the data, which the model may have been fitted on (held-out rows are a fairer test)`;
  const part = furthest.length < columns.length ? `, of the ${furthest.length} columns furthest from uniform` : "";
  return html`<section id="calibration"><h2>Calibration</h2>
<p>Ranks of ${which} among synthetic rows (probability integral transform, spread at random over equal values). For a correct model, ranks are uniform. D is the Kolmogorov–Smirnov distance from uniform, between 0 and 1; with many rows a p-value is small for irrelevant differences. All tests together: ${p(pValue)}.</p>
${ranksFigure("log-density of rows", "rank of real rows by log-density", logDensity, 640)}
<h3>Columns</h3>
<p>The values of each column and, if available, the probabilities of its cells given the previous columns${part}.</p>
<div class="grid" tabindex="0" role="region" aria-label="Ranks of the columns">${pictures}</div>
</section>`;
}

function distanceOf({ values, conditional }: CalibrationReport["columns"][number]): number {
  return Math.max(values?.statistic ?? 0, conditional?.statistic ?? 0);
}

function ranksFigure(
  name: string,
  what: string,
  { counts, band, statistic, pValue }: RanksReport,
  width = 300,
): Markup {
  const plot = themed((theme) =>
    rankPlot({ counts, band, theme, width, height: width > 400 ? 220 : 190, transparent: true }),
  );
  return html`<figure>${plot}<figcaption><strong>${name}</strong>, ${what}: D = ${statistic.toFixed(3)}, ${p(pValue)}</figcaption></figure>`;
}

function p(value: number): string {
  return value < 1e-4 ? "p < 0.0001" : `p = ${value.toFixed(4)}`;
}

const MOST_PAIRS = 10;
/** Rows of a table that are shown at first. */
const SHOWN = 5;

/** Section on the model: its columns, and the dependencies between its columns. */
function modelSection({ columns, dependencies, meanLogDensity }: TableReport): Markup {
  const rows = columns.map(
    ({ name, description, isGiven }) =>
      html`<tr><td class="name">${name}</td><td>${description}${isGiven ? "; context" : ""}</td></tr>`,
  );
  const { training, heldOut, measure } = meanLogDensity;
  const held = heldOut === null ? "" : `, ${heldOut.toFixed(3)} on held-out rows`;
  const mean = training === null ? "not finite" : `${training.toFixed(3)} nats per row on training rows${held}`;
  return html`<section id="model"><h2>Model</h2>
<p>Mean log-density: ${mean} (${measure}).</p>
<div class="wide" tabindex="0" role="region" aria-label="Columns"><table>
<thead><tr><th>Column</th><th>Type</th></tr></thead><tbody>${rows}</tbody></table></div>
${dependencies.length === 0 ? undefined : dependenciesTable(dependencies)}
</section>`;
}

function dependenciesTable(dependencies: TableReport["dependencies"]): Markup {
  const strongest = Math.max(...dependencies.map(({ information }) => information), 1e-12);
  const rows = dependencies
    .slice(0, MOST_PAIRS)
    .map(
      ({ columns: [a, b], information }) =>
        html`<tr><td class="name">${a}</td><td class="name">${b}</td><td class="number">${information.toFixed(3)}</td><td><span class="bar" style="--s:${(information / strongest).toFixed(3)}"></span></td></tr>`,
    );
  const head = html`<tr><th>Column</th><th>Column</th><th class="number">Nats</th><td></td></tr>`;
  const more = dependencies.length > MOST_PAIRS ? `, the ${MOST_PAIRS} strongest of ${dependencies.length}` : "";
  return html`<h3>Dependencies</h3>
<p>Mutual information of pairs of columns, estimated on the synthetic rows${more}. 0 nats: the columns are independent.</p>
${foldedTable("Dependencies", head, rows, { shown: SHOWN })}`;
}

const HALF = (MOST_RANKED / 2).toLocaleString("en");

/** Section on the oddest rows, and the cells that make the rows odd. */
function oddRowsSection({ oddRows, data, rows }: TableReport): Markup {
  const isJudged = oddRows.some(({ anomaly }) => anomaly !== null);
  const isSample = isJudged && rows.training > MOST_RANKED;
  const hasCells = oddRows.some(({ cells }) => cells.length > 0);
  const ranked = isJudged
    ? html`with the highest anomaly score${isSample ? html`, of the ${HALF} with the lowest log-density and ${HALF} evenly spaced others` : undefined}; p is the share of normal rows that are as anomalous`
    : html`with the lowest log-density`;
  const what = isJudged
    ? html` The last column lists the most surprising cells given the rest of the row, in nats.`
    : html` The last column lists the least probable cells given the previous cells, in nats below the typical value of their column.`;
  const head = html`<tr><th class="number">Row</th>${
    isJudged ? html`<th class="number">Anomaly</th><th class="number">p</th>` : undefined
  }<th class="number">Log-density</th>${hasCells ? html`<th>Cells (nats)</th>` : undefined}</tr>`;
  return html`<section id="odd-rows"><h2>Anomalous rows</h2>
<p>The rows of ${data} ${ranked}. Row numbers start at 1 after the header.${hasCells ? what : undefined}</p>
${foldedTable(
  "Odd rows",
  head,
  oddRows.map((row) => lineOf(row, isJudged, hasCells)),
  { shown: SHOWN },
)}
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

/** Style of the page: light or dark as the reader prefers, a single column on a narrow page, and light on paper. */
const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1f2328;--muted:#59636e;--line:#d5dae0;--panel:#f6f8fa;--accent:#0072b2;--warn:#b3470a;--good:#1a7f4b}
.for-dark{display:none}
@media screen and (prefers-color-scheme:dark){
:root{--page:#0d1117;--ink:#f0f6fc;--muted:#9ba5b0;--line:#30363d;--panel:#161b22;--accent:#56b4e9;--warn:#ff9d4d;--good:#3fcf9f}
.for-dark{display:block}.for-light{display:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:1.75rem;line-height:1.25;margin:.2em 0;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.4em 0 .5em;padding-top:.6em;border-top:1px solid var(--line)}
h3{font-size:1.02rem;margin:1.6em 0 .4em}
p{max-width:46em;margin:.5em 0}
.muted,figcaption,.card small{color:var(--muted)}
nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;padding:0;margin:.8em 0}
a{color:var(--accent)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:12px;margin:1.2em 0;padding:0;list-style:none}
.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:1.55rem;line-height:1.3;font-variant-numeric:tabular-nums}
.card small{display:block;font-size:.84rem;line-height:1.4}
.good,.look{font-weight:600}.good{color:var(--good)}.look{color:var(--warn)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(260px,100%),1fr));gap:16px;margin:1em 0}
.pairs{grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr))}
figure{margin:0;break-inside:avoid;min-width:0}
figcaption{font-size:.86rem;overflow-wrap:anywhere}
figcaption strong{color:var(--ink)}
.plot svg{max-width:100%;height:auto;display:block}
.wide{overflow-x:auto;margin:1em 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}
th{font-weight:600}td.number,th.number{text-align:right;white-space:nowrap}
thead th{white-space:nowrap}td.name,tbody th{min-width:8.5em;max-width:18em;overflow-wrap:anywhere}td.text{min-width:12em;overflow-wrap:anywhere}
.bar{display:block;height:.55em;min-width:2px;width:calc(var(--s)*160px);background:var(--accent);border-radius:2px;margin-top:.45em}
.matrix th,.matrix td{padding:2px 5px;border:1px solid var(--line);font-size:.78rem}
.matrix thead th{vertical-align:bottom;height:8.5em}
.matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:10em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.matrix tbody th{min-width:0;max-width:12em;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.matrix td{text-align:right;background:color-mix(in srgb,var(--warn) calc(var(--s)*55%),transparent)}
@media screen and (max-width:600px){.grid{display:flex;overflow-x:auto;scroll-snap-type:x proximity}.grid figure{flex:0 0 86%;scroll-snap-align:start}h2{margin-top:1.3em}td.text{min-width:26em}.facts td.text{min-width:0}.cards{grid-template-columns:1fr 1fr}.facts tr,.facts th,.facts td{display:block}.facts th,.facts td{border:0;padding:0}.facts td.number{text-align:left}.facts tr{border-bottom:1px solid var(--line);padding:8px 0}.facts tbody th{max-width:none}}
summary{cursor:pointer;color:var(--accent);padding:8px 0}
@media print{details::details-content{content-visibility:visible}summary{display:none}main{max-width:none;padding:0}nav{display:none}h2,h3{break-after:avoid}tr,.card{break-inside:avoid}.wide{overflow:visible}body{font-size:11pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

/** Shows the main numbers, with their target values. */
function summaryCards({ quality, calibration, privacy }: TableReport): Markup {
  const { shape, trend, c2st } = quality.training;
  const { copies, closestRecords, membership } = privacy;
  const strongest =
    membership && [membership.logDensity, membership.distance].reduce((a, b) => (b.area > a.area ? b : a));
  const cards = [
    card("Column shapes", shape.toFixed(3), html`1 is best`),
    ...(trend === null ? [] : [card("Pair trends", trend.toFixed(3), html`1 is best`)]),
    card("Classifier test", c2st.toFixed(3), html`1: trees cannot distinguish synthetic from real rows`),
    card(
      "Calibration",
      calibration.logDensity.statistic.toFixed(3),
      html`distance of the log-density from uniform ranks, 0 is best`,
    ),
    card("Copied rows", copies.unique.toLocaleString("en"), verdictHtml(verdictOnCopies(privacy))),
    ...(closestRecords === null
      ? []
      : [card("Closer to training", percent(closestRecords.share), verdictHtml(verdictOnShare(closestRecords)))]),
    ...(strongest === null
      ? []
      : [card("Membership attack", strongest.area.toFixed(3), verdictHtml(verdictOnAttack(strongest)))]),
  ];
  return html`<ul class="cards">${cards}</ul>`;
}

function card(name: string, value: string, note: Markup): Markup {
  return html`<li class="card">${name}<b>${value}</b><small>${note}</small></li>`;
}
