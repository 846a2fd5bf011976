import { noisyRings } from "./noisy-rings.ts";
import { defineToyDataset, drawPoints, type ToyDataset } from "./toy-dataset.ts";

function ringSet(name: string, radii: readonly number[], sd: number, reach: number, entropy: number): ToyDataset {
  return defineToyDataset({
    name,
    entropy,
    bounds: [-reach, reach, -reach, reach],
    draw: (key, count) =>
      drawPoints(key, count, 2, 2, ([angle, ring], [zx, zy]) => {
        const radius = radii[Math.floor((ring as number) * radii.length)] as number;
        const a = 2 * Math.PI * (angle as number);
        return [radius * Math.cos(a) + sd * (zx as number), radius * Math.sin(a) + sd * (zy as number)];
      }),
    density: () => noisyRings(radii, sd),
  });
}

/** Two circles around the origin of radius 3 and 1.5, noise of sd 0.24. */
export function circles(): ToyDataset {
  return ringSet("circles", [3, 1.5], 0.24, 4, 3.2681357);
}

/** Four circles around the origin of radius 0.75, 1.5, 2.25 and 3, noise of sd 0.08. */
export function rings(): ToyDataset {
  return ringSet("rings", [0.75, 1.5, 2.25, 3], 0.08, 3.5, 2.6231828);
}
