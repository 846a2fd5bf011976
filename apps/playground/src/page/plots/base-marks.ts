import { MESH } from "../../shared/bend-window.ts";
import type { PlotArea } from "./plot-area.ts";

// What shows in every layer where something is in the base, and how far space is squeezed.

/** Directions and distances from the center of the base that have a color each. */
const DIRECTIONS = 12;
const RINGS = 3;
/** Length of a mark, in pixels. */
const LENGTH = 4;

/** A path of marks in one color. */
interface Marks {
  readonly color: string;
  readonly path: Path2D;
}

/** Color of a place in the base: its direction is the hue, its distance from the center the lightness. */
export function baseColor(x: number, y: number, theme: "light" | "dark"): string {
  const direction = Math.round(((Math.atan2(y, x) / (2 * Math.PI) + 1) % 1) * DIRECTIONS) % DIRECTIONS;
  const ring = Math.min(RINGS - 1, Math.floor(Math.hypot(x, y)));
  const lightness = theme === "dark" ? 0.88 - 0.1 * ring : 0.4 + 0.1 * ring;
  return `oklch(${lightness.toFixed(2)} 0.14 ${(360 / DIRECTIONS) * direction})`;
}

/**
 * Marks of some rows: short lines that point away from the center of the base, in the color of their place there. So
 * the color is not the only sign.
 *
 * @param places x, y, x, y, … where the rows are now, and `base` where they are in the base.
 */
export function baseMarks(
  places: Float32Array,
  base: Float32Array,
  area: Pick<PlotArea, "px" | "py">,
  theme: "light" | "dark",
): Marks[] {
  const marks = new Map<string, Path2D>();
  for (let i = 0; i + 1 < places.length; i += 2) {
    const [x, y] = [base[i] as number, base[i + 1] as number];
    const [px, py] = [area.px(places[i] as number), area.py(places[i + 1] as number)];
    const color = baseColor(x, y, theme);
    const path = marks.get(color) ?? new Path2D();
    marks.set(color, path);
    const far = Math.max(1e-9, Math.hypot(x, y));
    path.rect(px - 1, py - 1, 2, 2);
    path.moveTo(px, py);
    path.lineTo(px + (LENGTH * x) / far, py - (LENGTH * y) / far);
  }
  return Array.from(marks, ([color, path]) => ({ color, path }));
}

/**
 * The log-determinant of the map over each small cell of the base, from its area: below 0 where space is squeezed.
 *
 * @param corners the corners of the cells in the base, row after row; `moved` the same after some layers.
 */
export function squeezes(corners: Float32Array, moved: Float32Array): Float32Array {
  return Float32Array.from({ length: MESH * MESH }, (_, cell) => {
    const ring = ringOf(cell);
    return Math.log(areaOf(moved, ring) / areaOf(corners, ring));
  });
}

/** Numbers of the corners of a cell, around it. */
export function ringOf(cell: number): readonly [number, number, number, number] {
  const side = MESH + 1;
  const first = Math.floor(cell / MESH) * side + (cell % MESH);
  return [first, first + 1, first + 1 + side, first + side];
}

/** Half of the product of the diagonals: the area of a polygon of four corners. */
function areaOf(places: Float32Array, [a, b, c, d]: readonly [number, number, number, number]): number {
  const step = (from: number, to: number, j: 0 | 1): number =>
    (places[2 * to + j] as number) - (places[2 * from + j] as number);
  return Math.abs(step(a, c, 0) * step(b, d, 1) - step(a, c, 1) * step(b, d, 0)) / 2;
}

/** Steps of the shade, and the log-determinant between two of them. */
const SHADES = 6;
const STEP = 0.5;
/** Opacity of a step. */
const OPACITY = 0.055;

/** Shades cells: the more they are squeezed, the darker; cells that are not squeezed have no shade. */
export function shadeCells(
  g: CanvasRenderingContext2D,
  area: Pick<PlotArea, "px" | "py">,
  corners: Float32Array,
  moved: Float32Array,
  ink: string,
): void {
  const paths = Array.from({ length: SHADES + 1 }, () => new Path2D());
  for (const [cell, squeeze] of squeezes(corners, moved).entries()) {
    const shade = Math.min(SHADES, Math.floor(-squeeze / STEP));
    if (!(shade > 0)) continue;
    const path = paths[shade] as Path2D;
    for (const [k, corner] of ringOf(cell).entries()) {
      const [px, py] = [area.px(moved[2 * corner] as number), area.py(moved[2 * corner + 1] as number)];
      if (k === 0) path.moveTo(px, py);
      else path.lineTo(px, py);
    }
    path.closePath();
  }
  g.fillStyle = ink;
  for (const [shade, path] of paths.entries()) {
    g.globalAlpha = OPACITY * shade;
    g.fill(path);
  }
  g.globalAlpha = 1;
}
