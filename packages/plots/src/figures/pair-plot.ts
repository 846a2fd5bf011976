import { massLevels, toLogGrid } from "../densities/density-grid.ts";
import { binCount, histogram, smoothedCounts } from "../densities/histogram.ts";
import {
  checkedColumns,
  checkedLimits,
  countOr,
  type Numbers,
  positiveOr,
  type SampleSet,
  thinIndices,
  toNumbersOfLength,
} from "../input.ts";
import { bottomAxis, leftAxis, leftRoom, type PanelTicks, panelTicks } from "../layout/axes.ts";
import { LEGEND_ROW, type LegendEntry, legend, titleHeight, titleMark } from "../layout/chart.ts";
import { type PlotOptions, type Theme, themeOf } from "../layout/plot-options.ts";
import {
  type BarSet,
  categoryBars,
  element,
  fitText,
  formatCoordinate,
  svgDocument,
  textElement,
} from "../marks/elements.ts";
import { contourPath, dotsMark } from "../marks/paths.ts";
import { categoryColor, checkedColor, sequentialColor, type ThemeName } from "../scales/color.ts";
import { createScale, extent, paddedDomain, type Scale } from "../scales/scale.ts";

/** Options of `pairPlot`. */
export interface PairPlotOptions extends PlotOptions {
  /** Names of the columns, 1 to 12. */
  readonly columns: readonly string[];
  /** Groups, drawn one over the other in this order. */
  readonly sets: readonly SampleSet[];
  /**
   * Points, or regions of highest density (20, 50, 80 and 95 % of the mass of a smoothed histogram; filled for a single
   * set, outlines of 50 and 90 % for several). "auto" (default) draws points up to 2,000 rows of the largest set.
   */
  readonly mode?: "auto" | "points" | "density";
  /**
   * Maximum number of points per panel, all sets together. With more rows, every k-th row of each set is shown. Default
   * 1500, or less with a large number of columns (12,000 over all panels).
   */
  readonly maxPoints?: number;
  /** Bins of the histograms. Default by Freedman and Diaconis. */
  readonly bins?: number;
  /** A row to compare with, as dashed lines through all panels: the truth, an observation. */
  readonly mark?: { readonly name: string; readonly values: Numbers };
  /**
   * Names of the categories of each column, `undefined` for columns of numbers. The values of such a column are places in
   * the list: they are drawn as bars on the diagonal and as bands of points elsewhere. NaN is left out.
   */
  readonly categories?: readonly (readonly string[] | undefined)[];
  /** Labels of the ticks of each column, for instance as dates. Default: the numbers. */
  readonly labels?: readonly (((value: number) => string) | undefined)[];
  /** Range of each column; `undefined` takes all finite values. Rows outside are not drawn. */
  readonly limits?: readonly (readonly [number, number] | undefined)[];
}

/** Width of the band of a category, of 1. */
const BAND = 0.64;
// Multiples of these fill a square evenly (Roberts 2018).
const [SPREAD_X, SPREAD_Y] = [0.7548776662466927, 0.5698402909980532];
const GAP = 10;
const OUTER = 16;
const BOTTOM = 30 + 22;

/**
 * Draws every pair of columns as points or density regions (lower triangle) and every column as a histogram or as bars
 * of its categories (diagonal). Rows with a non-finite value in a panel's columns are left out of that panel. Returns
 * an SVG document.
 *
 * @throws TypeError, RangeError when a set has a different number of columns, or its columns differ in length.
 * @example
 * const svg = pairPlot({
 *   columns: ["height", "mass"],
 *   sets: [{ name: "data", values: [[1.6, 1.8, 1.7], [60, 82, 71]] }],
 * });
 */
