import { element } from "../marks/svg-element.ts";
import { fitText, textElement, textWidth } from "../marks/text-element.ts";
import type { Theme } from "./theme.ts";

/** One line of a legend. */
export interface LegendEntry {
  readonly label: string;
  readonly color: string;
  readonly mark: "line" | "dashed" | "area" | "dot";
}

/** Height of one row of a legend in pixels. */
export const LEGEND_ROW = 20;

/** A legend as rows that wrap at `width`; the height is `rows * LEGEND_ROW`, the width that of the widest row. */
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
