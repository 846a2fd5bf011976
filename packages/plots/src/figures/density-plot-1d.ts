import { binCount, histogram } from "../densities/histogram.ts";
import { countOr, type Numbers, toGridAxis, toNumbers, toNumbersOfLength } from "../input/numbers.ts";
import { thinIndices } from "../input/thin-indices.ts";
import { type ChartParts, chart } from "../layout/chart.ts";
import type { LegendEntry } from "../layout/legend.ts";
import type { AxesOptions } from "../layout/plot-options.ts";
import { themeOf } from "../layout/theme.ts";
import { barsPath } from "../marks/area-path.ts";
import { linesPath } from "../marks/point-path.ts";
import { element, formatCoordinate } from "../marks/svg-element.ts";
import { categoryColor } from "../scales/color.ts";
import { extent, paddedDomain } from "../scales/domain.ts";
import type { Scale } from "../scales/scale.ts";

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
 * ```ts
 * import { densityPlot1d } from "@pushforward/plots";
 *
 * const x = Array.from({ length: 101 }, (_, i) => -4 + 0.08 * i);
 * const density = x.map((v) => Math.exp(-0.5 * v * v) / Math.sqrt(2 * Math.PI));
 * const svg = densityPlot1d({ x, density, title: "Standard normal", xLabel: "x" });
 * ```
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
    entries.push({ label: `samples (n = ${samples.length})`, color: sampleColor, mark: "area" });
  }

  const draw: ChartParts["draw"] = (sx, sy) => {
    const markup: string[] = [];
    if (samples.length > 0) {
      markup.push(
        element("path", {
          d: barsPath(bars.edges.map(sx.map), bars.density.map(sy.map), sy.map(0)),
          fill: sampleColor,
          "fill-opacity": theme.name === "dark" ? 0.32 : 0.22,
        }),
      );
    }
    const line = curve(x, density, sx, sy);
    const base = formatCoordinate(sy.map(0));
    markup.push(
      element("path", {
        d: `${linesPath([line])}V${base}H${formatCoordinate(sx.map(low))}z`,
        fill: learnedColor,
        "fill-opacity": 0.1,
      }),
      element("path", {
        d: linesPath([line]),
        fill: "none",
        stroke: learnedColor,
        "stroke-width": 2.25,
        "stroke-linejoin": "round",
      }),
    );
    if (truth) {
      markup.push(
        element("path", {
          d: linesPath([curve(x, truth, sx, sy)]),
          fill: "none",
          stroke: theme.ink,
          "stroke-width": 1.5,
          "stroke-dasharray": "6 4",
        }),
      );
    }
    let rug = "";
    for (const index of marks) {
      const value = samples[index] as number;
      if (value < low || value > high) continue;
      rug += `M${formatCoordinate(sx.map(value))} ${formatCoordinate(sy.length)}v-7`;
    }
    if (rug !== "") markup.push(element("path", { d: rug, stroke: sampleColor, "stroke-opacity": 0.6 }));
    return markup;
  };

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
    draw,
  });
}

function toDensity(where: string, name: string, values: Numbers, length: number): Float64Array {
  const density = toNumbersOfLength(where, name, values, length);
  const bad = density.findIndex((value) => !Number.isFinite(value) || value < 0);
  if (bad >= 0) {
    throw new RangeError(`${where}: expected finite densities of at least 0, got ${density[bad]} at ${name}[${bad}].`);
  }
  return density;
}

function curve(x: Float64Array, y: Float64Array, sx: Scale, sy: Scale): number[] {
  const points: number[] = [];
  for (let i = 0; i < x.length; i++) points.push(sx.map(x[i] as number), sy.map(y[i] as number));
  return points;
}
