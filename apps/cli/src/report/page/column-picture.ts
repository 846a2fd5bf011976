import { pairPlot, type Table } from "pushforward";
import { visible } from "../../output/visible.ts";
import type { ReportColumn } from "../report-model.ts";
import type { Markup } from "./html.ts";
import { themed } from "./themed.ts";

const WIDTH = 330;
/** The share of the rows beyond each end of the axis. */
const BEYOND = 0.003;

/** A column of real rows beside that of synthetic ones: histograms, or bars of categories. */
export function columnPicture({ name, plotted }: ReportColumn, real: Table, synthetic: Table): Markup | undefined {
  const { categories, label, valuesOf } = plotted(real);
  const sets = [
    { name: "real", values: [valuesOf(real)] },
    { name: "synthetic", values: [valuesOf(synthetic)] },
  ];
  const limits = categories === undefined ? limitsOf(valuesOf(real)) : undefined;
  if (categories === undefined && limits === undefined) return undefined;
  return themed((theme) =>
    pairPlot({
      ...{ columns: [visible(name)], sets, width: WIDTH, theme, transparent: true, mode: "density" },
      ...{ categories: [categories?.map(visible)], labels: [label], limits: [limits] },
      description: `Distribution of ${visible(name)} in real and in synthetic rows.`,
    }),
  );
}

/** The range of the bulk of some numbers, with a margin; undefined where there are none. */
function limitsOf(values: Float64Array): readonly [number, number] | undefined {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return undefined;
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  const [low, high] = [at(BEYOND), at(1 - BEYOND)];
  // A constant gets a margin that float64 can tell from it.
  const margin = high > low ? 0.05 * (high - low) : Math.max(1, 1e-6 * Math.abs(low));
  return [low - margin, high + margin];
}
