import { binCount, type Histogram, histogram } from "../densities/histogram.ts";
import { countOr, type Numbers, thinIndices, toGridAxis, toNumbers, toNumbersOfLength } from "../input.ts";
import { chart, type LegendEntry } from "../layout/chart.ts";
import { type AxesOptions, type Theme, themeOf } from "../layout/plot-options.ts";
import { element, formatCoordinate } from "../marks/elements.ts";
import { barsPath, curvePixels, linesPath } from "../marks/paths.ts";
import { categoryColor } from "../scales/color.ts";
import { extent, paddedDomain, type Scale } from "../scales/scale.ts";

/** Options of `densityPlot1d`. */
export interface DensityPlot1dOptions extends AxesOptions {
  /** Where the density was evaluated, increasing. */
  readonly x: Numbers;
  /** Density at `x`, at least 0, per unit of x. */
  readonly density: Numbers;
  /** Observations, shown as a histogram and as marks along the axis; non-finite ones are left out. */
  readonly samples?: Numbers;
  /** The density that generated the samples, at `x`. */
  readonly trueDensity?: Numbers;
  /** Name of the learned density in the legend. Default "learned". */
  readonly name?: string;
  /** Name of the samples in the legend. Default "samples". */
  readonly samplesName?: string;
  /** Bins of the histogram over the range of x. Default by Freedman and Diaconis. */
  readonly bins?: number;
  /** Most marks along the axis; of more samples every k-th is shown. Default 300. */
  readonly maxMarks?: number;
}

/**
 * Draws a density on a line, with samples and the true density where they are known. Returns an SVG document.
 *
 * @throws TypeError, RangeError when lengths differ, `x` does not increase, or a density is negative or not finite.
 * @example
 * const x = Array.from({ length: 101 }, (_, i) => -4 + 0.08 * i);
 * const density = x.map((v) => Math.exp(-0.5 * v * v) / Math.sqrt(2 * Math.PI));
 * const svg = densityPlot1d({ x, density, title: "Standard normal", xLabel: "x" });
 */
export function densityPlot1d(options: DensityPlot1dOptions): string {
  const where = "densityPlot1d";
  const theme = themeOf(where, options.theme);
  const x = toGridAxis(where, "x", options.x);
  const density = toDensity(where, "density", options.density, x.length);
  const truth =
    options.trueDensity === undefined ? undefined : toDensity(where, "trueDensity", options.trueDensity, x.length);
  const samples = toNumbers(where, "samples", options.samples ?? [])
    .filter(Number.isFinite)
    .sort();
  const low = x[0] as number;
  const high = x[x.length - 1] as number;
  const bins = countOr(where, "bins", options.bins, 1, binCount(samples, low, high));
  const bars = histogram(samples, low, high, bins);
  const marks = thinIndices(samples.length, countOr(where, "maxMarks", options.maxMarks, 0, 300));

  // A histogram bar may stick out of the picture rather than flatten the curve.
  const curves = extent([density, ...(truth ? [truth] : [])]) as [number, number];
  const barTop = (extent([bars.density]) as [number, number])[1];
  const peak = curves[1] > 0 ? Math.max(curves[1], Math.min(barTop, 1.6 * curves[1])) : Math.max(barTop, 0);
  const learnedColor = categoryColor(1, theme.name);
  const sampleColor = categoryColor(0, theme.name);
  const entries: LegendEntry[] = [{ label: options.name ?? "learned", color: learnedColor, mark: "line" }];
  if (truth) entries.push({ label: "true", color: theme.ink, mark: "dashed" });
  if (samples.length > 0) {
    entries.push({
      label: `${options.samplesName ?? "samples"} (n = ${samples.length})`,
      color: sampleColor,
      mark: "area",
    });
  }

  return chart({
    where,
    options: { yLabel: "density", ...options },
    theme,
    defaultHeight: 400,
    description: `Density over ${low} to ${high}, largest value ${Number(curves[1].toPrecision(3))}${
      samples.length > 0 ? `, with a histogram of ${samples.length} samples` : ""
    }${truth ? " and the true density as a dashed line" : ""}.`,
    x: { domain: [low, high] },
    y: { domain: peak > 0 ? [0, peak * 1.05] : paddedDomain([0, 0], 0) },
    legend: entries,
    panel: "grid",
    draw: (sx, sy) => [
      ...(samples.length > 0 ? [histogramMark(bars, theme, sampleColor, sx, sy)] : []),
      ...densityMarks(x, density, learnedColor, sx, sy),
      ...(truth ? [truthMark(x, truth, theme, sx, sy)] : []),
      ...rugMarks(samples, marks, [low, high], sampleColor, sx, sy),
    ],
  });
}

function histogramMark(bars: Histogram, theme: Theme, fill: string, sx: Scale, sy: Scale): string {
  return element("path", {
    d: barsPath(bars.edges.map(sx.map), bars.density.map(sy.map), sy.map(0)),
    fill,
    "fill-opacity": theme.name === "dark" ? 0.32 : 0.22,
  });
}

function densityMarks(x: Float64Array, density: Float64Array, color: string, sx: Scale, sy: Scale): readonly string[] {
  const line = linesPath([curvePixels(x, density, sx, sy)]);
  const base = formatCoordinate(sy.map(0));
  return [
    element("path", {
      d: `${line}V${base}H${formatCoordinate(sx.map(x[0] as number))}z`,
      fill: color,
      "fill-opacity": 0.1,
    }),
    element("path", { d: line, fill: "none", stroke: color, "stroke-width": 2.25, "stroke-linejoin": "round" }),
  ];
}

function truthMark(x: Float64Array, truth: Float64Array, theme: Theme, sx: Scale, sy: Scale): string {
  return element("path", {
    d: linesPath([curvePixels(x, truth, sx, sy)]),
    fill: "none",
    stroke: theme.ink,
    "stroke-width": 1.5,
    "stroke-dasharray": "6 4",
  });
}

/** Samples as marks along the axis. */
function rugMarks(
  samples: Float64Array,
  marks: Int32Array,
  [low, high]: readonly [number, number],
  stroke: string,
  sx: Scale,
  sy: Scale,
): readonly string[] {
  let rug = "";
  for (const index of marks) {
    const value = samples[index] as number;
    if (value < low || value > high) continue;
    rug += `M${formatCoordinate(sx.map(value))} ${formatCoordinate(sy.length)}v-7`;
  }
  return rug === "" ? [] : [element("path", { d: rug, stroke, "stroke-opacity": 0.6 })];
}

function toDensity(where: string, name: string, values: Numbers, length: number): Float64Array {
  const density = toNumbersOfLength(where, name, values, length);
  const bad = density.findIndex((value) => !Number.isFinite(value) || value < 0);
  if (bad >= 0) {
    throw new RangeError(`${where}: expected finite densities of at least 0, got ${density[bad]} at ${name}[${bad}].`);
  }
  return density;
}
