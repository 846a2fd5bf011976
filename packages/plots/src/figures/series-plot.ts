import { type Numbers, positiveOr, toNumbers, toNumbersOfLength } from "../input/numbers.ts";
import { type ChartAxis, chart } from "../layout/chart.ts";
import type { LegendEntry } from "../layout/legend.ts";
import type { AxesOptions } from "../layout/plot-options.ts";
import { themeOf } from "../layout/theme.ts";
import { dotsPath, linesPath } from "../marks/point-path.ts";
import { element, formatCoordinate } from "../marks/svg-element.ts";
import { categoryColor, checkedColor } from "../scales/color.ts";
import { extent, paddedDomain } from "../scales/domain.ts";
import type { Scale, ScaleKind } from "../scales/scale.ts";

/** One curve. */
export interface Series {
  readonly name: string;
  readonly values: Numbers;
  /** Default 1, 2, 3, …. */
  readonly x?: Numbers;
  readonly color?: string;
  readonly dashed?: boolean;
  /** Points that no line joins: observations. */
  readonly dots?: boolean;
  /** Width of the line, 2, or diameter of the dots, 3. */
  readonly size?: number;
}

/** A level line across the picture, for instance a baseline. */
export interface ReferenceLine {
  readonly name: string;
  readonly value: number;
  readonly color?: string;
}

/** A marked point with a line down to the axis. */
export interface MarkedPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly color?: string;
}

/** Options of `seriesPlot`. */
export interface SeriesPlotOptions extends AxesOptions {
  readonly series: readonly Series[];
  readonly references?: readonly ReferenceLine[];
  readonly marks?: readonly MarkedPoint[];
  /** Default "linear". On a log axis values of 0 and below are left out. */
  readonly xScale?: ScaleKind;
  readonly yScale?: ScaleKind;
  /** Fixed range of y; curves are cut there. Default: all finite values. */
  readonly yRange?: readonly [number, number];
  /** x ticks at integers only. Default: when no series has `x`. */
  readonly integerX?: boolean;
}

const DOTS = { "stroke-linecap": "round", "stroke-opacity": 0.6 };

/**
 * Draws curves and dots over a common axis. A non-finite value interrupts its curve. Returns an SVG document.
 *
 * @throws TypeError, RangeError when `x` and `values` differ in length or a range is empty.
 * @example
 * ```ts
 * import { seriesPlot } from "@pushforward/plots";
 *
 * const svg = seriesPlot({ series: [{ name: "learning rate", values: [0.1, 0.05, 0.01] }], yScale: "log" });
 * ```
 */
export function seriesPlot(options: SeriesPlotOptions): string {
  return drawSeries("seriesPlot", options);
}

