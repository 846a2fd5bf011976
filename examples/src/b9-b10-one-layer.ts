import {
  AffineElementwise,
  blobs,
  Flow,
  GaussianMixture,
  type Key,
  maf,
  StandardNormal,
  type ToyDataset,
} from "pushforward";
import { compare, type Fitted } from "./compare.ts";
import { byAuto } from "./fits.ts";
import type { Experiment, Lab } from "./lab.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { planePicture } from "./pictures.ts";
import { tiltedGaussian, tiltedLimit } from "./planar-targets.ts";

// The cells say 5,000 points, but their pictures are of an earlier run with far fewer.
const ROWS = 500;

/** A Gaussian by two standalone maps of the notebook: an elementwise and an autoregressive one. */
export const b9: Experiment = {
  id: "b9",
  title: "a Gaussian with correlation 0.77 by one affine layer",
  run: async (lab) => {
    const target = tiltedGaussian([2, 7]);
    const elementwise = (): Flow =>
      new Flow(new StandardNormal({ features: 2 }), new AffineElementwise({ features: 2 }));
    await fitLayer(lab, "b9 elementwise", "elementwise affine map", target, 500, elementwise, tiltedLimit);
    await fitLayer(lab, "b9 autoregressive", "autoregressive affine map, 32 units", target, 500, autoregressive);
    lab.note(
      "Given x₁, the second variable of a Gaussian is a Gaussian whose mean is linear in x₁: one autoregressive layer has it.",
    );
  },
};

/** Blobs by a single autoregressive layer: over one Gaussian, and over three equal ones. */
export const b10: Experiment = {
  id: "b10",
  title: "three blobs by one autoregressive affine layer: must fail",
  run: async (lab) => {
    const target = blobs();
    await fitLayer(lab, "b10 normal", "one layer of N(0, I); ours: auto", target, 2000, autoregressive);
    await fitLayer(lab, "b10 mixture", "one layer of 3 × N(0, I); ours: auto", target, 2000, (key) =>
      autoregressive(key, new GaussianMixture({ components: 3, features: 2 })),
    );
    lab.note(
      "One autoregressive affine layer makes the first variable an affine map of a Gaussian, and the second a Gaussian " +
        "given the first. The three equal components of the other base are one Gaussian again.",
    );
  },
};

function autoregressive(
  key: Key,
  base = new StandardNormal({ features: 2 }) as StandardNormal | GaussianMixture,
): Flow {
  return maf({ features: 2, transforms: 1, hidden: [32], base, key });
}

async function fitLayer(
  lab: Lab,
  name: string,
  model: string,
  target: ToyDataset,
  epochs: number,
  make: (key: Key) => Flow,
  limit?: number,
): Promise<void> {
  await compare(lab, {
    name,
    model,
    target,
    rows: ROWS,
    notebook: "picture",
    ...(limit !== undefined && { limit }),
    original: async (x, key): Promise<Fitted> => {
      const flow = make(key);
      const loop = { key, epochs: lab.size(epochs, 2), batchSize: 50, learningRate: 0.005 };
      const { seconds } = await trainAsOriginal(flow, x, loop);
      return { model: flow, seconds };
    },
    ours: (x, key) => byAuto(lab, x, key),
    draw: planePicture,
  });
}
