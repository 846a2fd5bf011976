import type { Distribution } from "@pushforward/core";
import { normalCdf, normalQuantile } from "@pushforward/core/plain";
import { ElementStatistics } from "../univariate/element-statistics.ts";

/** Statistics of independent normals. */
export function normalStatistics(
  name: string,
  distribution: Pick<Distribution, "batchShape" | "eventShape">,
  { mean, scale }: { readonly mean: ArrayLike<number>; readonly scale: ArrayLike<number> },
): ElementStatistics<readonly [mean: number, scale: number]> {
  const elements = Array.from(mean, (m, i) => [m, scale[i] as number] as const);
  return new ElementStatistics(name, distribution, elements, {
    ends: () => [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    cdf: (x, [m, s]) => normalCdf((x - m) / s),
    icdf: (u, [m, s]) => m + s * normalQuantile(u),
    mean: ([m]) => m,
    variance: ([, s]) => s ** 2,
    entropy: ([, s]) => 0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(s),
  });
}
