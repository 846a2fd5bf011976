import { AffineElementwise, BoxConstraint, chain, Flow, type Key, nsf, StandardNormal, train } from "pushforward";
import { compare, type Fit } from "./compare.ts";
import { ourSettings } from "./fits.ts";
import type { Experiment, Lab } from "./lab.ts";
import { exponential, type LineTarget, normals } from "./line-targets.ts";
import { processorSeconds } from "./measures.ts";
import { ofDifferentNormals } from "./mixture-base.ts";
import { OriginalAffine } from "./original-affine.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { linePicture } from "./pictures.ts";

/** Two normals: means 10 + N(0, 1), standard deviations U(0, 1), drawn separately for each seed as in the notebook. */
function twoNormals(key: Key): LineTarget {
  const means = Array.from(key.fold("means").normal(2), (z) => 10 + z);
  return normals(
    means,
    Array.from(key.fold("sds").uniform(2), (u) => Math.max(u, 0.02)),
  );
}

export const a2: Experiment = {
  id: "a2",
  title: "two normals, 50 points, affine map of N(0, 1): must fail",
  run: (lab) => fails(lab, "a2", "of two different normals", twoNormals, ofDifferentNormals(lab, 2)),
};

export const a3: Experiment = {
  id: "a3",
  title: "Exponential(1), 50 points, affine map of N(0, 1): must fail",
  run: (lab) => fails(lab, "a3", "a spline on the half-line", { ...exponential(), range: [-2, 6] }, onHalfLine(lab)),
};

/** A spline and an affine map, and then the exponential function, which leaves no mass below zero. */
function onHalfLine(lab: Lab): Fit {
  return async (x, key) => {
    const base = new StandardNormal({ features: 1 });
    const spline = nsf({ features: 1, transforms: 1, bins: 4, bound: 4, base, key });
    const positive = new BoxConstraint({ low: [0], high: [Number.POSITIVE_INFINITY] });
    const model = new Flow(base, chain([spline.transform, new AffineElementwise({ features: 1 }), positive]));
    const result = await train(model, x, { key, validation: 0.3, learningRate: 0.01, ...ourSettings(lab) });
    return { model, seconds: processorSeconds(result) };
  };
}

async function fails(
  lab: Lab,
  name: string,
  own: string,
  target: LineTarget | ((key: Key) => LineTarget),
  ours: Fit,
): Promise<void> {
  await compare(lab, {
    name,
    model: `affine map; ours: ${own}`,
    target,
    rows: 50,
    notebook: "picture: a Gaussian",
    original: async (x, key) => {
      const model = new Flow(new StandardNormal({ features: 1 }), new OriginalAffine(1));
      const loop = { key, epochs: lab.size(500, 20), batchSize: 10, learningRate: 0.03, sum: true };
      const { seconds } = await trainAsOriginal(model, x, loop);
      return { model, seconds };
    },
    ours,
    draw: linePicture,
  });
  lab.note(
    "An affine map of a Gaussian is a Gaussian. However long it trains, it can get no lower than the Gaussian with the " +
      "mean and variance of the data.",
  );
}
