import type { TableReport } from "../table-report.ts";
import { columnPicture } from "./column-picture.ts";
import { html, type Markup } from "./html.ts";
import type { PageRows } from "./page-rows.ts";
import { pairPictures } from "./pair-pictures.ts";
import { trendMatrix } from "./trend-matrix.ts";

/** Most columns with a picture: the least alike ones. */
const MOST_PICTURES = 30;

/** How alike synthetic rows and real ones are. */
export function qualitySection(report: TableReport, rows: PageRows): Markup {
  const { quality } = report;
  const { model, real, synthetic } = rows;
  const scores = [...quality.training.shapes].sort((a, b) => a.score - b.score).slice(0, MOST_PICTURES);
  const pictures = scores.map(({ column, score }) => {
    const described = model.columns.find(({ name }) => name === column);
    const plot = described && columnPicture(described, real, synthetic);
    return html`<figure>${plot}<figcaption><strong>${column}</strong>: shape ${score.toFixed(3)}</figcaption></figure>`;
  });
  const isAll = scores.length === quality.training.shapes.length;
  return html`<section id="quality"><h2>Quality of samples</h2>
<p>Shape compares the distribution of each column, trend that of each pair, as SDMetrics defines them. In the classifier test gradient-boosted trees try to tell synthetic rows from real ones; its score is 1 − mean(2·max(AUC, ½) − 1) over three folds.</p>
${scoresTable(quality)}
<h3>Columns</h3>
<p>${isAll ? "The least alike first" : `The ${MOST_PICTURES} least alike`}: real rows and synthetic ones.</p>
<div class="grid">${pictures}</div>
${pairPictures(report, rows)}
${trendMatrix(quality.training)}
</section>`;
}

function scoresTable({ training, heldOut }: TableReport["quality"]): Markup {
  const parts = [
    ["training rows", training] as const,
    ...(heldOut === null ? [] : [["held-out rows", heldOut] as const]),
  ];
  const rows = parts.map(
    ([name, { shape, trend, c2st, areas, rows: count }]) =>
      html`<tr><td class="name">${name}</td><td class="number">${count}</td><td class="number">${shape.toFixed(4)}</td><td class="number">${trend === null ? "–" : trend.toFixed(4)}</td><td class="number">${c2st.toFixed(4)}</td><td class="number">${areas.map((area) => area.toFixed(3)).join(", ")}</td></tr>`,
  );
  return html`<div class="wide" tabindex="0" role="region" aria-label="Scores"><table>
<thead><tr><th>Compared with</th><th class="number">Rows</th><th class="number">Shape</th><th class="number">Trend</th><th class="number">Classifier test</th><th class="number">AUC of folds</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
