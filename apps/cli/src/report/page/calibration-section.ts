import { rankPlot } from "@pushforward/plots";
import type { CalibrationReport, RanksReport, TableReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";
import { themed } from "./themed.ts";

/** Most columns with pictures: those furthest from uniform ranks. */
const MOST_PICTURES = 24;

/** Whether real rows rank among drawn ones as drawn ones do. */
export function calibrationSection({ calibration }: TableReport): Markup {
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
<p>Ranks of ${which} among synthetic rows (probability integral transform, spread at random over equal values). They are uniform where the model is right. D is the Kolmogorov–Smirnov distance from uniform, between 0 and 1; with many rows a p-value is small for differences that do not matter. All tests together: ${p(pValue)}.</p>
${ranksFigure("log-density of rows", "how usual real rows are to the model", logDensity, 640)}
<h3>Columns</h3>
<p>The values of each column, and, where the model tells it, the probability of its cells given the columns before it${part}.</p>
<div class="grid">${pictures}</div>
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
