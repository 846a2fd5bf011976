import { pairPlot } from "@pushforward/plots";
import type { Table } from "pushforward";
import { visible } from "../../output/visible.ts";
import type { ReportColumn } from "../report-model.ts";
import { bulkRange } from "./bulk-range.ts";
import type { Markup } from "./html.ts";
import { themed } from "./themed.ts";

const WIDTH = 330;

/** A column of real rows beside that of synthetic ones: histograms, or bars of categories. */
export function columnPicture({ name, plotted }: ReportColumn, real: Table, synthetic: Table): Markup | undefined {
  const { categories, label, valuesOf } = plotted(real);
  const sets = [
    { name: "real", values: [valuesOf(real)] },
    { name: "synthetic", values: [valuesOf(synthetic)] },
  ];
  const limits = categories === undefined ? bulkRange(valuesOf(real)) : undefined;
  if (categories === undefined && limits === undefined) return undefined;
  return themed((theme) =>
    pairPlot({
      ...{ columns: [visible(name)], sets, width: WIDTH, theme, transparent: true, mode: "density" },
      ...{ categories: [categories?.map(visible)], labels: [label], limits: [limits] },
      description: `Distribution of ${visible(name)} in real and in synthetic rows.`,
    }),
  );
}
