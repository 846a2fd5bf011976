import { type Numbers, toGridAxis, toNumbers, toNumbersOfLength } from "../input.ts";
import { chart, type LegendEntry } from "../layout/chart.ts";
import { type AxesOptions, themeOf } from "../layout/plot-options.ts";
import { element, formatCoordinate } from "../marks/elements.ts";
import { area, barsPath, type CurveRegion, curve, linesPath, readRegion } from "../marks/paths.ts";
import { categoryColor, checkedColor } from "../scales/color.ts";
import type { Scale } from "../scales/scale.ts";

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
 * Draws coverage against credibility, with the diagonal and the band of a calibrated posterior. It applies to regions
 * of highest density, to TARP, or to any empirical distribution function of values that should be uniform. Returns an
 * SVG document.
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
 * The PP plot of a local classifier test (Linhart et al. 2023). It shows the distribution function of predicted
 * probabilities, the distribution function of a classifier without discrimination, a step at ½, and the region of the
 * null hypothesis. Returns an SVG document.
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

/** Options of `rankPlot`. */
export interface RankPlotOptions extends AxesOptions {
  /** Of bins of equal width. */
  readonly counts: Numbers;
  /**
   * Expected range of the count of a bin when ranks are uniform. Bins outside the band are drawn in a different color.
   */
  readonly band?: readonly [low: number, high: number];
  /** Bounds of the axis: 0 and 1. */
  readonly range?: readonly [low: number, high: number];
  /** Label of the band in the legend. Default "expected when uniform". */
  readonly bandName?: string;
  readonly color?: string;
}

/**
 * Draws a histogram of values that should be uniform, ranks of calibration or PIT values, with its band. Returns an SVG
 * document.
 *
 * @throws TypeError, RangeError when there are no counts, or a count is negative or not finite.
 * @example
 * const svg = rankPlot({ counts: [48, 55, 51, 46], band: [35, 66], title: "Ranks of θ₁" });
 */
export function rankPlot(options: RankPlotOptions): string {
  const where = "rankPlot";
  const theme = themeOf(where, options.theme);
  const counts = readCounts(where, options.counts);
  const [left, right] = options.range ?? [0, 1];
  const { band } = options;
  checkAxis(where, [left, right], band);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = total / counts.length;
  const peak = counts.reduce((most, count) => Math.max(most, count), band?.[1] ?? mean);
  const color = checkedColor(where, options.color ?? categoryColor(0, theme.name));
  const warning = categoryColor(1, theme.name);
  const isOutside = (count: number): boolean => band !== undefined && (count < band[0] || count > band[1]);
  const outside = counts.filter(isOutside).length;
  const legend: LegendEntry[] = [{ label: "counts", color, mark: "area" }];
  if (outside > 0)
    legend.push({ label: `outside of the band (${outside} of ${counts.length})`, color: warning, mark: "area" });
  if (band !== undefined) {
    legend.push({ label: options.bandName ?? "expected when uniform", color: theme.muted, mark: "area" });
  }
  return chart({
    where,
    options: { yLabel: "count", ...options },
    theme,
    defaultHeight: 320,
    description: `Histogram of ${total} values in ${counts.length} bins${
      band === undefined ? "" : `, ${outside} of which are outside of the band from ${band[0]} to ${band[1]}`
    }.`,
    x: { domain: [left, right] },
    y: { domain: [0, peak * 1.08 || 1], integer: true },
    legend,
    panel: "grid",
    draw: (sx, sy) => {
      const edges = Array.from({ length: counts.length + 1 }, (_, i) =>
        sx.map(left + ((right - left) * i) / counts.length),
      );
      const level = `M0 ${formatCoordinate(sy.map(mean))}h${formatCoordinate(sx.length)}`;
      return [
        ...(band === undefined
          ? []
          : [
              element("rect", {
                x: 0,
                y: sy.map(band[1]),
                width: sx.length,
                height: Math.max(1, sy.map(band[0]) - sy.map(band[1])),
                fill: theme.muted,
                "fill-opacity": 0.22,
              }),
            ]),
        ...[false, true].map((chosen) => {
          const d = countBars(counts, (count) => isOutside(count) === chosen, edges, sy);
          return d && element("path", { d, fill: chosen ? warning : color, "fill-opacity": 0.62 });
        }),
        element("path", { d: level, stroke: theme.ink, "stroke-width": 1.25, "stroke-dasharray": "5 4" }),
      ];
    },
  });
}

function readCounts(where: string, values: Numbers): Float64Array {
  const counts = toNumbers(where, "counts", values);
  if (counts.length === 0) throw new RangeError(`${where}: expected at least one count, got none.`);
  const bad = counts.findIndex((count) => !(count >= 0 && Number.isFinite(count)));
  if (bad < 0) return counts;
  throw new RangeError(`${where}: expected finite counts of at least 0, got ${counts[bad]} at counts[${bad}].`);
}

function checkAxis(
  where: string,
  [left, right]: readonly [number, number],
  band: readonly [low: number, high: number] | undefined,
): void {
  if (!(left < right && Number.isFinite(right - left))) {
    throw new RangeError(`${where}: expected range as finite low < high, got [${left}, ${right}].`);
  }
  if (band !== undefined && !(band[0] >= 0 && band[0] <= band[1] && Number.isFinite(band[1]))) {
    throw new RangeError(`${where}: expected band as finite low ≤ high from 0, got [${band[0]}, ${band[1]}].`);
  }
}

/** Path data of the bars of some counts. */
function countBars(
  counts: Float64Array,
  isChosen: (count: number) => boolean,
  edges: readonly number[],
  sy: Scale,
): string {
  // A hair between the bars, which are few.
  const gap = Math.min(2, ((edges[1] as number) - (edges[0] as number)) / 10);
  return Array.from(counts, (count, i) => {
    if (!isChosen(count) || count === 0) return "";
    return barsPath([(edges[i] as number) + gap / 2, (edges[i + 1] as number) - gap / 2], [sy.map(count)], sy.map(0));
  }).join("");
}
