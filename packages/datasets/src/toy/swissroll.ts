import { noisyCurve } from "./noisy-curve.ts";
import { quadrature } from "./quadrature.ts";
import { defineToyDataset, drawPoints, type ToyDataset } from "./toy-dataset.ts";

const FROM = 1.5 * Math.PI;
const TO = 4.5 * Math.PI;

function at(t: number): [number, number] {
  return [(t * Math.cos(t)) / 5, (t * Math.sin(t)) / 5];
}

/** A roll seen from its end: (t cos t, t sin t) / 5, t uniform on [1.5 π, 4.5 π], noise of sd 0.2. */
export function swissroll(): ToyDataset {
  return defineToyDataset({
    name: "swissroll",
    entropy: 2.6696462,
    bounds: [-3.2, 3.6, -3.2, 3.6],
    draw: (key, count) =>
      drawPoints(key, count, 1, 2, ([u], [zx, zy]) => {
        const [x, y] = at(FROM + (TO - FROM) * (u as number));
        return [x + 0.2 * (zx as number), y + 0.2 * (zy as number)];
      }),
    density: () => noisyCurve([{ rule: quadrature(FROM, TO, 64), at, weight: () => 1 / (TO - FROM) }], 0.2),
  });
}
