import { OptionError } from "@pushforward/core";
import { checkerboard } from "./checkerboard.ts";
import { circles, rings } from "./circles.ts";
import { eightGaussians } from "./eight-gaussians.ts";
import { cos, line } from "./line.ts";
import { moons } from "./moons.ts";
import { pinwheel } from "./pinwheel.ts";
import { swissroll } from "./swissroll.ts";
import type { ToyDataset } from "./toy-dataset.ts";
import { twoSpirals } from "./two-spirals.ts";

/** Name of a toy set. */
export type ToyDatasetName =
  | "swissroll"
  | "circles"
  | "rings"
  | "moons"
  | "8gaussians"
  | "pinwheel"
  | "2spirals"
  | "checkerboard"
  | "line"
  | "cos";

const makers: Readonly<Record<ToyDatasetName, () => ToyDataset>> = {
  swissroll,
  circles,
  rings,
  moons,
  "8gaussians": eightGaussians,
  pinwheel,
  "2spirals": twoSpirals,
  checkerboard,
  line,
  cos,
};

/**
 * The names that {@link toyDataset} knows.
 *
 * @example
 * for (const name of toyDatasetNames) toyDataset(name).sample(createKey(0), 100);
 */
export const toyDatasetNames: readonly ToyDatasetName[] = Object.keys(makers) as ToyDatasetName[];

/**
 * A toy set by its name: the ten that FFJORD (Grathwohl et al. 2018, arXiv:1810.01367) made common, with independent
 * draws and the exact density where there is one.
 *
 * @throws {OptionError} there is no set of that name.
 * @example
 * const moons = toyDataset("moons");
 * const points = moons.sample(createKey(1), 1000); // → shape [1000, 2]
 * moons.logProb?.(points);
 */
export function toyDataset(name: ToyDatasetName): ToyDataset {
  if (!Object.hasOwn(makers, name)) {
    throw new OptionError(`toyDataset: expected one of ${toyDatasetNames.join(", ")}, got "${name}".`);
  }
  return makers[name]();
}
