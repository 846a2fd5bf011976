import { mixtureSet } from "./mixture-set.ts";
import type { ToyDataset } from "./toy-dataset.ts";

// As in the original, which rounds √2.
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the rounded number is the one that defines the set.
const SHRINK = 1.414;

/** Eight normals of sd 0.5 / 1.414 on a circle of radius 4 / 1.414. */
export function eightGaussians(): ToyDataset {
  const centers = Array.from({ length: 8 }, (_, k): [number, number] => {
    const angle = (k * Math.PI) / 4;
    return [(4 * Math.cos(angle)) / SHRINK, (4 * Math.sin(angle)) / SHRINK];
  });
  return mixtureSet({ name: "8gaussians", centers, scale: 0.5 / SHRINK, entropy: 2.8318804 });
}
