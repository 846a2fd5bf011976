import { countOr, describe } from "../input/numbers.ts";
import type { PlotOptions } from "../layout/plot-options.ts";
import { svgDocument } from "../layout/svg-document.ts";
import { themeOf } from "../layout/theme.ts";
import { titleMark } from "../layout/title-mark.ts";

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
 * Puts pictures beside and below each other, in a grid as wide and high as its largest ones. Returns an SVG document.
 *
 * @throws TypeError what is given is not a picture of this package.
 * @throws RangeError there is none, or `columns` is below 1.
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
