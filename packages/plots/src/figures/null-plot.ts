import { binCount, histogram } from "../densities/histogram.ts";
import { describe, type Numbers, toNumbers } from "../input.ts";
import { chart } from "../layout/chart.ts";
import { type AxesOptions, themeOf } from "../layout/plot-options.ts";
import { element, formatCoordinate } from "../marks/elements.ts";
import { barsPath } from "../marks/paths.ts";
import { categoryColor } from "../scales/color.ts";
import { extent, paddedDomain, withMinus } from "../scales/scale.ts";
import { drawSeries, type MarkedPoint, type ReferenceLine, type Series } from "./series-plot.ts";

/** Options of `nullPlot`. */
export interface NullPlotOptions extends AxesOptions {
  /** Observed value of the statistic. */
  readonly statistic: number;
  /** Values of the statistic under the null hypothesis. */
  readonly nullStatistics: Numbers;
  /** Name of the statistic. Default "statistic". */
  readonly name?: string;
}

/**
 * Draws a test statistic with its distribution under the null hypothesis. Returns an SVG document.
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

/** Options of `lossPlot`. */
export interface LossPlotOptions extends AxesOptions {
  /** Training loss of epochs 1, 2, 3, …, in nats. */
  readonly train: Numbers;
  /** Validation loss of the same epochs. */
  readonly validation?: Numbers;
  /** Epoch with the best validation loss, counted from 1; it is marked. */
  readonly bestEpoch?: number;
  /** Level lines, for instance the loss of a Gaussian. */
  readonly references?: readonly ReferenceLine[];
}

/**
 * Draws the loss curves of a training run. If the first epochs are so high that the rest would be flat (more than four
 * times the range of the last 90 % of the epochs), the picture is cut above. Returns an SVG document.
 *
 * @throws TypeError, RangeError when `bestEpoch` is not one of the epochs.
 * @example
 * const svg = lossPlot({ train: [3.1, 2.6, 2.4, 2.3], validation: [3.0, 2.7, 2.5, 2.6], bestEpoch: 3 });
 */
export function lossPlot(options: LossPlotOptions): string {
  const where = "lossPlot";
  const theme = themeOf(where, options.theme);
  const train = toNumbers(where, "train", options.train);
  const validation = options.validation === undefined ? undefined : toNumbers(where, "validation", options.validation);
  const series: Series[] = [{ name: "training", values: train }];
  if (validation) series.push({ name: "validation", values: validation });
  const references = options.references ?? [];
  const marks: MarkedPoint[] = [];
  const { bestEpoch } = options;
  if (bestEpoch !== undefined) {
    const epochs = (validation ?? train).length;
    if (!Number.isInteger(bestEpoch) || bestEpoch < 1 || bestEpoch > epochs) {
      throw new RangeError(
        `${where}: expected bestEpoch as an integer from 1 to ${epochs}, got ${describe(bestEpoch)}.`,
      );
    }
    const loss = (validation ?? train)[bestEpoch - 1] as number;
    const name = `best: epoch ${bestEpoch} (${withMinus(loss.toFixed(3))})`;
    marks.push({ name, x: bestEpoch, y: loss, color: categoryColor(2, theme.name) });
  }
  const yRange = cutRange([train, ...(validation ? [validation] : [])], references);
  return drawSeries(where, {
    xLabel: "epoch",
    yLabel: "loss (nats)",
    ...options,
    series,
    references,
    marks,
    integerX: true,
    ...(yRange === undefined ? {} : { yRange }),
  });
}

function cutRange(curves: readonly Float64Array[], references: readonly ReferenceLine[]): [number, number] | undefined {
  const late = curves.map((curve) => curve.slice(Math.ceil(curve.length / 10)).filter(Number.isFinite));
  if (late.reduce((count, { length }) => count + length, 0) < 2) return undefined;
  const levels = references.map((reference) => reference.value);
  const [low, high] = extent([...curves, levels]) as [number, number];
  const [, lateHigh] = extent([...late, levels]) as [number, number];
  const span = lateHigh - low;
  if (!(span > 0) || high - low <= 4 * span) return undefined;
  return [low - 0.07 * span, lateHigh + 0.35 * span];
}
