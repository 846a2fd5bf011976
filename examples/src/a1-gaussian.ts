import {
  AffineElementwise,
  cosineSchedule,
  type Distribution,
  Flow,
  type Key,
  StandardNormal,
  sampleRows,
  train,
} from "pushforward";
import { compare } from "./compare.ts";
import { type Experiment, meanAndSpread } from "./lab.ts";
import { normals } from "./line-targets.ts";
import { processorSeconds } from "./measures.ts";
import { OriginalAffine } from "./original-affine.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { linePicture } from "./pictures.ts";

/** The notebook prints mean and standard deviation of 100 draws from the learned density. */
function draws(flow: Distribution, key: Key): { mean: number; sd: number } {
  const [mean, sd] = meanAndSpread(Array.from(sampleRows(flow, key.fold("draws"), 100).data));
  return { mean, sd };
}

/** A Gaussian from a Gaussian: the one case in which an affine map is enough. */
export const a1: Experiment = {
  id: "a1",
  title: "N(5, 0.2²), 50 points, affine map of N(0, 1)",
  run: (lab) =>
    compare(lab, {
      name: "a1",
      model: "affine map",
      target: normals([5], [0.2]),
      rows: 50,
      printed: [
        { figure: "mean", quantity: "mean of 100 draws (true: 5)", notebook: 5.0386 },
        { figure: "sd", quantity: "sd of 100 draws (true: 0.2)", notebook: 0.2142 },
      ],
      original: async (x, key) => {
        const model = new Flow(new StandardNormal({ features: 1 }), new OriginalAffine(1));
        const epochs = lab.size(1000, 20);
        const { seconds } = await trainAsOriginal(model, x, {
          key,
          epochs,
          batchSize: 10,
          learningRate: 0.03,
          sum: true,
        });
        return { model, seconds, figures: draws(model, key) };
      },
      ours: async (x, key) => {
        const model = new Flow(new StandardNormal({ features: 1 }), new AffineElementwise({ features: 1, shift: 1 }));
        // Two numbers from fifty: there is nothing to overfit, and no row to hold out.
        const learningRate = cosineSchedule({ learningRate: 0.05 });
        const settings = { validation: 0, learningRate, maxEpochs: lab.size(1000, 20), batchSize: 50 };
        const result = await train(model, x, { key, ...settings });
        return { model, seconds: processorSeconds(result), figures: draws(model, key) };
      },
      draw: (title, flow, target, x) => linePicture(title, flow, { ...target, range: [4, 6] }, x),
    }),
};
