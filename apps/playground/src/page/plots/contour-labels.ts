import type { Contour } from "../../shared/protocol.ts";
import type { PlotArea } from "./plot-area.ts";

/** A text and its position, in pixels. */
export interface ContourLabel {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Least distance between two labels, and to the edge of the picture, in pixels. */
const APART = 34;
const EDGE = 18;
/** Places on a ring that are tried. */
const TRIES = 48;

/**
 * Returns a label for each contour, on its longest ring and away from other labels. A contour without room gets no
 * label.
 */
export function contourLabels(
  contours: readonly Contour[],
  area: Pick<PlotArea, "left" | "top" | "width" | "height" | "px" | "py">,
): ContourLabel[] {
  const labels: ContourLabel[] = [];
  const isInside = (x: number, y: number): boolean =>
    x > area.left + EDGE &&
    x < area.left + area.width - EDGE &&
    y > area.top + EDGE &&
    y < area.top + area.height - EDGE;
  for (const [k, { mass, rings }] of contours.entries()) {
    const ring = rings.reduce<Float64Array>((a, b) => (b.length > a.length ? b : a), new Float64Array(0));
    const count = ring.length / 2;
    let best: { readonly label: ContourLabel; readonly room: number } | undefined;
    for (let i = 0; i < Math.min(TRIES, count); i++) {
      // Each contour begins elsewhere, so that labels do not stand in a row.
      const at = (Math.floor((i * count) / Math.min(TRIES, count)) + Math.floor((k * count) / contours.length)) % count;
      const [x, y] = [area.px(ring[2 * at] as number), area.py(ring[2 * at + 1] as number)];
      if (!isInside(x, y)) continue;
      const room = Math.min(4 * APART, ...labels.map((other) => Math.hypot(other.x - x, other.y - y)));
      if (best === undefined || room > best.room) {
        best = { label: { text: `${Math.round(100 * mass)}%`, x, y }, room };
      }
    }
    if (best !== undefined && best.room >= APART) labels.push(best.label);
  }
  return labels;
}
