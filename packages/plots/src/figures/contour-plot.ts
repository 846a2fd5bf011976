import { type DensityGrid, type LogGrid, logSpacedLevels, massLevels, toLogGrid } from "../densities/density-grid.ts";
import { countOr, describe, type Numbers, positiveOr, thinIndices, toNumbers, toNumbersOfLength } from "../input.ts";
import { chart, type LegendEntry } from "../layout/chart.ts";
import { type AxesOptions, type Theme, themeOf } from "../layout/plot-options.ts";
import { element, numberElement, textElement } from "../marks/elements.ts";
import { contourPath, dotsMark } from "../marks/paths.ts";
import { checkedColor, sequentialColor } from "../scales/color.ts";
import { type Scale, scientific } from "../scales/scale.ts";

/**
 * Levels for the borders of the shades. `mass`: each shade is the smallest region that contains this share of the mass.
 * `density`: at these densities. `decades`: `count` (default 10) equal steps of log-density over this number of powers
 * of ten below the highest density.
 */
export type ContourLevels =
  | { readonly mass: readonly number[] }
  | { readonly density: readonly number[] }
  | { readonly decades: number; readonly count?: number };

/** Points in the plane. */
export interface PointSet {
  readonly x: Numbers;
  readonly y: Numbers;
  /** Name in the legend. Default "data". */
  readonly name?: string;
  readonly color?: string;
}

/** The true density, drawn as dashed outlines. */
export type TrueContours = DensityGrid & {
  /** Shares of mass that the outlines hold. Default [0.5, 0.9]. */
  readonly masses?: readonly number[];
};

/** Options of `contourPlot`. */
export type ContourPlotOptions = AxesOptions &
  DensityGrid & {
    /** Observations above the density. Rows with a non-finite value and rows outside the axes are left out. */
    readonly points?: PointSet;
    /** Most points drawn; of more rows every k-th is shown. Default 2000. */
    readonly maxPoints?: number;
    readonly trueContours?: TrueContours;
    /** Default `{ mass: [0.99, 0.95, 0.9, 0.8, …, 0.1] }`. */
    readonly levels?: ContourLevels;
    /**
     * "equal": the y unit and the x unit have equal lengths. A number: ratio of the length of the y unit to the length
     * of the x unit. Without it the plot fills the picture.
     */
    readonly aspect?: "equal" | number;
  };

const DEFAULT_MASSES = [0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];

interface Level {
  readonly threshold: number;
  readonly label: string;
}

/**
 * Draws a density in the plane as filled contours, with points and the outlines of the true density where they are known.
 * `density[j * x.length + i]` belongs to (x[i], y[j]). Returns an SVG document.
 *
 * @throws TypeError, RangeError when lengths differ, an axis does not increase, or the density is negative, NaN or 0
 *   everywhere.
 * @example
 * const axis = Array.from({ length: 61 }, (_, i) => -3 + 0.1 * i);
 * const logDensity = axis.flatMap((y) => axis.map((x) => -0.5 * (x * x + y * y)));
 * const svg = contourPlot({ x: axis, y: axis, logDensity, aspect: "equal", title: "Standard normal" });
 */
export function contourPlot(options: ContourPlotOptions): string {
  const where = "contourPlot";
  const theme = themeOf(where, options.theme);
  const grid = toLogGrid(where, options);
  const { levels, caption, kind } = chooseLevels(where, grid, options.levels);
  const colors = levels.map((_, k) => sequentialColor((k + 0.35) / (levels.length - 0.3), theme.name));
  const outlines = readOutlines(where, options.trueContours);
  const domainX: [number, number] = [grid.x[0] as number, grid.x[grid.x.length - 1] as number];
  const domainY: [number, number] = [grid.y[0] as number, grid.y[grid.y.length - 1] as number];
  const maxPoints = countOr(where, "maxPoints", options.maxPoints, 0, 2000);
  const points = options.points === undefined ? [] : visiblePoints(where, options.points, domainX, domainY);
  const shown = thinIndices(points.length / 2, maxPoints);
  const pointColor = checkedColor(where, options.points?.color ?? (theme.name === "light" ? "#1f2328" : "#ffffff"));

  const entries: LegendEntry[] = [];
  if (options.points !== undefined && points.length > 0) {
    const total = points.length / 2;
    const count = shown.length < total ? `${shown.length} of ${total}` : `n = ${total}`;
    entries.push({ label: `${options.points.name ?? "data"} (${count})`, color: pointColor, mark: "dot" });
  }
  if (outlines !== undefined) {
    const masses = outlines.masses.map(percent).join(", ");
    entries.push({ label: `true density (${masses})`, color: theme.ink, mark: "dashed" });
  }
  const aspect = options.aspect === "equal" ? 1 : options.aspect;
  return chart({
    where,
    options,
    theme,
    defaultHeight: 560,
    description: `Filled contours of a density${
      kind === "mass" ? "; each shade is the smallest region that holds the stated share of the mass" : ""
    }${points.length > 0 ? `, with ${shown.length} points` : ""}.`,
    x: { domain: domainX },
    y: { domain: domainY },
    legend: entries,
    panel: "frame",
    ...(aspect === undefined ? {} : { aspect: positiveOr(where, "aspect", aspect, 1) }),
    side: {
      width: 74,
      draw: (left, top, height) => colorBar(colors, levels, caption, left + 18, top, height, theme),
    },
    draw: (sx, sy) => [
      ...shades(grid, levels, colors, sx, sy),
      dots(points, shown, pointColor, sx, sy),
      ...(outlines === undefined ? [] : outlineMarks(outlines, theme, sx, sy)),
    ],
  });
}