export function pairPlot(options: PairPlotOptions): string {
  const where = "pairPlot";
  const theme = themeOf(where, options.theme);
  const { columns, title } = options;
  const count = columns.length;
  if (count < 1 || count > 12) throw new RangeError(`${where}: expected 1 to 12 columns, got ${count}.`);
  const sets = options.sets.map((set, k) => ({
    name: set.name,
    color: checkedColor(where, set.color ?? categoryColor(k, theme.name)),
    columns: checkedColumns(where, set, count),
  }));
  const rows = sets.map((set) => (set.columns[0] as Float64Array).length);
  const categories = columns.map((_, c) => options.categories?.[c]);
  const isMixed = categories.some((names) => names !== undefined);
  const dense = isDense(where, options.mode ?? (isMixed ? "points" : "auto"), rows);
  const mark = options.mark && toNumbersOfLength(where, "mark.values", options.mark.values, count);
  const width = positiveOr(where, "width", options.width, Math.min(1200, 320 + 120 * count));
  const above = OUTER + titleHeight(title);
  const entries = legendEntries(options, sets, rows, dense, theme);
  const key = legend(entries, OUTER, above, width - 2 * OUTER, theme);
  const place = placePanels(where, options, width, above + key.rows * LEGEND_ROW + 8);

  const domains = columns.map((_, c): readonly [number, number] => {
    const names = categories[c];
    if (names !== undefined) return [-0.5, Math.max(1, names.length) - 0.5];
    const all = sets.map((set) => set.columns[c] as Float64Array);
    return checkedLimits(where, c, options.limits?.[c]) ?? paddedDomain(extent(all), 0.04);
  });
  const bins = options.bins === undefined ? undefined : countOr(where, "bins", options.bins, 1, 1);
  const shown = shownRows(where, options.maxPoints, rows, count);
  const draw = (column: number, row: number, x: Scale, y: Scale): readonly string[] => {
    let marks: readonly string[];
    const names = categories[column];
    if (row === column && names !== undefined) marks = categoryBars(drawnSets(sets, column), names.length, x);
    else if (row === column) marks = histograms(sets, column, x, place.panel, bins);
    else if (dense) marks = sets.flatMap((set) => regions(set, column, row, x, y, sets.length === 1, theme.name));
    else
      marks = sets.map((set, k) =>
        points(spread(set, column, row, categories), column, row, x, y, shown[k] as Int32Array),
      );
    return mark ? [...marks, ...markLines(mark, column, row, x, y, theme.ink)] : marks;
  };
  const ticksOf = (c: number, scale: Scale): PanelTicks => panelTicks(scale, categories[c], options.labels?.[c]);
  const markup = [...titleMark(title, OUTER, width), ...key.markup];
  for (let row = 0; row < count; row++) {
    for (let column = 0; column <= row; column++) {
      const x = createScale("linear", domains[column] as [number, number], place.panel, false);
      const y = createScale("linear", domains[row] as [number, number], place.panel, true);
      markup.push(
        ...panelMarks(draw(column, row, x, y), place, column, row, x, y, theme, ticksOf(column, x), ticksOf(row, y)),
      );
    }
    markup.push(...columnLabels(columns[row] as string, place, row));
  }
  const names = columns.map((name) => name.slice(0, 80)).join(", ");
  const description = `Pair plot of ${names}: ${sets.map((set, k) => `${set.name}, ${rows[k]} rows`).join("; ")}.`;
  const end = place.at(count) - GAP;
  return svgDocument(options, theme, [place.left + end + OUTER, place.top + end + BOTTOM], description, markup);
}

/** Where the panels are, in pixels. */
interface PanelPlaces {
  readonly count: number;
  readonly left: number;
  readonly top: number;
  /** Width and height of a panel. */
  readonly panel: number;
  /** Start of the panel of an index, from the left or from the top. */
  at(index: number): number;
}

function isDense(where: string, mode: string, rows: readonly number[]): boolean {
  if (mode !== "auto" && mode !== "points" && mode !== "density") {
    throw new RangeError(`${where}: expected mode "auto", "points" or "density", got "${String(mode)}".`);
  }
  return mode === "density" || (mode === "auto" && Math.max(0, ...rows) > 2000);
}

