import { type Numbers, toNumbers } from "../input/numbers.ts";
import { chart } from "../layout/chart.ts";
import type { LegendEntry } from "../layout/legend.ts";
import type { AxesOptions } from "../layout/plot-options.ts";
import { themeOf } from "../layout/theme.ts";
import { barsPath } from "../marks/area-path.ts";
import { element, formatCoordinate } from "../marks/svg-element.ts";
import { categoryColor, checkedColor } from "../scales/color.ts";
import type { Scale } from "../scales/scale.ts";

/** Options of `rankPlot`. */
export interface RankPlotOptions extends AxesOptions {
  /** Of bins of equal width. */
  readonly counts: Numbers;
  /** Where the count of a bin lies when all ranks are alike; bins outside of it are drawn in another color. */
  readonly band?: readonly [low: number, high: number];
  /** Ends of the axis: 0 and 1. */
  readonly range?: readonly [low: number, high: number];
  /** What the band holds, for the legend. Default "expected when uniform". */
  readonly bandName?: string;
  readonly color?: string;
}

/**
 * Draws a histogram of what should be uniform, ranks of calibration or PIT values, with its band. Returns an SVG document.
 *
 * @throws TypeError, RangeError when there are no counts, or one is negative or not finite.
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
