import { AffineElementwise, Flow, StandardNormal } from "pushforward";
import { compare } from "./compare.ts";
import { byAuto, originalPositiveLinear } from "./fits.ts";
import type { Experiment, Lab } from "./lab.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { planePicture } from "./pictures.ts";
import { blobsLimit, tiltedGaussian, wideBlobs } from "./planar-targets.ts";

/** Three blobs by the linear maps of A4. */
export const a5: Experiment = {
  id: "a5",
  title: "three blobs, 300 points, linear maps of N(0, I): must fail",
  run: async (lab) => {
    await fitBoth(lab, "elementwise");
    await fitBoth(lab, "positive");
    lab.note(
      "A linear map of a Gaussian is a Gaussian. A matrix of positive numbers does no better than an elementwise map: it " +
        "can make positive correlations only, and that of the blobs is −0.36.",
    );
  },
};

async function fitBoth(lab: Lab, kind: "elementwise" | "positive"): Promise<void> {
  await compare(lab, {
    name: `a5 ${kind}`,
    model: `${kind === "positive" ? "matrix of positive numbers" : "elementwise affine map"}; ours: auto`,
    target: wideBlobs,
    rows: 300,
    notebook: "picture: a Gaussian",
    limit: blobsLimit,
    original: async (x, key) => {
      // The affine map of this library and the mean of the loss, which to Adam is the same: they have a plan, and each of the
      // 45,000 steps takes a tenth of the time.
      const transform =
        kind === "positive" ? originalPositiveLinear(2, key) : new AffineElementwise({ features: 2, shift: 1 });
      const model = new Flow(new StandardNormal({ features: 2 }), transform);
      const loop = { key, batchSize: 10, learningRate: 0.02, sum: kind === "positive" };
      // The notebook goes on with the transform that it trained on the Gaussian of A4.
      const first = tiltedGaussian([2, 9]).sample(key.fold("a4"), 300);
      const before = await trainAsOriginal(model, first, { ...loop, epochs: lab.size(500, 2) });
      const { seconds } = await trainAsOriginal(model, x, { ...loop, epochs: lab.size(1000, 2) });
      return { model, seconds: before.seconds + seconds };
    },
    ours: (x, key) => byAuto(lab, x, key),
    draw: planePicture,
  });
}
