import { checkedColumns, checkedLimits, countOr, describe, positiveOr, type SampleSet } from "../input.ts";
import { bottomAxis, leftAxis, panelTicks } from "../layout/axes.ts";
import { titleHeight, titleMark } from "../layout/chart.ts";
import { type PlotOptions, type Theme, themeOf } from "../layout/plot-options.ts";
import { element, fitText, formatCoordinate, svgDocument, textElement, textWidth } from "../marks/elements.ts";
import { sequentialColor } from "../scales/color.ts";
import { createScale, extent, paddedDomain, type Scale, type Tick } from "../scales/scale.ts";

/** Options of `panelFigure`. */
export interface PanelFigureOptions extends Omit<PlotOptions, "width" | "height"> {
  /** Pictures of this package, row by row, each in the size that it has. */
  readonly plots: readonly string[];
  /** Pictures in a row. Default all. */
  readonly columns?: number;
}

const OUTER = 16;
const ROOT = /^<svg xmlns="[^"]*" width="(\d+)" height="(\d+)"/;

/**
 * Arranges pictures in a grid with cells as wide and high as the largest pictures. Returns an SVG document.
 *
 * @throws TypeError an input is not a picture of this package.
 * @throws RangeError the list is empty, or `columns` is below 1.
 * @example
 * const small = { width: 320, height: 240 };
 * const up = seriesPlot({ ...small, title: "up", series: [{ name: "a", values: [1, 2, 3] }] });
 * const down = seriesPlot({ ...small, title: "down", series: [{ name: "a", values: [3, 2, 1] }] });
 * const svg = panelFigure({ plots: [up, down], title: "Both ways" });
 */
