import { element, escapeXml } from "../marks/svg-element.ts";
import { FONT_FAMILY } from "../marks/text-element.ts";
import type { PlotOptions } from "./plot-options.ts";
import type { Theme } from "./theme.ts";

/** Puts a picture's elements into a self-contained SVG document with an accessible name and description. */
export function svgDocument(
  options: PlotOptions,
  theme: Theme,
  size: readonly [width: number, height: number],
  description: string,
  children: readonly string[],
): string {
  const [width, height] = [Math.ceil(size[0]), Math.ceil(size[1])];
  const name = options.title?.slice(0, 1000).trim() || "Plot";
  const background =
    options.transparent === true ? [] : [element("rect", { width, height, rx: 6, fill: theme.background })];
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": name,
      "font-family": FONT_FAMILY,
      "font-size": 12,
      fill: theme.ink,
    },
    [
      element("title", {}, [escapeXml(name)]),
      element("desc", {}, [escapeXml(options.description ?? description)]),
      ...background,
      ...children,
    ],
  );
}