function legendEntries(
  { mark, title }: PairPlotOptions,
  sets: readonly DrawnSet[],
  rows: readonly number[],
  dense: boolean,
  theme: Theme,
): readonly LegendEntry[] {
  const entries: LegendEntry[] =
    sets.length > 1 || title === undefined
      ? sets.map(({ name, color }, k) => ({ label: `${name} (n = ${rows[k]})`, color, mark: dense ? "area" : "dot" }))
      : [];
  if (mark) entries.push({ label: mark.name, color: theme.ink, mark: "dashed" });
  return entries;
}

function placePanels(where: string, options: PairPlotOptions, width: number, top: number): PanelPlaces {
  const count = options.columns.length;
  const height = options.height === undefined ? Infinity : positiveOr(where, "height", options.height, 1);
  const left = OUTER + 14 + leftRoom((options.labels ?? []).slice(1));
  const panel =
    Math.floor(10 * Math.min((width - left - OUTER) / count - GAP, (height - top - BOTTOM) / count - GAP)) / 10;
  if (panel < 24) {
    throw new RangeError(
      `${where}: expected room for panels of at least 24 pixels, got width ${width} for ${count} columns.`,
    );
  }
  return { count, left, top, panel, at: (index) => index * (panel + GAP) };
}

/** Rows of each set that are drawn as points, in proportion to the size of the set. */
function shownRows(
  where: string,
  wanted: number | undefined,
  rows: readonly number[],
  count: number,
): readonly Int32Array[] {
  const panels = Math.max(1, (count * (count - 1)) / 2);
  const most = countOr(where, "maxPoints", wanted, 0, Math.min(1500, Math.floor(12_000 / panels)));
  const all = rows.reduce((sum, n) => sum + n, 0);
  return rows.map((n) => thinIndices(n, all <= most ? n : Math.ceil((most * n) / all)));
}

/** A panel with its frame, and with its axes if it is at the edge. */
function panelMarks(
  inside: readonly string[],
  place: PanelPlaces,
  column: number,
  row: number,
  x: Scale,
  y: Scale,
  theme: Theme,
  xTicks: PanelTicks,
  yTicks: PanelTicks,
): readonly string[] {
  const { panel } = place;
  const px = place.left + place.at(column);
  const py = place.top + place.at(row);
  const markup = [
    element("svg", { x: px, y: py, width: panel, height: panel }, inside),
    row === column
      ? element("path", {
          d: `M${formatCoordinate(px)} ${formatCoordinate(py + panel)}h${panel}`,
          stroke: theme.axis,
        })
      : element("rect", { x: px, y: py, width: panel, height: panel, fill: "none", stroke: theme.grid }),
  ];
  if (row === place.count - 1) {
    markup.push(bottomAxis(x, xTicks.below(), px, py + panel, theme));
  }
  if (column === 0 && row > 0) markup.push(leftAxis(y, yTicks.left(), px, py, theme));
  return markup;
}

/** The name of a column below its panels and, except for the first column, left of its panels. */
function columnLabels(name: string, place: PanelPlaces, row: number): readonly string[] {
  const { panel } = place;
  const middle = place.at(row) + panel / 2;
  const label = fitText(name, 12, panel + GAP - 4);
  const transform = `translate(${OUTER + 10} ${formatCoordinate(place.top + middle)})rotate(-90)`;
  const y = place.top + place.at(place.count) - GAP + 39;
  return [
    ...(row > 0 ? [textElement(label, { transform, "text-anchor": "middle" })] : []),
    textElement(label, { x: place.left + middle, y, "text-anchor": "middle" }),
  ];
}

interface DrawnSet {
  readonly name: string;
  readonly color: string;
  readonly columns: readonly Float64Array[];
}

