import { areaPath } from "./area-path.ts";
import { chart } from "./chart.ts";
import { categoryColour, checkedColour } from "./colour.ts";
import type { LegendEntry } from "./legend.ts";
import { type Numbers, toGridAxis, toNumbersOfLength } from "./numbers.ts";
import { linesPath } from "./path.ts";
import type { AxesOptions } from "./plot-options.ts";
import type { Scale } from "./scale.ts";
import { element } from "./svg.ts";
import { themeOf } from "./theme.ts";

/** Two curves with a region between them. */
export interface CurveRegion {
  readonly low: Numbers;
  readonly high: Numbers;
}

/** One curve of a coverage plot. */
export interface CoverageSeries {
  readonly name: string;
  /** Increasing, from 0 to 1. */
  readonly levels: Numbers;
  readonly coverage: Numbers;
  /** How sure the curve is, for instance by a bootstrap. */
  readonly region?: CurveRegion;
  readonly colour?: string;
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
 * ```ts
 * import { coveragePlot } from "@pushforward/plots";
 *
 * const svg = coveragePlot({ series: [{ name: "npe", levels: [0, 0.5, 1], coverage: [0, 0.44, 1] }] });
 * ```
 */
export function coveragePlot(options: CoveragePlotOptions): string {
  const where = "coveragePlot";
  const theme = themeOf(where, options.theme);
  const curves = options.series.map((series, k) => {
    const levels = toGridAxis(where, `levels of "${series.name}"`, series.levels);
    const coverage = toNumbersOfLength(where, `coverage of "${series.name}"`, series.coverage, levels.length);
    const colour = checkedColour(where, series.colour ?? categoryColour(k, theme.name));
    return { series, levels, coverage, colour, region: readRegion(where, series.name, series.region, levels.length) };
  });
  const bandLevels = options.band && toGridAxis(where, "levels of the band", options.band.levels);
  const band = bandLevels && readRegion(where, "the band", options.band, bandLevels.length);
  const legend: LegendEntry[] = curves.map(({ series, colour }) => ({ label: series.name, colour, mark: "line" }));
  if (band !== undefined) legend.push({ label: options.bandName ?? "calibrated", colour: theme.muted, mark: "area" });
  else legend.push({ label: "calibrated", colour: theme.muted, mark: "dashed" });
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
      ...curves.flatMap(({ levels, region, colour }) =>
        region === undefined ? [] : [area(levels, region, colour, 0.2, sx, sy)],
      ),
      ...curves.map(({ levels, coverage, colour }) => curve(levels, coverage, colour, sx, sy)),
    ],
  });
}

/** A checked region of `length` places; undefined without one. */
export function readRegion(
  where: string,
  name: string,
  region: CurveRegion | undefined,
  length: number,
): { readonly low: Float64Array; readonly high: Float64Array } | undefined {
  if (region === undefined) return undefined;
  return {
    low: toNumbersOfLength(where, `low of "${name}"`, region.low, length),
    high: toNumbersOfLength(where, `high of "${name}"`, region.high, length),
  };
}

/** A filled region. */
export function area(
  x: Float64Array,
  region: CurveRegion,
  fill: string,
  opacity: number,
  sx: Scale,
  sy: Scale,
): string {
  const pixels = (values: Numbers): number[] => Array.from(values, (value) => sy.map(value));
  const d = areaPath(x.map(sx.map), pixels(region.low), pixels(region.high));
  return element("path", { d, fill, "fill-opacity": opacity });
}

/** A line through points. */
export function curve(x: Float64Array, y: Float64Array, stroke: string, sx: Scale, sy: Scale): string {
  const points = Array.from(x, (value, i) => [sx.map(value), sy.map(y[i] as number)]).flat();
  return element("path", {
    d: linesPath([points]),
    fill: "none",
    stroke,
    "stroke-width": 2.25,
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
  });
}
