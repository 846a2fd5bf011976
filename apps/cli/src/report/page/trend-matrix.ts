import type { QualityReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";

/** Most columns of the matrix: those of the least alike pairs. */
const MOST_COLUMNS = 16;
/** A score so much below 1 has the full color. */
const FULL_COLOR = 0.25;

/** The trend score of each pair of columns; nothing for a single column. */
export function trendMatrix({ trends, shapes }: QualityReport): Markup | undefined {
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
  const part = shown.length < all.length ? ` The ${shown.length} columns of the least alike pairs.` : "";
  return html`<h3>Trend of pairs</h3>
<p>1: the pair is distributed alike in real and synthetic rows; the lower, the darker.${part}</p>
<div class="wide" tabindex="0" role="region" aria-label="Trend of pairs"><table class="matrix">
<thead><tr><td></td>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function leastAlike(trends: QualityReport["trends"], all: readonly string[]): string[] {
  const chosen = new Set<string>();
  for (const { columns } of [...trends].sort((a, b) => a.score - b.score)) {
    for (const column of columns) if (chosen.size < MOST_COLUMNS) chosen.add(column);
  }
  return all.filter((column) => chosen.has(column));
}
