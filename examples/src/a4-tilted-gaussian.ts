import { AffineElementwise, Flow, StandardNormal, train } from "pushforward";
import { compare } from "./compare.ts";
import { originalPositiveLinear } from "./fits.ts";
import type { Experiment, Lab } from "./lab.ts";
import { processorSeconds } from "./measures.ts";
import { OriginalAffine } from "./original-affine.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { planePicture } from "./pictures.ts";
import { tiltedGaussian, tiltedLimit } from "./planar-targets.ts";

/** A correlated Gaussian: an elementwise map misses the correlation, a positive matrix has it. */
export const a4: Experiment = {
  id: "a4",
  title: "a Gaussian with correlation 0.77, 300 points",
  run: async (lab) => {
    await fitBoth(lab, "elementwise");
    await fitBoth(lab, "positive");
    lab.note(
      "The covariance of the notebook, [[.5, .5], [.3, .3]], is not symmetric; it got [[.5, .3], [.3, .3]]. An elementwise " +
        "map keeps the columns independent, and so misses the correlation.",
    );
  },
};

async function fitBoth(lab: Lab, kind: "elementwise" | "positive"): Promise<void> {
  const target = tiltedGaussian([2, 9]);
  const base = new StandardNormal({ features: 2 });
  await compare(lab, {
    name: `a4 ${kind}`,
    model: kind === "positive" ? "matrix of positive numbers" : "elementwise affine map",
    target,
    rows: 300,
    notebook: kind === "positive" ? "picture: fits" : "picture: no correlation",
    limit: kind === "positive" ? (target.entropy as number) : tiltedLimit,
    original: async (x, key) => {
      const model = new Flow(base, kind === "positive" ? originalPositiveLinear(2, key) : new OriginalAffine(2));
      const epochs = lab.size(500, 2);
      const { seconds } = await trainAsOriginal(model, x, {
        key,
        epochs,
        batchSize: 10,
        learningRate: 0.02,
        sum: true,
      });
      return { model, seconds };
    },
    ours: async (x, key) => {
      const model = new Flow(
        base,
        kind === "positive" ? originalPositiveLinear(2, key) : new AffineElementwise({ features: 2, shift: [2, 9] }),
      );
      const settings = { validation: 0, maxEpochs: lab.size(400, 2), batchSize: 100, learningRate: 0.05 };
      const result = await train(model, x, { key, ...settings });
      return { model, seconds: processorSeconds(result) };
    },
    draw: planePicture,
  });
}
