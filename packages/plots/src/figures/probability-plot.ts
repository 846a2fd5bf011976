import { type Numbers, toGridAxis, toNumbersOfLength } from "../input/numbers.ts";
import { chart } from "../layout/chart.ts";
import type { AxesOptions } from "../layout/plot-options.ts";
import { themeOf } from "../layout/theme.ts";
import { area, type CurveRegion, curve, readRegion } from "../marks/curve-region.ts";
import { linesPath } from "../marks/point-path.ts";
import { element } from "../marks/svg-element.ts";
import { categoryColor, checkedColor } from "../scales/color.ts";

/** Options of `probabilityPlot`. */
export interface ProbabilityPlotOptions extends AxesOptions, Partial<CurveRegion> {
  /** Increasing, from 0 to 1. */
  readonly levels: Numbers;
  /** The share of predicted probabilities that are at most the level. */
  readonly cdf: Numbers;
  /** Name of the curve. Default "classifier". */
  readonly name?: string;
  /** Name of the region between `low` and `high`. Default "under the null hypothesis". */
  readonly regionName?: string;
  readonly color?: string;
}

/**
 * The PP plot of a local classifier test (Linhart et al. 2023): the distribution function of predicted probabilities
 * beside the one that tells nothing apart, a step at ½, with the region of the null hypothesis. Returns an SVG document.
 *
 * @throws TypeError, RangeError when lengths differ or levels do not increase.
 * @example
 * const svg = probabilityPlot({ levels: [0, 0.4, 0.5, 0.6, 1], cdf: [0, 0.1, 0.6, 0.9, 1] });
 */
export function probabilityPlot(options: ProbabilityPlotOptions): string {
  const where = "probabilityPlot";
  const theme = themeOf(where, options.theme);
  const levels = toGridAxis(where, "levels", options.levels);
  const cdf = toNumbersOfLength(where, "cdf", options.cdf, levels.length);
  const { low, high } = options;
  const region = low && high && readRegion(where, "region", { low, high }, levels.length);
  const color = checkedColor(where, options.color ?? categoryColor(1, theme.name));
  const name = options.name ?? "classifier";
  return chart({
    where,
    options: { xLabel: "predicted probability", yLabel: "share of draws", ...options },
    theme,
    defaultHeight: 480,
    description: `Distribution of predicted probabilities of ${name}, beside a step at one half.`,
    x: { domain: [0, 1] },
    y: { domain: [0, 1] },
    legend: [
      { label: name, color, mark: "line" },
      ...(region
        ? [{ label: options.regionName ?? "under the null hypothesis", color: theme.muted, mark: "area" as const }]
        : []),
      { label: "nothing to tell apart", color: theme.muted, mark: "dashed" },
    ],
    panel: "frame",
    aspect: 1,
    draw: (sx, sy) => [
      ...(region ? [area(levels, region, theme.muted, 0.25, sx, sy)] : []),
      element("path", {
        d: linesPath([[sx.map(0), sy.map(0), sx.map(0.5), sy.map(0), sx.map(0.5), sy.map(1), sx.map(1), sy.map(1)]]),
        fill: "none",
        stroke: theme.muted,
        "stroke-width": 1.25,
        "stroke-dasharray": "5 4",
      }),
      curve(levels, cdf, color, sx, sy),
    ],
  });
}