/** `seriesPlot` under the name of the function that was called. */
export function drawSeries(where: string, options: SeriesPlotOptions): string {
  const theme = themeOf(where, options.theme);
  const xScale = scaleKind(where, "xScale", options.xScale);
  const yScale = scaleKind(where, "yScale", options.yScale);
  const curves = options.series.map((series, k) => {
    const y = toNumbers(where, `values of "${series.name}"`, series.values);
    const x =
      series.x === undefined
        ? y.map((_, i) => i + 1)
        : toNumbersOfLength(where, `x of "${series.name}"`, series.x, y.length);
    return { x, y, series, color: checkedColor(where, series.color ?? categoryColor(k, theme.name)) };
  });
  const references = options.references ?? [];
  const marks = options.marks ?? [];
  const xRange = extent([...curves.map((curve) => curve.x), marks.map((mark) => mark.x)], xScale);
  const yValues = [...curves.map((curve) => curve.y), references.map((r) => r.value), marks.map((mark) => mark.y)];
  const x: ChartAxis = {
    domain: xRange !== undefined && xRange[0] < xRange[1] ? xRange : paddedDomain(xRange, 0, xScale),
    kind: xScale,
    integer: options.integerX ?? curves.every((curve) => curve.series.x === undefined),
  };
  const y: ChartAxis = {
    domain: options.yRange ?? paddedDomain(extent(yValues, yScale), 0.05, yScale),
    kind: yScale,
  };
  const [low, high] = y.domain;
  if (!(low < high && Number.isFinite(high - low)) || (yScale === "log" && low <= 0)) {
    throw new RangeError(
      `${where}: expected yRange as finite low < high (above 0 on a log axis), got [${low}, ${high}].`,
    );
  }

  const referenceColors = references.map((r) => checkedColor(where, r.color ?? theme.muted));
  const markColors = marks.map((mark) => checkedColor(where, mark.color ?? theme.ink));
  const entries: LegendEntry[] = [
    ...curves.map(({ series, color }) => ({
      label: series.name,
      color,
      mark: series.dots === true ? ("dot" as const) : series.dashed === true ? ("dashed" as const) : ("line" as const),
    })),
    ...references.map((r, k) => ({ label: r.name, color: referenceColors[k] as string, mark: "dashed" as const })),
    ...marks.map((mark, k) => ({ label: mark.name, color: markColors[k] as string, mark: "dot" as const })),
  ];
  return chart({
    where,
    options,
    theme,
    defaultHeight: 400,
    description: `Curves: ${options.series.map((series) => series.name).join(", ")}.`,
    x,
    y,
    legend: entries,
    panel: "grid",
    draw: (sx, sy) => {
      const markup: string[] = [];
      for (const [k, reference] of references.entries()) {
        const d = `M0 ${formatCoordinate(sy.map(reference.value))}h${formatCoordinate(sx.length)}`;
        if (Number.isFinite(sy.map(reference.value))) {
          markup.push(
            element("path", { d, stroke: referenceColors[k], "stroke-width": 1.5, "stroke-dasharray": "6 4" }),
          );
        }
      }
      for (const curve of curves) {
        const all = runs(curve.x, curve.y, sx, sy);
        const size = positiveOr(where, `size of "${curve.series.name}"`, curve.series.size, curve.series.dots ? 3 : 2);
        if (curve.series.dots === true) {
          const d = dotsPath(all.flat());
          if (d !== "") markup.push(element("path", { ...DOTS, d, stroke: curve.color, "stroke-width": size }));
          continue;
        }
        const d = linesPath(all);
        if (d === "") continue;
        markup.push(
          element("path", {
            d,
            fill: "none",
            stroke: curve.color,
            "stroke-width": size,
            "stroke-linejoin": "round",
            "stroke-linecap": "round",
            "stroke-dasharray": curve.series.dashed === true ? "6 4" : undefined,
          }),
        );
      }
      for (const [k, mark] of marks.entries()) {
        const [px, py] = [sx.map(mark.x), sy.map(mark.y)];
        if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
        markup.push(
          element("path", {
            d: `M${formatCoordinate(px)} ${formatCoordinate(py)}V${formatCoordinate(sy.length)}`,
            stroke: markColors[k],
            "stroke-dasharray": "2 3",
          }),
          element("circle", {
            cx: px,
            cy: py,
            r: 4,
            fill: markColors[k],
            stroke: theme.background,
            "stroke-width": 1.5,
          }),
        );
      }
      return markup;
    },
  });
}

function scaleKind(where: string, name: string, kind: ScaleKind | undefined): ScaleKind {
  if (kind !== undefined && kind !== "linear" && kind !== "log") {
    throw new RangeError(`${where}: expected ${name} "linear" or "log", got "${String(kind)}".`);
  }
  return kind ?? "linear";
}

// Values far outside the panel are pulled in: coordinates stay short, and the cut line still points the right way.
function runs(x: Float64Array, y: Float64Array, sx: Scale, sy: Scale): number[][] {
  const all: number[][] = [];
  let run: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const [px, py] = [sx.map(x[i] as number), sy.map(y[i] as number)];
    if (Number.isFinite(px) && Number.isFinite(py)) run.push(px, Math.min(1e4, Math.max(-1e4, py)));
    else if (run.length > 0) {
      all.push(run);
      run = [];
    }
  }
  if (run.length > 0) all.push(run);
  return all;
}
