import { createKey, toyDataset } from "pushforward";
import { TOY_NAMES, type ToyName } from "../shared/settings.ts";

/** Points of a thumbnail, and the side of its square. */
const POINTS = 160;
const SIDE = 40;
const MARGIN = 4;

/** A small picture of each toy set: an SVG path of points in a square of 40 units. */
export function thumbnails(): Record<ToyName, string> {
  return Object.fromEntries(TOY_NAMES.map((name) => [name, thumbnail(name)])) as Record<ToyName, string>;
}

function thumbnail(name: ToyName): string {
  const set = toyDataset(name);
  const { data } = set.sample(createKey(0).fold("thumbnail"), POINTS);
  const { x, y } = set.bounds;
  const place = (value: number, [low, high]: readonly [number, number]): number =>
    MARGIN + ((SIDE - 2 * MARGIN) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  let path = "";
  for (let i = 0; i < POINTS; i++) {
    const [px, py] = [place(data[2 * i] as number, x), SIDE - place(data[2 * i + 1] as number, y)];
    path += `M${px.toFixed(1)} ${py.toFixed(1)}h0`;
  }
  return path;
}
