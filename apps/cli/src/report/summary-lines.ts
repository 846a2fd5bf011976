import { percent } from "./percent.ts";
import type { TableReport } from "./table-report.ts";

/** What a report says, in a few lines for a terminal. */
export function summaryLines({ quality, calibration, privacy }: TableReport): string[] {
  const { shape, trend, c2st } = quality.training;
  const { copies, closestRecords, membership } = privacy;
  const alike = [`shape ${shape.toFixed(3)}`, ...(trend === null ? [] : [`trend ${trend.toFixed(3)}`])];
  return [
    `quality: ${alike.join(", ")}, classifier test ${c2st.toFixed(3)} (1 is best)`,
    `calibration: the log-density is ${calibration.logDensity.statistic.toFixed(3)} from uniform ranks (0 is best)`,
    `copies: ${copies.unique} of rows that occur once, ${copies.expectedUnique.toFixed(1)} expected${copies.found ? ": rows were copied" : ""}`,
    closestRecords === null || membership === null
      ? "privacy: distances and attacks need rows that the model was not fitted on; pass --holdout or --split-column"
      : `privacy: ${percent(closestRecords.share)} of synthetic rows are closer to a training row (50 % is right), ` +
        `membership attacks ${membership.logDensity.area.toFixed(3)} and ${membership.distance.area.toFixed(3)} (0.5 is right)`,
  ];
}
