import {
  percent,
  type Verdict,
  verdictOnAttack,
  verdictOnCopies,
  verdictOnNearCopies,
  verdictOnShare,
} from "./page/html.ts";
import type { TableReport } from "./table-report.ts";

/** Returns the summary of a report, in a few lines for a terminal. */
export function summaryLines({ quality, calibration, privacy }: TableReport): string[] {
  const { shape, trend, c2st } = quality.training;
  const { copies, nearCopies, closestRecords, membership } = privacy;
  const alike = [`shape ${shape.toFixed(3)}`, ...(trend === null ? [] : [`trend ${trend.toFixed(3)}`])];
  return [
    `quality: ${alike.join(", ")}, classifier test ${c2st.toFixed(3)} (1 is best)`,
    `calibration: the log-density is ${calibration.logDensity.statistic.toFixed(3)} from uniform ranks (0 is best)`,
    `copies: ${copies.unique} of rows that occur once: ${said(verdictOnCopies(privacy))}`,
    ...(nearCopies === null
      ? []
      : [`copies in all cells but one: ${nearCopies.count}: ${said(verdictOnNearCopies(nearCopies))}`]),
    ...(closestRecords === null || membership === null
      ? ["privacy: distances and attacks need rows that the model was not fitted on; pass --holdout or --split-column"]
      : [
          `closer to a training row: ${percent(closestRecords.share)} of synthetic rows: ${said(verdictOnShare(closestRecords))}`,
          `membership attack by the log-density: ${membership.logDensity.area.toFixed(3)}: ${said(verdictOnAttack(membership.logDensity))}`,
          `membership attack by the distance: ${membership.distance.area.toFixed(3)}: ${said(verdictOnAttack(membership.distance))}`,
        ]),
  ];
}

function said({ word, why }: Verdict): string {
  return `${word} (${why})`;
}
