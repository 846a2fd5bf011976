import { percent } from "../percent.ts";
import type { TableReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";
import { verdictHtml, verdictOnAttack, verdictOnCopies, verdictOnShare } from "./verdict.ts";

/** The main numbers, with what they should be. */
export function summaryCards({ quality, calibration, privacy }: TableReport): Markup {
  const { shape, trend, c2st } = quality.training;
  const { copies, closestRecords, membership } = privacy;
  const strongest =
    membership && [membership.logDensity, membership.distance].reduce((a, b) => (b.area > a.area ? b : a));
  const cards = [
    card("Column shapes", shape.toFixed(3), html`1 is best`),
    ...(trend === null ? [] : [card("Pair trends", trend.toFixed(3), html`1 is best`)]),
    card("Classifier test", c2st.toFixed(3), html`1: trees cannot tell synthetic rows from real ones`),
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