function histograms(
  sets: readonly DrawnSet[],
  column: number,
  x: Scale,
  panel: number,
  wanted: number | undefined,
): string[] {
  const [low, high] = x.domain;
  const values = sets.map((set) => (set.columns[column] as Float64Array).filter(Number.isFinite).sort());
  // One width of bin for all sets, so that the bars can be compared.
  const bins = wanted ?? Math.min(40, Math.max(8, ...values.map((sorted) => binCount(sorted, low, high))));
  const bars = values.map((sorted) => histogram(sorted, low, high, bins).density);
  const top = Math.max(0, ...bars.flatMap((density) => [...density]));
  if (top === 0) return [];
  return bars.map((density, k) => {
    let d = `M0 ${panel}`;
    for (const [i, value] of density.entries()) {
      d += `V${formatCoordinate(panel - (value / top) * panel * 0.92)}H${formatCoordinate(((i + 1) * panel) / bins)}`;
    }
    const color = (sets[k] as DrawnSet).color;
    return element("path", {
      d: `${d}V${panel}z`,
      fill: color,
      "fill-opacity": 0.35,
      stroke: color,
      "stroke-width": 1.25,
    });
  });
}

function points(set: DrawnSet, column: number, row: number, x: Scale, y: Scale, rows: Int32Array): string {
  const xs = set.columns[column] as Float64Array;
  const ys = set.columns[row] as Float64Array;
  const pixels: number[] = [];
  for (const index of rows) {
    const [px, py] = [x.map(xs[index] as number), y.map(ys[index] as number)];
    // False for NaN too.
    if (px >= 0 && px <= x.length && py >= 0 && py <= y.length) pixels.push(px, py);
  }
  return dotsMark(pixels, set.color, rows.length > 400 ? 2.2 : 3, 0.65);
}

/** Spreads the categories of a set over their bands, so that points of the same category lie side by side. */
function spread(
  set: DrawnSet,
  column: number,
  row: number,
  categories: readonly (readonly string[] | undefined)[],
): DrawnSet {
  if (categories[column] === undefined && categories[row] === undefined) return set;
  const columns = set.columns.map((values, c) => {
    if (categories[c] === undefined || (c !== column && c !== row)) return values;
    return values.map((value, i) => value + BAND * (((i + 1) * (c === column ? SPREAD_X : SPREAD_Y)) % 1) - BAND / 2);
  });
  return { ...set, columns };
}

function drawnSets(sets: readonly DrawnSet[], column: number): readonly BarSet[] {
  return sets.map(({ color, columns }) => ({ color, values: columns[column] as Float64Array }));
}

function markLines(
  values: Float64Array,
  column: number,
  row: number,
  x: Scale,
  y: Scale,
  color: string,
): readonly string[] {
  const [px, py] = [x.map(values[column] as number), y.map(values[row] as number)];
  const vertical = px >= 0 && px <= x.length ? `M${formatCoordinate(px)} 0v${x.length}` : "";
  const level = row !== column && py >= 0 && py <= y.length ? `M0 ${formatCoordinate(py)}h${y.length}` : "";
  if (vertical + level === "") return [];
  return [element("path", { d: vertical + level, stroke: color, "stroke-dasharray": "5 3.5" })];
}

function regions(
  set: DrawnSet,
  column: number,
  row: number,
  x: Scale,
  y: Scale,
  filled: boolean,
  theme: ThemeName,
): string[] {
  const { color, columns } = set;
  const grid = smoothedCounts(columns[column] as Float64Array, columns[row] as Float64Array, x.domain, y.domain);
  if (grid === undefined) return [];
  const logGrid = toLogGrid("pairPlot", grid);
  const masses = filled ? [0.95, 0.8, 0.5, 0.2] : [0.9, 0.5];
  return massLevels("pairPlot", logGrid, masses).map((threshold, k) => {
    const d = contourPath(logGrid, threshold, x, y);
    return filled
      ? element("path", { d, fill: sequentialColor((k + 0.6) / masses.length, theme), "fill-rule": "evenodd" })
      : element("path", {
          d,
          fill: color,
          "fill-opacity": 0.12,
          "fill-rule": "evenodd",
          stroke: color,
          "stroke-width": 1.25,
        });
  });
}
