import { positiveOr } from "../input.ts";
import { element, fitText, svgDocument, textElement, textWidth } from "../marks/elements.ts";
import { createScale, type Scale, type ScaleKind, type Tick } from "../scales/scale.ts";
import { bottomAxis, gridLines, horizontalTicks, leftAxis, ticksWidth, verticalTicks } from "./axes.ts";
import type { AxesOptions, Theme } from "./plot-options.ts";

/** One line of a legend. */
export interface LegendEntry {
  readonly label: string;
  readonly color: string;
  readonly mark: "line" | "dashed" | "area" | "dot";
}

/** Height of a legend row in pixels. */
export const LEGEND_ROW = 20;

/** A legend as rows that wrap at `width`. Its height is `rows * LEGEND_ROW`, its width the width of the widest row. */
export function legend(
  entries: readonly LegendEntry[],
  left: number,
  top: number,
  width: number,
  theme: Theme,
): { readonly rows: number; readonly width: number; readonly markup: readonly string[] } {
  const markup: string[] = [];
  let x = 0;
  let row = 0;
  let widest = 0;
  for (const entry of entries) {
    const label = fitText(entry.label, 12, Math.min(260, width - 30));
    const indent = entry.mark === "dot" ? 14 : 26;
    const advance = indent + textWidth(label, 12) + 18;
    if (x > 0 && x + advance - 18 > width) {
      x = 0;
      row += 1;
    }
    const middle = top + row * LEGEND_ROW + LEGEND_ROW / 2;
    markup.push(
      legendMark(entry, left + x, middle),
      textElement(label, { x: left + x + indent, y: middle + 4, fill: theme.muted }),
    );
    x += advance;
    widest = Math.max(widest, x - 18);
  }
  return { rows: entries.length === 0 ? 0 : row + 1, width: widest, markup };
}

function legendMark(entry: LegendEntry, x: number, y: number): string {
  if (entry.mark === "dot") return element("circle", { cx: x + 5, cy: y, r: 3.5, fill: entry.color });
  if (entry.mark === "area") {
    return element("rect", {
      x: x + 2,
      y: y - 5,
      width: 16,
      height: 10,
      rx: 2,
      fill: entry.color,
      "fill-opacity": 0.45,
    });
  }
  return element("path", {
    d: `M${x} ${y}h20`,
    stroke: entry.color,
    "stroke-width": 2,
    "stroke-dasharray": entry.mark === "dashed" ? "5 3.5" : undefined,
  });
}

/** Pixels that a title takes; 0 without one. */
export function titleHeight(title: string | undefined): number {
  return title ? 30 : 0;
}

/** The title at the upper left corner of a picture with a margin of `outer` pixels. */
export function titleMark(title: string | undefined, outer: number, width: number): readonly string[] {
  if (!title) return [];
  const text = fitText(title, 16, width - 2 * outer);
  return [textElement(text, { x: outer, y: outer + 15, "font-size": 16, "font-weight": 600 })];
}

/** One axis of a chart. */
export interface ChartAxis {
  readonly domain: readonly [number, number];
  readonly kind?: ScaleKind;
  /** Ticks at integers only. */
  readonly integer?: boolean;
}

/** Parts of a chart with one panel. */
export interface ChartParts {
  readonly where: string;
  readonly options: AxesOptions;
  readonly theme: Theme;
  readonly defaultHeight: number;
  readonly description: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly legend: readonly LegendEntry[];
  /** False where the places on the vertical axis are no numbers: true. */
  readonly yTicks?: boolean;
  /** Grid lines and an open panel, or a frame around the panel. */
  readonly panel: "grid" | "frame";
  /** Ratio of pixels per y unit to pixels per x unit; the chart shrinks to match it. */
  readonly aspect?: number;
  /** Width to keep free right of the panel, and a function that draws this area for the panel's height. */
  readonly side?: { readonly width: number; draw(left: number, top: number, height: number): readonly string[] };
  /** The data, in coordinates of the panel. */
  draw(x: Scale, y: Scale): readonly string[];
}

const OUTER = 16;

