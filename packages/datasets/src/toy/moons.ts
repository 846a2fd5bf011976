import { noisyCurve } from "./noisy-curve.ts";
import { quadrature } from "./quadrature.ts";
import { defineToyDataset, drawPoints, type ToyDataset } from "./toy-dataset.ts";

function upper(t: number): [number, number] {
  return [2 * Math.cos(t) - 1, 2 * Math.sin(t) - 0.2];
}

function lower(t: number): [number, number] {
  return [2 * (1 - Math.cos(t)) - 1, 2 * (0.5 - Math.sin(t)) - 0.2];
}

/** Two half circles of radius 2 that reach into each other, noise of sd 0.2. */
export function moons(): ToyDataset {
  return defineToyDataset({
    name: "moons",
    entropy: 2.3938792,
    bounds: [-3.8, 3.8, -2.1, 2.5],
    draw: (key, count) =>
      drawPoints(key, count, 2, 2, ([t, side], [zx, zy]) => {
        const [x, y] = ((side as number) < 0.5 ? upper : lower)(Math.PI * (t as number));
        return [x + 0.2 * (zx as number), y + 0.2 * (zy as number)];
      }),
    density: () => {
      const rule = quadrature(0, Math.PI, 16);
      const weight = (): number => 0.5 / Math.PI;
      return noisyCurve(
        [upper, lower].map((at) => ({ rule, at, weight })),
        0.2,
      );
    },
  });
}
