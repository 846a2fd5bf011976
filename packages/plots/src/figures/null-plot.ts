import { binCount, histogram } from "../densities/histogram.ts";
import { describe, type Numbers, toNumbers } from "../input/numbers.ts";
import { chart } from "../layout/chart.ts";
import type { AxesOptions } from "../layout/plot-options.ts";
import { themeOf } from "../layout/theme.ts";
import { barsPath } from "../marks/area-path.ts";
import { element, formatCoordinate } from "../marks/svg-element.ts";
import { categoryColor } from "../scales/color.ts";
import { extent, paddedDomain } from "../scales/domain.ts";
import { withMinus } from "../scales/ticks.ts";

/** Options of `nullPlot`. */
export interface NullPlotOptions extends AxesOptions {
  /** What was found. */
  readonly statistic: number;
  /** What is found where there is nothing to find. */
  readonly nullStatistics: Numbers;
  /** Name of the statistic. Default "statistic". */
  readonly name?: string;
}

/**
 * Draws a test statistic beside its distribution under the null hypothesis. Returns an SVG document.
 *
 * @throws TypeError, RangeError when the statistic is not finite or the null has no finite number.
 * @example
 * const svg = nullPlot({ statistic: 0.031, nullStatistics: [0.004, 0.006, 0.003, 0.005, 0.007] });
 */
export function nullPlot(options: NullPlotOptions): string {
  const where = "nullPlot";
  const theme = themeOf(where, options.theme);
  const { statistic } = options;
  if (!Number.isFinite(statistic)) {
    throw new RangeError(`${where}: expected statistic as a finite number, got ${describe(statistic)}.`);
  }
  const values = toNumbers(where, "nullStatistics", options.nullStatistics).filter(Number.isFinite).sort();
  const range = extent([values]);
  if (range === undefined) throw new RangeError(`${where}: expected a finite number in nullStatistics, got none.`);
  const [low, high] = paddedDomain(range, 0.02);
  const bars = histogram(values, low, high, binCount(values, low, high));
  const counts = bars.density.map((density) => density * values.length * ((high - low) / bars.density.length));
  const peak = counts.reduce((most, count) => Math.max(most, count), 0);
  const color = categoryColor(1, theme.name);
  const name = options.name ?? "statistic";
  const above = values.filter((value) => value >= statistic).length;
  return chart({
    where,
    options: { xLabel: name, yLabel: "count", ...options },
    theme,
    defaultHeight: 320,
    description: `${name} ${Number(statistic.toPrecision(4))}; ${above} of ${values.length} under the null hypothesis are at least that.`,
    x: { domain: paddedDomain(extent([[low, high], [statistic]]), 0.04) },
    y: { domain: [0, peak * 1.08], integer: true },
    legend: [
      { label: `null hypothesis (${values.length})`, color: theme.muted, mark: "area" },
      { label: `${name}: ${withMinus(String(Number(statistic.toPrecision(3))))}`, color, mark: "line" },
    ],
    panel: "grid",
    draw: (sx, sy) => [
      element("path", {
        d: barsPath(bars.edges.map(sx.map), counts.map(sy.map), sy.map(0)),
        fill: theme.muted,
        "fill-opacity": 0.45,
      }),
      element("path", {
        d: `M${formatCoordinate(sx.map(statistic))} 0V${formatCoordinate(sy.length)}`,
        stroke: color,
        "stroke-width": 2.25,
      }),
    ],
  });
}
