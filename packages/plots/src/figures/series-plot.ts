import { type Numbers, positiveOr, toNumbers, toNumbersOfLength } from "../input.ts";
import { type ChartAxis, chart, type LegendEntry } from "../layout/chart.ts";
import { type AxesOptions, type Theme, themeOf } from "../layout/plot-options.ts";
import { element, formatCoordinate } from "../marks/elements.ts";
import { dotsPath, linesPath } from "../marks/paths.ts";
import { categoryColor, checkedColor } from "../scales/color.ts";
import { extent, paddedDomain, type Scale, type ScaleKind } from "../scales/scale.ts";

/** One curve. */
export interface Series {
  readonly name: string;
  readonly values: Numbers;
  /** Default 1, 2, 3, …. */
  readonly x?: Numbers;
  readonly color?: string;
  readonly dashed?: boolean;
  /** Upper bounds of a band; the values are its lower bounds. The area between is filled. */
  readonly upper?: Numbers;
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
 * Draws curves, bands and dots over a common axis. A non-finite value interrupts its curve. Returns an SVG document.
 *
 * @throws TypeError, RangeError when `x` and `values` differ in length or a range is empty.
 * @example
 * const svg = seriesPlot({ series: [{ name: "learning rate", values: [0.1, 0.05, 0.01] }], yScale: "log" });
 */
export function seriesPlot(options: SeriesPlotOptions): string {
  return drawSeries("seriesPlot", options);
}

/** `seriesPlot` under the name of the function that was called. */
export function drawSeries(where: string, options: SeriesPlotOptions): string {
  const theme = themeOf(where, options.theme);
  const curves = readCurves(where, options.series, theme);
  const references = (options.references ?? []).map((reference) => ({
    ...reference,
    color: checkedColor(where, reference.color ?? theme.muted),
  }));
  const marks = (options.marks ?? []).map((mark) => ({ ...mark, color: checkedColor(where, mark.color ?? theme.ink) }));
  return chart({
    where,
    options,
    theme,
    defaultHeight: 400,
    description: `Curves: ${options.series.map((series) => series.name).join(", ")}.`,
    x: xAxis(where, options, curves, marks),
    y: yAxis(where, options, curves, [...references.map((r) => r.value), ...marks.map((mark) => mark.y)]),
    legend: [
      ...curves.map(({ series, color }) => ({ label: series.name, color, mark: legendMarkOf(series) })),
      ...references.map(({ name, color }) => ({ label: name, color, mark: "dashed" as const })),
      ...marks.map(({ name, color }) => ({ label: name, color, mark: "dot" as const })),
    ],
    panel: "grid",
    draw: (sx, sy) => [
      ...references.flatMap((reference) => referenceMarks(reference, sx, sy)),
      ...curves.flatMap((curve) => curveMarks(where, curve, sx, sy)),
      ...marks.flatMap((mark) => pointMarks(mark, theme, sx, sy)),
    ],
  });
}

/** A checked series. */
interface Curve {
  readonly series: Series;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The upper bounds of a band. */
  readonly upper?: Float64Array | undefined;
  readonly color: string;
}

/** With the color that it is drawn in. */
type Colored<T> = T & { readonly color: string };

function readCurves(where: string, all: readonly Series[], theme: Theme): readonly Curve[] {
  return all.map((series, k) => {
    const y = toNumbers(where, `values of "${series.name}"`, series.values);
    const x =
      series.x === undefined
        ? y.map((_, i) => i + 1)
        : toNumbersOfLength(where, `x of "${series.name}"`, series.x, y.length);
    const upper = series.upper && toNumbersOfLength(where, `upper ends of "${series.name}"`, series.upper, y.length);
    return { x, y, upper, series, color: checkedColor(where, series.color ?? categoryColor(k, theme.name)) };
  });
}

function xAxis(
  where: string,
  { xScale, integerX }: SeriesPlotOptions,
  curves: readonly Curve[],
  marks: readonly MarkedPoint[],
): ChartAxis {
  const kind = scaleKind(where, "xScale", xScale);
  const range = extent([...curves.map((curve) => curve.x), marks.map((mark) => mark.x)], kind);
  return {
    domain: range !== undefined && range[0] < range[1] ? range : paddedDomain(range, 0, kind),
    kind,
    integer: integerX ?? curves.every((curve) => curve.series.x === undefined),
  };
}

function yAxis(
  where: string,
  { yScale, yRange }: SeriesPlotOptions,
  curves: readonly Curve[],
  levels: readonly number[],
): ChartAxis {
  const kind = scaleKind(where, "yScale", yScale);
  const domain =
    yRange ??
    paddedDomain(
      extent([...curves.flatMap(({ y, upper }) => (upper === undefined ? [y] : [y, upper])), levels], kind),
      0.05,
      kind,
    );
  const [low, high] = domain;
  if (!(low < high && Number.isFinite(high - low)) || (kind === "log" && low <= 0)) {
    throw new RangeError(
      `${where}: expected yRange as finite low < high (above 0 on a log axis), got [${low}, ${high}].`,
    );
  }
  return { domain, kind };
}

function legendMarkOf({ dots, dashed, upper }: Series): LegendEntry["mark"] {
  if (upper !== undefined) return "area";
  if (dots === true) return "dot";
  return dashed === true ? "dashed" : "line";
}

function referenceMarks({ value, color }: Colored<ReferenceLine>, sx: Scale, sy: Scale): readonly string[] {
  const y = sy.map(value);
  if (!Number.isFinite(y)) return [];
  const d = `M0 ${formatCoordinate(y)}h${formatCoordinate(sx.length)}`;
  return [element("path", { d, stroke: color, "stroke-width": 1.5, "stroke-dasharray": "6 4" })];
}

function curveMarks(where: string, curve: Curve, sx: Scale, sy: Scale): readonly string[] {
  const { x, y, upper, series, color } = curve;
  if (upper !== undefined) return bandMarks(x, y, upper, color, sx, sy);
  const all = runs(x, y, sx, sy);
  const size = positiveOr(where, `size of "${series.name}"`, series.size, series.dots ? 3 : 2);
  const d = series.dots === true ? dotsPath(all.flat()) : linesPath(all);
  if (d === "") return [];
  if (series.dots === true) return [element("path", { ...DOTS, d, stroke: color, "stroke-width": size })];
  return [
    element("path", {
      d,
      fill: "none",
      stroke: color,
      "stroke-width": size,
      "stroke-linejoin": "round",
      "stroke-linecap": "round",
      "stroke-dasharray": series.dashed === true ? "6 4" : undefined,
    }),
  ];
}

/** The area between two curves, where both are finite. */
function bandMarks(
  x: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
  color: string,
  sx: Scale,
  sy: Scale,
): readonly string[] {
  const both = lower.map((value, i) => (Number.isFinite(upper[i]) ? value : Number.NaN));
  const above = upper.map((value, i) => (Number.isFinite(lower[i]) ? value : Number.NaN));
  const tops = runs(x, above, sx, sy);
  return runs(x, both, sx, sy).map((bottom, k) => {
    const back = (tops[k] as number[]).flatMap((_, i, all) =>
      i % 2 === 0 ? [all.slice(all.length - 2 - i, all.length - i)] : [],
    );
    return element("path", { d: `${linesPath([[...bottom, ...back.flat()]])}z`, fill: color, "fill-opacity": 0.22 });
  });
}

function pointMarks({ x, y, color }: Colored<MarkedPoint>, theme: Theme, sx: Scale, sy: Scale): readonly string[] {
  const [px, py] = [sx.map(x), sy.map(y)];
  if (!Number.isFinite(px) || !Number.isFinite(py)) return [];
  return [
    element("path", {
      d: `M${formatCoordinate(px)} ${formatCoordinate(py)}V${formatCoordinate(sy.length)}`,
      stroke: color,
      "stroke-dasharray": "2 3",
    }),
    element("circle", { cx: px, cy: py, r: 4, fill: color, stroke: theme.background, "stroke-width": 1.5 }),
  ];
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
