import { pairHeatPlot, pairPlot } from "@pushforward/plots";
import type { Table } from "pushforward";
import { visible } from "../../output/words.ts";
import type { ReportColumn } from "../report-model.ts";
import type { QualityReport, TableReport } from "../table-report.ts";
import { html, type Markup, type PageRows, themed } from "./html.ts";

/** Maximum number of columns with a picture: the least similar ones. */
const MOST_PICTURES = 30;

/** Section on the similarity of synthetic rows and real rows. */
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
<p>Shape compares the distributions of each column, trend the distributions of each pair, as defined by SDMetrics. In the classifier test, gradient-boosted trees classify real and synthetic rows; the score is 1 − mean(2·max(AUC, ½) − 1) over three folds.</p>
${scoresTable(quality)}
<h3>Columns</h3>
<p>${isAll ? "The least alike first" : `The ${MOST_PICTURES} least alike`}: real rows and synthetic ones.</p>
<div class="grid" tabindex="0" role="region" aria-label="Distributions of the columns">${pictures}</div>
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

const COLUMN_WIDTH = 330;

/** Draws a column of real rows and of synthetic rows side by side: histograms, or bars of categories. */
function columnPicture({ name, plotted }: ReportColumn, real: Table, synthetic: Table): Markup | undefined {
  const { categories, label, valuesOf } = plotted(real);
  const sets = [
    { name: "real", values: [valuesOf(real)] },
    { name: "synthetic", values: [valuesOf(synthetic)] },
  ];
  const limits = categories === undefined ? bulkRange(valuesOf(real)) : undefined;
  if (categories === undefined && limits === undefined) return undefined;
  return themed((theme) =>
    pairPlot({
      ...{ columns: [visible(name)], sets, width: COLUMN_WIDTH, theme, transparent: true, mode: "density" },
      ...{ categories: [categories?.map(visible)], labels: [label], limits: [limits] },
      description: `Distribution of ${visible(name)} in real and in synthetic rows.`,
    }),
  );
}

/** Maximum number of pairs with a picture, in total and per column. */
const MOST_PAIRS = 3;
const MOST_OF_COLUMN = 3;
/** Pairs with less mutual information, in nats, count as independent. */
const LEAST_INFORMATION = 0.01;
const PAIR_WIDTH = 340;

/**
 * Draws the strongest dependent pairs of columns, real and synthetic rows side by side; undefined without dependent
 * columns.
 */
function pairPictures({ dependencies, quality }: TableReport, rows: PageRows): Markup | undefined {
  const pairs = strongestPairs(dependencies);
  if (pairs.length === 0) return undefined;
  const figures = pairs.map(({ columns: [a, b], information }) => {
    const trend = quality.training.trends.find(
      ({ columns }) => (columns[0] === a && columns[1] === b) || (columns[0] === b && columns[1] === a),
    );
    const score = trend === undefined ? "" : `, trend ${trend.score.toFixed(3)}`;
    return html`<figure>${pairPicture(a, b, rows)}<figcaption><strong>${a}</strong> and <strong>${b}</strong>: ${information.toFixed(3)} nats${score}</figcaption></figure>`;
  });
  return html`<h3>Pairs</h3>
<p>The pairs that depend on each other most (at most ${MOST_OF_COLUMN} with the same column). The stronger the color of a cell, the more rows are in it; both sides have the same scale.</p>
<div class="grid pairs" tabindex="0" role="region" aria-label="Pairs of columns">${figures}</div>`;
}

function strongestPairs(dependencies: TableReport["dependencies"]): TableReport["dependencies"] {
  const uses = new Map<string, number>();
  const chosen: TableReport["dependencies"][number][] = [];
  for (const pair of dependencies) {
    if (chosen.length === MOST_PAIRS || pair.information < LEAST_INFORMATION) break;
    if (pair.columns.some((name) => (uses.get(name) ?? 0) >= MOST_OF_COLUMN)) continue;
    for (const name of pair.columns) uses.set(name, (uses.get(name) ?? 0) + 1);
    chosen.push(pair);
  }
  return chosen;
}

function pairPicture(a: string, b: string, { model, real, synthetic }: PageRows): Markup | undefined {
  const plotted = [a, b].map((name) => model.columns.find((column) => column.name === name)?.plotted(real));
  const [x, y] = plotted;
  if (x === undefined || y === undefined) return undefined;
  const limits = [x, y].map(({ categories, valuesOf }) =>
    categories === undefined ? bulkRange(valuesOf(real)) : undefined,
  );
  const sets = [
    { name: "real", values: [x.valuesOf(real), y.valuesOf(real)] },
    { name: "synthetic", values: [x.valuesOf(synthetic), y.valuesOf(synthetic)] },
  ];
  return themed((theme) =>
    pairHeatPlot({
      ...{ columns: [visible(a), visible(b)], sets, limits, theme, width: PAIR_WIDTH, transparent: true },
      ...{ categories: [x.categories?.map(visible), y.categories?.map(visible)], labels: [x.label, y.label] },
      description: `${visible(a)} and ${visible(b)} in real and in synthetic rows.`,
    }),
  );
}

/** Maximum number of columns of the matrix: the columns of the least similar pairs. */
const MOST_COLUMNS = 16;
/** A score so much below 1 has the full color. */
const FULL_COLOR = 0.25;

/** Draws the trend score of each pair of columns; undefined for a single column. */
function trendMatrix({ trends, shapes }: QualityReport): Markup | undefined {
  if (trends.length === 0) return undefined;
  const scores = new Map(trends.map(({ columns, score }) => [JSON.stringify(columns), score]));
  const all = shapes.map(({ column }) => column);
  const shown = all.length <= MOST_COLUMNS ? all : leastAlike(trends, all);
  const rows = shown.slice(1).map((row, i) => {
    const cells = shown.slice(0, -1).map((column, k) => {
      if (k > i) return html`<td></td>`;
      const score = scores.get(JSON.stringify([column, row])) ?? Number.NaN;
      const share = Math.min(1, (1 - score) / FULL_COLOR);
      return html`<td style="--s:${share.toFixed(3)}" title="${column}, ${row}">${score.toFixed(2)}</td>`;
    });
    return html`<tr><th scope="row" title="${row}">${row}</th>${cells}</tr>`;
  });
  const heads = shown.slice(0, -1).map((name) => html`<th scope="col" title="${name}"><span>${name}</span></th>`);
  const part = shown.length < all.length ? ` The ${shown.length} columns of the least similar pairs.` : "";
  return html`<details><summary>Trend of all pairs</summary>
<p>1: equal distributions in real and synthetic rows; lower values are darker.${part}</p>
<div class="wide" tabindex="0" role="region" aria-label="Trend of pairs"><table class="matrix">
<thead><tr><td></td>${heads}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function leastAlike(trends: QualityReport["trends"], all: readonly string[]): string[] {
  const chosen = new Set<string>();
  for (const { columns } of [...trends].sort((a, b) => a.score - b.score)) {
    for (const column of columns) if (chosen.size < MOST_COLUMNS) chosen.add(column);
  }
  return all.filter((column) => chosen.has(column));
}

/** The share of the rows beyond each end of the axis. */
const BEYOND = 0.003;

/** Returns the range of the bulk of some numbers, with a margin; undefined for no numbers. */
function bulkRange(values: Float64Array): readonly [number, number] | undefined {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return undefined;
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  const [low, high] = [at(BEYOND), at(1 - BEYOND)];
  // A constant gets a margin that float64 can tell from it.
  const margin = high > low ? 0.05 * (high - low) : Math.max(1, 1e-6 * Math.abs(low));
  return [low - margin, high + margin];
}
