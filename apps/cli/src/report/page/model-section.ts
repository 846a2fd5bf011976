import type { TableReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";

const MOST_PAIRS = 20;

/** What the model says: its columns, and which of them depend on each other. */
export function modelSection({ columns, dependencies, meanLogDensity }: TableReport): Markup {
  const rows = columns.map(
    ({ name, description, isGiven }) =>
      html`<tr><td class="name">${name}</td><td>${description}${isGiven ? "; context" : ""}</td></tr>`,
  );
  const { training, heldOut } = meanLogDensity;
  const held = heldOut === null ? "" : `, ${heldOut.toFixed(3)} on held-out rows`;
  const mean = training === null ? "not finite" : `${training.toFixed(3)} nats per row on training rows${held}`;
  return html`<section id="model"><h2>What the model says</h2>
<p>Mean log-density: ${mean}.</p>
<div class="wide" tabindex="0" role="region" aria-label="Columns"><table>
<thead><tr><th>Column</th><th>What it is</th></tr></thead><tbody>${rows}</tbody></table></div>
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
  const more = dependencies.length > MOST_PAIRS ? `, the ${MOST_PAIRS} strongest of ${dependencies.length}` : "";
  return html`<h3>Dependencies</h3>
<p>Mutual information of pairs of columns, estimated on the synthetic rows${more}. 0 nats: what one column holds says nothing about the other.</p>
<div class="wide" tabindex="0" role="region" aria-label="Dependencies"><table>
<thead><tr><th>Column</th><th>Column</th><th class="number">Nats</th><td></td></tr></thead><tbody>${rows}</tbody></table></div>`;
}
