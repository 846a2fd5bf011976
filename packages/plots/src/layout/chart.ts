import { positiveOr } from "../input/numbers.ts";
import { element } from "../marks/svg-element.ts";
import { fitText, textElement } from "../marks/text-element.ts";
import { createScale, type Scale, type ScaleKind } from "../scales/scale.ts";
import type { Tick } from "../scales/ticks.ts";
import { bottomAxis, gridLines, horizontalTicks, leftAxis, ticksWidth, verticalTicks } from "./axes.ts";
import { LEGEND_ROW, type LegendEntry, legend } from "./legend.ts";
import type { AxesOptions } from "./plot-options.ts";
import { svgDocument } from "./svg-document.ts";
import type { Theme } from "./theme.ts";

/** One axis of a chart. */
export interface ChartAxis {
  readonly domain: readonly [number, number];
  readonly kind?: ScaleKind;
  /** Ticks at integers only. */
  readonly integer?: boolean;
}

/** What a chart with one panel is made of. */
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
  /** Pixels of one unit of y over pixels of one unit of x; the chart shrinks to hold it. */
  readonly aspect?: number;
  /** Width to keep free right of the panel, and what to draw there, given the panel's height. */
  readonly side?: { readonly width: number; draw(left: number, top: number, height: number): readonly string[] };
  /** The data, in coordinates of the panel. */
  draw(x: Scale, y: Scale): readonly string[];
}

/** Lays out title, legend, axes and panel, and draws them. */
export function chart(parts: ChartParts): string {
  const { options, theme, where } = parts;
  const width = positiveOr(where, "width", options.width, 720);
  const height = positiveOr(where, "height", options.height, parts.defaultHeight);
  if (width < 160 || height < 120) {
    throw new RangeError(`${where}: expected a picture of at least 160 × 120 pixels, got ${width} × ${height}.`);
  }
  const sideWidth = parts.side?.width ?? 0;
  const right = 24 + sideWidth;
  const bottom = 30 + (options.xLabel ? 22 : 0);
  const titleHeight = options.title ? 30 : 0;
  const outer = 16;
  const { rows: legendRows, width: legendWidth } = legend(parts.legend, outer, 0, width - 2 * outer, theme);
  const top = outer + titleHeight + legendRows * LEGEND_ROW + (titleHeight + legendRows > 0 ? 8 : 0);
  const labelWidth = options.yLabel ? 22 : 0;

  const xKind = parts.x.kind ?? "linear";
  const yKind = parts.y.kind ?? "linear";
  let panelHeight = Math.max(40, height - top - bottom);
  let y = createScale(yKind, parts.y.domain, panelHeight, true);
  const ticksOf = (scale: Scale): readonly Tick[] =>
    parts.yTicks === false ? [] : verticalTicks(scale, parts.y.integer);
  let yTicks = ticksOf(y);
  let left = outer + labelWidth + ticksWidth(yTicks) + 10;
  let panelWidth = Math.max(60, width - left - right);
  if (parts.aspect !== undefined) {
    const ratio = ((parts.y.domain[1] - parts.y.domain[0]) / (parts.x.domain[1] - parts.x.domain[0])) * parts.aspect;
    if (panelWidth * ratio <= panelHeight) panelHeight = panelWidth * ratio;
    else panelWidth = panelHeight / ratio;
    // A domain a thousand times longer than wide would leave nothing to see.
    panelHeight = Math.max(60, panelHeight);
    panelWidth = Math.max(60, panelWidth);
    y = createScale(yKind, parts.y.domain, panelHeight, true);
    yTicks = ticksOf(y);
    left = outer + labelWidth + ticksWidth(yTicks) + 10;
  }
  left = Math.round(left);
  panelWidth = Math.round(panelWidth * 10) / 10;
  panelHeight = Math.round(panelHeight * 10) / 10;
  const x = createScale(xKind, parts.x.domain, panelWidth, false);
  y = createScale(yKind, parts.y.domain, panelHeight, true);
  const xTicks = horizontalTicks(x, parts.x.integer);
  // A narrow map keeps room for its title and legend.
  const minimum = parts.aspect === undefined ? 0 : Math.min(width, Math.max(320, legendWidth + 2 * outer));
  const fullWidth = Math.max(minimum, left + panelWidth + right);
  const fullHeight = top + panelHeight + bottom;

  const markup: string[] = [];
  if (options.title) {
    const text = fitText(options.title, 16, fullWidth - 2 * outer);
    markup.push(textElement(text, { x: outer, y: outer + 15, "font-size": 16, "font-weight": 600 }));
  }
  markup.push(...legend(parts.legend, outer, outer + titleHeight, width - 2 * outer, theme).markup);
  const grid = parts.panel === "grid" ? gridLines(x, y, xTicks, yTicks, theme) : "";
  // A nested svg clips by itself: no ids that could collide when pictures stand on one page.
  markup.push(
    element("svg", { x: left, y: top, width: panelWidth, height: panelHeight }, [grid, ...parts.draw(x, y)]),
    parts.panel === "frame"
      ? element("rect", { x: left, y: top, width: panelWidth, height: panelHeight, fill: "none", stroke: theme.axis })
      : element("path", { d: `M${left} ${top + panelHeight}h${panelWidth}`, stroke: theme.axis, fill: "none" }),
    bottomAxis(x, xTicks, left, top + panelHeight, theme),
    leftAxis(y, yTicks, left, top, theme),
  );
  if (options.xLabel) {
    const text = fitText(options.xLabel, 12, panelWidth);
    markup.push(textElement(text, { x: left + panelWidth / 2, y: top + panelHeight + 39, "text-anchor": "middle" }));
  }
  if (options.yLabel) {
    const text = fitText(options.yLabel, 12, panelHeight);
    const middle = top + panelHeight / 2;
    markup.push(
      textElement(text, {
        transform: `translate(${outer + 10} ${middle.toFixed(1)})rotate(-90)`,
        "text-anchor": "middle",
      }),
    );
  }
  if (parts.side) markup.push(...parts.side.draw(left + panelWidth, top, panelHeight));
  return svgDocument(options, theme, [fullWidth, fullHeight], parts.description, markup);
}
