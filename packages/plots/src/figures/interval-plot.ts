import { chart } from "../layout/chart.ts";
import { type AxesOptions, type Theme, themeOf } from "../layout/plot-options.ts";
import { element, fitText, formatCoordinate, textElement, textWidth } from "../marks/elements.ts";
import { categoryColor } from "../scales/color.ts";
import { extent, paddedDomain, type Scale } from "../scales/scale.ts";

/** An interval and a number that should be in it. */
export interface PredictedInterval {
  readonly name: string;
  readonly low: number;
  readonly median: number;
  readonly high: number;
  readonly observed: number;
}

/** Options of `intervalPlot`. */
export interface IntervalPlotOptions extends AxesOptions {
  readonly intervals: readonly PredictedInterval[];
}

const ROW = 30;

/**
 * Draws observed numbers and the intervals that a model predicts for each number. Each row is in units of half its
 * interval around its median, so that different intervals share an axis. Returns an SVG document.
 *
 * @throws RangeError when there is no interval, or an interval is empty or not finite.
 * @example
 * const svg = intervalPlot({ intervals: [{ name: "mean prey", low: 8, median: 11, high: 15, observed: 12 }] });
 */
export function intervalPlot(options: IntervalPlotOptions): string {
  const where = "intervalPlot";
  const theme = themeOf(where, options.theme);
  const { intervals } = options;
  if (intervals.length === 0) throw new RangeError(`${where}: expected at least one interval, got none.`);
  for (const interval of intervals) checkInterval(where, interval);
  const rows = intervals.map(placedInterval);
  const outside = rows.filter(isOutside).length;
  const colors = { model: categoryColor(0, theme.name), odd: categoryColor(1, theme.name) };
  const width = Math.min(180, Math.max(...rows.map(({ name }) => textWidth(name, 12))) + 14);
  const domain = paddedDomain(extent(rows.map(({ left, right, at }) => [left, right, at])), 0.06);
  return chart({
    where,
    options: { xLabel: "distance from the median, in half intervals", height: 130 + ROW * rows.length, ...options },
    theme,
    defaultHeight: 320,
    description: `${intervals.length} predicted intervals; ${outside} of the observed numbers are outside.`,
    x: { domain },
    y: { domain: [0, rows.length] },
    legend: [
      { label: "predicted", color: colors.model, mark: "line" },
      { label: "observed", color: theme.ink, mark: "dot" },
      ...(outside > 0 ? [{ label: "observed, outside", color: colors.odd, mark: "dot" as const }] : []),
    ],
    panel: "grid",
    yTicks: false,
    side: {
      width,
      draw: (left, top, height) =>
        rows.map(({ name }, i) =>
          textElement(fitText(name, 12, width - 10), {
            x: left + 10,
            y: top + ((i + 0.5) * height) / rows.length + 4,
            fill: theme.muted,
          }),
        ),
    },
    draw: (sx, sy) => rows.flatMap((row, i) => intervalMarks(row, sy.map(rows.length - i - 0.5), colors, theme, sx)),
  });
}

/** An interval in units of half its width around its median. */
interface PlacedInterval {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly at: number;
}

function checkInterval(where: string, { name, low, median, high, observed }: PredictedInterval): void {
  if (low < high && low <= median && median <= high && Number.isFinite(high - low) && Number.isFinite(observed)) return;
  throw new RangeError(
    `${where}: expected finite low < high around the median and observed in "${name}", got [${low}, ${median}, ${high}], ${observed}.`,
  );
}

function placedInterval({ name, low, median, high, observed }: PredictedInterval): PlacedInterval {
  const unit = (high - low) / 2;
  const place = (value: number): number => (value - median) / unit;
  return { name, left: place(low), right: place(high), at: place(observed) };
}

function isOutside({ left, right, at }: PlacedInterval): boolean {
  return at < left || at > right;
}

function intervalMarks(
  row: PlacedInterval,
  y: number,
  colors: { readonly model: string; readonly odd: string },
  theme: Theme,
  sx: Scale,
): readonly string[] {
  const tick = (x: number, half: number): string =>
    `M${formatCoordinate(sx.map(x))} ${formatCoordinate(y - half)}v${formatCoordinate(2 * half)}`;
  const line = `M${formatCoordinate(sx.map(row.left))} ${formatCoordinate(y)}H${formatCoordinate(sx.map(row.right))}`;
  return [
    element("path", {
      d: `${line}${tick(row.left, 5)}${tick(row.right, 5)}${tick(0, 8)}`,
      stroke: colors.model,
      "stroke-width": 2.25,
      fill: "none",
    }),
    element("circle", {
      cx: sx.map(row.at),
      cy: y,
      r: 5,
      fill: isOutside(row) ? colors.odd : theme.ink,
      stroke: theme.background,
      "stroke-width": 1.5,
    }),
  ];
}
