import { type Numbers, toGridAxis, toNumbersOfLength } from "../input/numbers.ts";
import { chart } from "../layout/chart.ts";
import type { LegendEntry } from "../layout/legend.ts";
import type { AxesOptions } from "../layout/plot-options.ts";
import { themeOf } from "../layout/theme.ts";
import { area, type CurveRegion, curve, readRegion } from "../marks/curve-region.ts";
import { linesPath } from "../marks/point-path.ts";
import { element } from "../marks/svg-element.ts";
import { categoryColor, checkedColor } from "../scales/color.ts";

/** One curve of a coverage plot. */
export interface CoverageSeries {
  readonly name: string;
  /** Increasing, from 0 to 1. */
  readonly levels: Numbers;
  readonly coverage: Numbers;
  /** How sure the curve is, for instance by a bootstrap. */
  readonly region?: CurveRegion;
  readonly color?: string;
}

/** Options of `coveragePlot`. */
export interface CoveragePlotOptions extends AxesOptions {
  readonly series: readonly CoverageSeries[];
  /** Where a calibrated curve lies, around the diagonal. */
  readonly band?: CurveRegion & { readonly levels: Numbers };
  /** Name of the band in the legend. Default "calibrated". */
  readonly bandName?: string;
}

/**
 * Draws coverage against credibility, with the diagonal and the band of a calibrated posterior: for regions of highest
 * density, for TARP, or any empirical distribution function of what should be uniform. Returns an SVG document.
 *
 * @throws TypeError, RangeError when lengths differ or levels do not increase.
 * @example
 * const svg = coveragePlot({ series: [{ name: "npe", levels: [0, 0.5, 1], coverage: [0, 0.44, 1] }] });
 */
export function coveragePlot(options: CoveragePlotOptions): string {
  const where = "coveragePlot";
  const theme = themeOf(where, options.theme);
  const curves = options.series.map((series, k) => {
    const levels = toGridAxis(where, `levels of "${series.name}"`, series.levels);
    const coverage = toNumbersOfLength(where, `coverage of "${series.name}"`, series.coverage, levels.length);
    const color = checkedColor(where, series.color ?? categoryColor(k, theme.name));
    return { series, levels, coverage, color, region: readRegion(where, series.name, series.region, levels.length) };
  });
  const bandLevels = options.band && toGridAxis(where, "levels of the band", options.band.levels);
  const band = bandLevels && readRegion(where, "the band", options.band, bandLevels.length);
  const legend: LegendEntry[] = curves.map(({ series, color }) => ({ label: series.name, color, mark: "line" }));
  if (band !== undefined) legend.push({ label: options.bandName ?? "calibrated", color: theme.muted, mark: "area" });
  else legend.push({ label: "calibrated", color: theme.muted, mark: "dashed" });
  return chart({
    where,
    options: { xLabel: "credibility", yLabel: "coverage", ...options },
    theme,
    defaultHeight: 480,
    description: `Coverage against credibility: ${options.series.map(({ name }) => name).join(", ")}.`,
    x: { domain: [0, 1] },
    y: { domain: [0, 1] },
    legend,
    panel: "frame",
    aspect: 1,
    draw: (sx, sy) => [
      ...(band === undefined || bandLevels === undefined ? [] : [area(bandLevels, band, theme.muted, 0.25, sx, sy)]),
      element("path", {
        d: linesPath([[sx.map(0), sy.map(0), sx.map(1), sy.map(1)]]),
        stroke: theme.muted,
        "stroke-width": 1.25,
        "stroke-dasharray": "5 4",
      }),
      ...curves.flatMap(({ levels, region, color }) =>
        region === undefined ? [] : [area(levels, region, color, 0.2, sx, sy)],
      ),
      ...curves.map(({ levels, coverage, color }) => curve(levels, coverage, color, sx, sy)),
    ],
  });
}
