import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { logSumExp } from "@pushforward/core/plain";
import { defineToyDataset, drawPoints, type ToyDataset } from "./toy-dataset.ts";

/** Options of {@link mixtureSet}. */
export interface MixtureSetOptions {
  readonly name: string;
  readonly centers: readonly (readonly [number, number])[];
  readonly scale: number;
  readonly entropy?: number;
}

/** Round normals of one size around centers, all equally likely. */
export function mixtureSet({ name, centers, scale, entropy }: MixtureSetOptions): ToyDataset {
  if (centers.length === 0) throw new OptionError(`${name}: expected at least one center, got none.`);
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`${name}: expected a positive scale, got ${describeValue(scale)}.`);
  }
  const [xs, ys] = [0, 1].map((axis) => centers.map((center) => center[axis] as number)) as [number[], number[]];
  const reach = 4 * scale;
  return defineToyDataset({
    name,
    bounds: [Math.min(...xs) - reach, Math.max(...xs) + reach, Math.min(...ys) - reach, Math.max(...ys) + reach],
    ...(entropy !== undefined && { entropy }),
    draw: (key, count) =>
      drawPoints(key, count, 1, 2, ([u], [zx, zy]) => {
        const [x, y] = centers[Math.floor((u as number) * centers.length)] as readonly [number, number];
        return [x + scale * (zx as number), y + scale * (zy as number)];
      }),
    density: () => {
      const constant = -Math.log(2 * Math.PI * scale * scale * centers.length);
      return (x, y) => {
        const terms = centers.map(([cx, cy]) => (-0.5 * ((x - cx) ** 2 + (y - cy) ** 2)) / (scale * scale));
        return constant + logSumExp(terms);
      };
    },
  });
}