/** The true density and the thresholds of its outlines. */
interface Outlines {
  readonly grid: LogGrid;
  readonly masses: readonly number[];
  readonly thresholds: readonly number[];
}

function readOutlines(where: string, truth: TrueContours | undefined): Outlines | undefined {
  if (truth === undefined) return undefined;
  const grid = toLogGrid(`${where} (trueContours)`, truth);
  const masses = truth.masses ?? [0.5, 0.9];
  return { grid, masses, thresholds: massLevels(where, grid, masses) };
}

function shades(
  grid: LogGrid,
  levels: readonly Level[],
  colors: readonly string[],
  sx: Scale,
  sy: Scale,
): readonly string[] {
  return levels.flatMap(({ threshold }, k) => {
    // The next shade hides this one completely.
    if (levels[k + 1]?.threshold === threshold) return [];
    const d = contourPath(grid, threshold, sx, sy);
    return d === "" ? [] : [element("path", { d, fill: colors[k], "fill-rule": "evenodd" })];
  });
}

function dots(points: readonly number[], shown: Int32Array, color: string, sx: Scale, sy: Scale): string {
  const pixels: number[] = [];
  for (const i of shown) pixels.push(sx.map(points[2 * i] as number), sy.map(points[2 * i + 1] as number));
  return dotsMark(pixels, color, shown.length > 800 ? 1.7 : 2.6, 0.55);
}

function outlineMarks({ grid, thresholds }: Outlines, theme: Theme, sx: Scale, sy: Scale): readonly string[] {
  return thresholds.flatMap((threshold) => {
    const d = contourPath(grid, threshold, sx, sy);
    // A halo: the outline must be seen on pale and on deep shades.
    return [
      element("path", { d, fill: "none", stroke: theme.background, "stroke-width": 2.75, "stroke-opacity": 0.5 }),
      element("path", { d, fill: "none", stroke: theme.ink, "stroke-width": 1.25, "stroke-dasharray": "5 3.5" }),
    ];
  });
}

function chooseLevels(
  where: string,
  grid: LogGrid,
  wanted: ContourLevels | undefined,
): { readonly levels: readonly Level[]; readonly caption: string; readonly kind: "mass" | "density" } {
  const levels = wanted ?? { mass: DEFAULT_MASSES };
  if ("mass" in levels) {
    const masses = [...levels.mass].sort((a, b) => b - a);
    requireSome(where, "levels.mass", masses.length);
    const thresholds = massLevels(where, grid, masses);
    const chosen = masses.map((mass, k) => ({ threshold: thresholds[k] as number, label: percent(mass) }));
    return { levels: chosen, caption: "mass", kind: "mass" };
  }
  if ("density" in levels) {
    const densities = [...levels.density].sort((a, b) => a - b);
    requireSome(where, "levels.density", densities.length);
    for (const density of densities) {
      if (!(density > 0) || density === Infinity) {
        throw new RangeError(`${where}: expected levels.density above 0 and finite, got ${describe(density)}.`);
      }
    }
    const chosen = densities.map((density) => ({ threshold: Math.log(density), label: shortNumber(density) }));
    return { levels: chosen, caption: "density", kind: "density" };
  }
  const decades = positiveOr(where, "levels.decades", levels.decades, 3);
  const count = countOr(where, "levels.count", levels.count, 1, 10);
  const chosen = logSpacedLevels(grid.top, count, decades).map((threshold) => ({
    threshold,
    label: shortNumber(Math.exp(threshold)),
  }));
  return { levels: chosen, caption: "density", kind: "density" };
}

function requireSome(where: string, name: string, count: number): void {
  if (count === 0) throw new RangeError(`${where}: expected at least one value in ${name}, got none.`);
}

function visiblePoints(
  where: string,
  set: PointSet,
  domainX: readonly [number, number],
  domainY: readonly [number, number],
): number[] {
  const x = toNumbers(where, "points.x", set.x);
  const y = toNumbersOfLength(where, "points.y", set.y, x.length);
  const visible: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const [px, py] = [x[i] as number, y[i] as number];
    // False for NaN too.
    if (px >= domainX[0] && px <= domainX[1] && py >= domainY[0] && py <= domainY[1]) visible.push(px, py);
  }
  return visible;
}

function colorBar(
  colors: readonly string[],
  levels: readonly Level[],
  caption: string,
  left: number,
  top: number,
  height: number,
  theme: Theme,
): readonly string[] {
  const first = 18;
  const step = Math.min(26, Math.max(2, (height - first) / levels.length));
  const every = Math.ceil(13 / step);
  const markup = [textElement(caption, { x: left, y: top + 10, fill: theme.muted, "font-size": 11 })];
  const labels: string[] = [];
  for (const [k, level] of levels.entries()) {
    // The highest density at the top.
    const y = top + first + (levels.length - 1 - k) * step;
    markup.push(element("rect", { x: left, y, width: 14, height: step + (k === 0 ? 0 : 0.5), fill: colors[k] }));
    if (k % every === 0) labels.push(numberElement(level.label, { x: left + 20, y: y + step / 2 + 4 }));
  }
  markup.push(element("g", { "font-size": 11, fill: theme.muted }, labels));
  return markup;
}

function percent(mass: number): string {
  return `${Number((mass * 100).toPrecision(3))} %`;
}

function shortNumber(value: number): string {
  const plain = value >= 0.00099 && value < 1e4;
  return plain ? String(Number(value.toPrecision(2))) : scientific(value, 1);
}
