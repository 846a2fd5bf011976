import { describe, type Numbers, toNumbers } from "../input/numbers.ts";
import type { AxesOptions } from "../layout/plot-options.ts";
import { themeOf } from "../layout/theme.ts";
import { categoryColor } from "../scales/color.ts";
import { extent } from "../scales/domain.ts";
import { withMinus } from "../scales/ticks.ts";
import { drawSeries, type MarkedPoint, type ReferenceLine, type Series } from "./series-plot.ts";

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
 * Draws the loss curves of a training run. When the first epochs are so high that the rest would be flat (more than four
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