/** Lays out title, legend, axes and panel, and draws the chart. */
export function chart(parts: ChartParts): string {
  const { options, theme, where } = parts;
  const width = positiveOr(where, "width", options.width, 720);
  const height = positiveOr(where, "height", options.height, parts.defaultHeight);
  if (width < 160 || height < 120) {
    throw new RangeError(`${where}: expected a picture of at least 160 × 120 pixels, got ${width} × ${height}.`);
  }
  const above = titleHeight(options.title);
  const key = legend(parts.legend, OUTER, OUTER + above, width - 2 * OUTER, theme);
  const top = OUTER + above + key.rows * LEGEND_ROW + (above + key.rows > 0 ? 8 : 0);
  const bottom = 30 + (options.xLabel ? 22 : 0);
  const right = 24 + (parts.side?.width ?? 0);
  const panel = placePanel(parts, width - right, top, height - bottom);
  // A narrow map keeps room for its title and legend.
  const minimum = parts.aspect === undefined ? 0 : Math.min(width, Math.max(320, key.width + 2 * OUTER));
  const fullWidth = Math.max(minimum, panel.left + panel.x.length + right);
  const markup = [
    ...titleMark(options.title, OUTER, fullWidth),
    ...key.markup,
    ...panelMarks(parts, panel),
    ...axisLabels(options, panel),
    ...(parts.side?.draw(panel.left + panel.x.length, top, panel.y.length) ?? []),
  ];
  return svgDocument(options, theme, [fullWidth, top + panel.y.length + bottom], parts.description, markup);
}

/** Where the panel is in the picture, and its axes. */
interface PlacedPanel {
  readonly left: number;
  readonly top: number;
  readonly x: Scale;
  readonly y: Scale;
  readonly yTicks: readonly Tick[];
}

/** The largest panel of the wanted aspect between the labels of the vertical axis, `right` and `bottom`. */
function placePanel(
  { aspect, options, x, y, yTicks }: ChartParts,
  right: number,
  top: number,
  bottom: number,
): PlacedPanel {
  const vertical = (length: number): readonly [Scale, readonly Tick[], number] => {
    const scale = createScale(y.kind ?? "linear", y.domain, length, true);
    const ticks = yTicks === false ? [] : verticalTicks(scale, y.integer);
    return [scale, ticks, OUTER + (options.yLabel ? 22 : 0) + ticksWidth(ticks) + 10];
  };
  let height = Math.max(40, bottom - top);
  let [, ticks, left] = vertical(height);
  let width = Math.max(60, right - left);
  if (aspect !== undefined) {
    const ratio = ((y.domain[1] - y.domain[0]) / (x.domain[1] - x.domain[0])) * aspect;
    if (width * ratio <= height) height = width * ratio;
    else width = height / ratio;
    // A domain a thousand times longer than wide would leave nothing to see.
    height = Math.max(60, height);
    width = Math.max(60, width);
    [, ticks, left] = vertical(height);
  }
  const tenth = (value: number): number => Math.round(value * 10) / 10;
  return {
    left: Math.round(left),
    top,
    x: createScale(x.kind ?? "linear", x.domain, tenth(width), false),
    y: createScale(y.kind ?? "linear", y.domain, tenth(height), true),
    yTicks: ticks,
  };
}

function panelMarks(parts: ChartParts, { left, top, x, y, yTicks }: PlacedPanel): readonly string[] {
  const { theme } = parts;
  const [width, height] = [x.length, y.length];
  const xTicks = horizontalTicks(x, parts.x.integer);
  const grid = parts.panel === "grid" ? gridLines(x, y, xTicks, yTicks, theme) : "";
  // A nested svg clips by itself: no ids that could collide when pictures stand on one page.
  return [
    element("svg", { x: left, y: top, width, height }, [grid, ...parts.draw(x, y)]),
    parts.panel === "frame"
      ? element("rect", { x: left, y: top, width, height, fill: "none", stroke: theme.axis })
      : element("path", { d: `M${left} ${top + height}h${width}`, stroke: theme.axis, fill: "none" }),
    bottomAxis(x, xTicks, left, top + height, theme),
    leftAxis(y, yTicks, left, top, theme),
  ];
}

function axisLabels({ xLabel, yLabel }: AxesOptions, { left, top, x, y }: PlacedPanel): readonly string[] {
  const markup: string[] = [];
  if (xLabel) {
    const text = fitText(xLabel, 12, x.length);
    markup.push(textElement(text, { x: left + x.length / 2, y: top + y.length + 39, "text-anchor": "middle" }));
  }
  if (yLabel) {
    const text = fitText(yLabel, 12, y.length);
    const transform = `translate(${OUTER + 10} ${(top + y.length / 2).toFixed(1)})rotate(-90)`;
    markup.push(textElement(text, { transform, "text-anchor": "middle" }));
  }
  return markup;
}
