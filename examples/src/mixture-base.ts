import {
  AffineElementwise,
  type Bijection,
  Flow,
  fitGaussianMixture,
  GaussianMixture,
  type Key,
  logProbRows,
  ndArray,
  StandardNormal,
  train,
} from "pushforward";
import type { Fit } from "./compare.ts";
import type { Lab } from "./lab.ts";
import { processorSeconds } from "./measures.ts";
import { trainAsOriginal } from "./original-loop.ts";

/** The settings of a loop of the original. */
type Loop = { readonly epochs: number; readonly learningRate: number; readonly sum?: boolean };

/** The map of a mixture of equal standard normals, as in the notebook. */
export function ofEqualNormals(components: number, map: (key: Key) => Bijection, loop: Loop): Fit {
  return async (x, key) => {
    const features = x.shape[1] as number;
    const model = new Flow(new GaussianMixture({ components, features }), map(key));
    const { seconds } = await trainAsOriginal(model, x, { key, batchSize: 10, ...loop });
    return { model, seconds };
  };
}

/**
 * An affine map of a mixture with distinct components. The mixture is fitted by expectation-maximization, then trained
 * with the map.
 */
export function ofDifferentNormals(lab: Lab, components: number): Fit {
  return async (x, key) => {
    const features = x.shape[1] as number;
    const { weights, means, scaleTrils } = await fitGaussianMixture(x, { key, components });
    const base = new GaussianMixture({ weights, means, scaleTrils, features, learnable: true });
    const model = new Flow(base, new AffineElementwise({ features }));
    const result = await train(model, x, { key, learningRate: 1e-3, maxEpochs: lab.size(50, 2), threads: 1 });
    return { model, seconds: processorSeconds(result) };
  };
}

/** That the base of the notebook has no modes. */
export function explain(lab: Lab, components: number, features: number): void {
  const points = ndArray(
    [40, features],
    Float64Array.from({ length: 40 * features }, (_, i) => 4 * Math.sin(i)),
  );
  const [mixture, normal] = [new GaussianMixture({ components, features }), new StandardNormal({ features })].map((d) =>
    logProbRows(d, points),
  ) as [Float64Array, Float64Array];
  const difference = Math.max(...mixture.map((value, i) => Math.abs(value - (normal[i] as number))));
  lab.note(
    `The ${components} components of this base are the same: its log-density differs from that of one N(0, I) by at most ` +
      `${difference.toExponential(0)}, the rounding of float32. It is a Gaussian, and so is every linear map of it. The ` +
      "notebook blames the single affine map; the same map of a base with different components fits.",
  );
}