export function panelFigure(options: PanelFigureOptions): string {
  const where = "panelFigure";
  const theme = themeOf(where, options.theme);
  const { plots } = options;
  if (plots.length === 0) throw new RangeError(`${where}: expected at least one picture, got none.`);
  const columns = Math.min(plots.length, countOr(where, "columns", options.columns, 1, plots.length));
  const rows = Math.ceil(plots.length / columns);
  const widths = new Array<number>(columns).fill(0);
  const heights = new Array<number>(rows).fill(0);
  for (const [k, plot] of plots.entries()) {
    const size = typeof plot === "string" ? ROOT.exec(plot) : null;
    if (size === null) {
      throw new TypeError(`${where}: expected plots[${k}] as a picture of this package, got ${describe(plot)}.`);
    }
    const [column, row] = [k % columns, Math.floor(k / columns)];
    widths[column] = Math.max(widths[column] as number, Number(size[1]));
    heights[row] = Math.max(heights[row] as number, Number(size[2]));
  }
  const top = options.title ? OUTER + 22 : 0;
  const markup = [...titleMark(options.title, OUTER, sum(widths))];
  for (const [k, plot] of plots.entries()) {
    const x = sum(widths.slice(0, k % columns));
    const y = top + sum(heights.slice(0, Math.floor(k / columns)));
    markup.push(plot.replace(ROOT, (root) => root.replace(/^<svg xmlns="[^"]*"/, `<svg x="${x}" y="${y}"`)));
  }
  return svgDocument(options, theme, [sum(widths), top + sum(heights)], `${plots.length} pictures.`, markup);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Options of `pairHeatPlot`. */
export interface PairHeatPlotOptions extends PlotOptions {
  /** Names of the two columns: across, and up. */
  readonly columns: readonly [string, string];
  /** Groups of rows, 1 to 4, side by side in this order. */
  readonly sets: readonly SampleSet[];
  /** Most cells of a column of numbers. Default 24. */
  readonly bins?: number;
  /**
   * Names of the categories of each column, `undefined` for columns of numbers. The values of such a column are places in
   * the list, and each has a cell of its own. NaN is left out.
   */
  readonly categories?: readonly (readonly string[] | undefined)[];
  /** Labels of the ticks of each column, for instance as dates. Default: the numbers. */
  readonly labels?: readonly (((value: number) => string) | undefined)[];
  /** Range of each column; `undefined` takes all finite values. Rows outside are not drawn. */
  readonly limits?: readonly (readonly [number, number] | undefined)[];
}

const GAP = 12;
const HEAT_OUTER = 12;
const LEFT = HEAT_OUTER + 22 + 68;
const BOTTOM = 30 + 22;
/** Height of the names above the panels. */
const NAMES = 22;
/** Number of distinguishable colors; the lowest differs from the color of an empty cell. */
const LEVELS = 9;

/**
 * Draws two columns of several groups of rows as heat maps side by side. The color of a cell is the square root of its
 * share of the rows, on the same scale in all panels. Returns an SVG document.
 *
 * @throws TypeError, RangeError when a set has not two columns of the same length, or there are none or too many sets.
 * @example
 * const svg = pairHeatPlot({
 *   columns: ["size", "color"],
 *   sets: [
 *     { name: "real", values: [[1.5, 2, 2.5], [0, 0, 1]] },
 *     { name: "synthetic", values: [[1.4, 2.1, 2.2], [0, 1, 1]] },
 *   ],
 *   categories: [undefined, ["red", "blue"]],
 * });
 */
export function pairHeatPlot(options: PairHeatPlotOptions): string {
  const where = "pairHeatPlot";
  const theme = themeOf(where, options.theme);
  const sets = options.sets.map((set) => checkedColumns(where, set, 2));
  if (sets.length < 1 || sets.length > 4) throw new RangeError(`${where}: expected 1 to 4 sets, got ${sets.length}.`);
  const width = positiveOr(where, "width", options.width, 720);
  const panel = Math.floor((width - LEFT - HEAT_OUTER + GAP) / sets.length - GAP);
  if (panel < 24) {
    throw new RangeError(
      `${where}: expected room for panels of at least 24 pixels, got width ${width} for ${sets.length} sets.`,
    );
  }
  const bins = countOr(where, "bins", options.bins, 1, 24);
  const [x, y] = [0, 1].map((c) => {
    const limits = checkedLimits(where, c, options.limits?.[c]);
    const columns = sets.map((set) => set[c] as Float64Array);
    return heatAxis(columns, options.categories?.[c], limits, bins);
  }) as [HeatAxis, HeatAxis];
  const scales = [createScale("linear", x.domain, panel, false), createScale("linear", y.domain, panel, true)] as const;
  const shares = sets.map((set) => cellShares(set, x, y));
  const most = shares.reduce((top, cells) => cells.reduce((a, b) => Math.max(a, b), top), 0);
  const top = HEAT_OUTER + titleHeight(options.title) + NAMES;
  const [below, left] = scales.map((scale, c) => panelTicks(scale, options.categories?.[c], options.labels?.[c]));
  const ticks = ticksApart(below?.below() ?? [], scales[0]);
  const markup = shares.flatMap((cells, k) => {
    const at = LEFT + k * (panel + GAP);
    const { name } = options.sets[k] as SampleSet;
    return [
      textElement(fitText(name, 12, panel), { x: at + panel / 2, y: top - 8, "text-anchor": "middle" }),
      element("svg", { x: at, y: top, width: panel, height: panel }, heat(cells, most, [x, y], scales, theme)),
      element("rect", { x: at, y: top, width: panel, height: panel, fill: "none", stroke: theme.grid }),
      bottomAxis(scales[0], ticks, at, top + panel, theme),
    ];
  });
  const [across, up] = options.columns;
  const wide = sets.length * (panel + GAP) - GAP;
  const label = { x: LEFT + wide / 2, y: top + panel + 39, "text-anchor": "middle" };
  const transform = `translate(${HEAT_OUTER + 10} ${formatCoordinate(top + panel / 2)})rotate(-90)`;
  markup.push(
    leftAxis(scales[1], left?.left() ?? [], LEFT, top, theme),
    textElement(fitText(across, 12, wide), label),
    textElement(fitText(up, 12, panel), { transform, "text-anchor": "middle" }),
  );
  const names = options.sets.map(({ name }, k) => `${name}, ${sets[k]?.[0]?.length ?? 0} rows`).join("; ");
  const description = `Heat maps of ${up.slice(0, 80)} by ${across.slice(0, 80)}: ${names}.`;
  const size = [LEFT + wide + HEAT_OUTER, top + panel + BOTTOM] as const;
  return svgDocument(options, theme, size, description, [...titleMark(options.title, HEAT_OUTER, width), ...markup]);
}

/** Ticks with labels that do not touch the first label of the next panel. */
function ticksApart(ticks: readonly Tick[], scale: Scale): readonly Tick[] {
  const half = ({ label }: Tick): number => textWidth(label, 11) / 2;
  const begin = Math.min(0, ...ticks.map((tick) => scale.map(tick.value) - half(tick)));
  const end = scale.length + GAP - 4 + begin;
  return ticks.filter((tick) => scale.map(tick.value) + half(tick) <= end);
}

/** The cells of a column. */
interface HeatAxis {
  readonly domain: readonly [number, number];
  readonly count: number;
}

/** Cells of an integer column contain equal numbers of integers; unequal cells would produce stripes. */
function heatAxis(
  columns: readonly Float64Array[],
  categories: readonly string[] | undefined,
  limits: readonly [number, number] | undefined,
  bins: number,
): HeatAxis {
  if (categories !== undefined) {
    const count = Math.max(1, categories.length);
    return { domain: [-0.5, count - 0.5], count };
  }
  const [low, high] = limits ?? extent(columns) ?? [0, 0];
  const isInteger = columns.every((values) => values.every((value) => !Number.isFinite(value) || value % 1 === 0));
  if (isInteger && Math.floor(high) > Math.ceil(low)) {
    const [first, last] = [Math.ceil(low), Math.floor(high)];
    const each = Math.ceil((last - first + 1) / bins);
    const count = Math.ceil((last - first + 1) / each);
    return { domain: [first - 0.5, first - 0.5 + each * count], count };
  }
  return { domain: paddedDomain([low, high], 0), count: bins };
}

/** `[up, across]`: of the rows that both columns have. */
function cellShares([xs, ys]: readonly Float64Array[], x: HeatAxis, y: HeatAxis): Float64Array {
  const shares = new Float64Array(x.count * y.count);
  let rows = 0;
  for (const [i, value] of (xs as Float64Array).entries()) {
    const [column, row] = [cellOf(value, x), cellOf((ys as Float64Array)[i] as number, y)];
    if (column < 0 || row < 0) continue;
    const at = row * x.count + column;
    shares[at] = (shares[at] as number) + 1;
    rows++;
  }
  return rows === 0 ? shares : shares.map((count) => count / rows);
}

function cellOf(value: number, { domain: [low, high], count }: HeatAxis): number {
  if (!(value >= low && value <= high)) return -1;
  return Math.min(count - 1, Math.floor(((value - low) / (high - low)) * count));
}

/** The cells of each color as one path. */
function heat(
  shares: Float64Array,
  most: number,
  [x, y]: readonly [HeatAxis, HeatAxis],
  scales: readonly [Scale, Scale],
  theme: Theme,
): string[] {
  const paths = new Array<string>(LEVELS).fill("");
  const [width, height] = [scales[0].length / x.count, scales[1].length / y.count];
  for (const [at, share] of shares.entries()) {
    if (share === 0) continue;
    const level = Math.min(LEVELS - 1, Math.floor(Math.sqrt(share / most) * LEVELS));
    const [left, top] = [(at % x.count) * width, scales[1].length - (Math.floor(at / x.count) + 1) * height];
    const cell = `M${formatCoordinate(left)} ${formatCoordinate(top)}h${formatCoordinate(width)}v${formatCoordinate(height)}H${formatCoordinate(left)}z`;
    paths[level] += cell;
  }
  return paths.flatMap((d, level) =>
    d === "" ? [] : [element("path", { d, fill: sequentialColor((level + 1) / LEVELS, theme.name) })],
  );
}
