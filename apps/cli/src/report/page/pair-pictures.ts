import { pairHeatPlot } from "@pushforward/plots";
import { visible } from "../../output/visible.ts";
import type { TableReport } from "../table-report.ts";
import { bulkRange } from "./bulk-range.ts";
import { html, type Markup } from "./html.ts";
import type { PageRows } from "./page-rows.ts";
import { themed } from "./themed.ts";

/** Most pairs with a picture, and most of them with the same column. */
const MOST_PICTURES = 9;
const MOST_OF_COLUMN = 3;
/** Pairs that tell less of each other, in nats, are as good as independent. */
const LEAST_INFORMATION = 0.01;
const WIDTH = 340;

/** The strongest dependent pairs of columns, real rows beside synthetic ones; nothing where no columns depend on each other. */
export function pairPictures({ dependencies, quality }: TableReport, rows: PageRows): Markup | undefined {
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
<div class="grid pairs">${figures}</div>`;
}

function strongestPairs(dependencies: TableReport["dependencies"]): TableReport["dependencies"] {
  const uses = new Map<string, number>();
  const chosen: TableReport["dependencies"][number][] = [];
  for (const pair of dependencies) {
    if (chosen.length === MOST_PICTURES || pair.information < LEAST_INFORMATION) break;
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
      ...{ columns: [visible(a), visible(b)], sets, limits, theme, width: WIDTH, transparent: true },
      ...{ categories: [x.categories?.map(visible), y.categories?.map(visible)], labels: [x.label, y.label] },
      description: `${visible(a)} and ${visible(b)} in real and in synthetic rows.`,
    }),
  );
}
