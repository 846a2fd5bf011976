import { Flow, type Key, StandardNormal } from "pushforward";
import { compare } from "./compare.ts";
import { byAuto } from "./fits.ts";
import type { Experiment, Lab } from "./lab.ts";
import { exponential, type LineTarget, normals } from "./line-targets.ts";
import { OriginalAffine } from "./original-affine.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { linePicture } from "./pictures.ts";

/** Two normals: means 10 + N(0, 1), standard deviations U(0, 1), drawn anew for each seed as in the notebook. */
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
  run: (lab) => fails(lab, "a2", twoNormals),
};

export const a3: Experiment = {
  id: "a3",
  title: "Exponential(1), 50 points, affine map of N(0, 1): must fail",
  run: async (lab) => {
    const target = exponential();
    await fails(lab, "a3", { ...target, range: [-2, 6] });
  },
};

async function fails(lab: Lab, name: string, target: LineTarget | ((key: Key) => LineTarget)): Promise<void> {
  await compare(lab, {
    name,
    model: "affine map; ours: auto",
    target,
    rows: 50,
    notebook: "picture: a Gaussian",
    original: async (x, key) => {
      const model = new Flow(new StandardNormal({ features: 1 }), new OriginalAffine(1));
      const epochs = lab.size(500, 20);
      const { seconds } = await trainAsOriginal(model, x, {
        key,
        epochs,
        batchSize: 10,
        learningRate: 0.03,
        sum: true,
      });
      return { model, seconds };
    },
    ours: (x, key) => byAuto(lab, x, key),
    draw: linePicture,
  });
  lab.note(
    "An affine map of a Gaussian is a Gaussian. However long it trains, it can get no lower than the Gaussian with the " +
      "mean and variance of the data.",
  );
}
