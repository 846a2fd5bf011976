import { type ConditionalFlow, type Flow, maf, parameterCount, train } from "pushforward";
import { bentLine, posteriorPicture, totalVariation } from "./bent-line.ts";
import { compare } from "./compare.ts";
import { byNpe, ourSettings } from "./fits.ts";
import type { Experiment, Lab } from "./lab.ts";
import { processorSeconds, torchStandardization } from "./measures.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { originalMaf, originalSpline } from "./original-models.ts";

export const d2: Experiment = {
  id: "d2",
  title: "p(θ | x) of a 1-D simulator by affine maps, 4,000 simulations: must fail",
  run: async (lab) => {
    await fitBoth(lab, "MAF");
    lab.note(
      "In one dimension each layer of a MAF is an affine map whose numbers the context tells. So is any number of them, " +
        "and p(θ | x) is a Gaussian for each x.",
    );
  },
};

export const d3: Experiment = {
  id: "d3",
  title: "p(θ | x) of the 1-D simulator by a spline, 4,000 simulations",
  run: (lab) => fitBoth(lab, "spline"),
};

async function fitBoth(lab: Lab, kind: "MAF" | "spline"): Promise<void> {
  const isMaf = kind === "MAF";
  const figuresOf = (model: Flow | ConditionalFlow): Record<string, number> => ({
    variation: totalVariation(model),
    parameters: parameterCount(model.parameters()),
  });
  await compare(lab, {
    name: isMaf ? "d2" : "d3",
    model: isMaf ? "MAF, 50 hidden units" : "spline, 10 bins; ours: npe",
    target: isMaf ? bentLine : { ...bentLine, gaussianLimit: Number.NaN },
    rows: 4000,
    notebook: isMaf ? "picture: one mode" : "picture: modes near 0.37 and 0.85",
    printed: [
      { figure: "parameters", quantity: "parameters", notebook: "" },
      { figure: "variation", quantity: "total variation from p(θ | x = 0.6)", notebook: "" },
    ],
    original: async (x, key, context) => {
      const shared = { features: 1, context: 1, key };
      const units = { standardize: torchStandardization(x), standardizeContext: torchStandardization(context) };
      const model = isMaf ? originalMaf({ ...shared, hidden: 50 }) : originalSpline({ ...shared, ...units });
      const loop = { key, epochs: lab.size(100, 2), batchSize: 50, learningRate: 0.005 };
      const { seconds } = await trainAsOriginal(model, { x, context }, loop);
      return { model, seconds, figures: figuresOf(model) };
    },
    ours: async (x, key, context) => {
      if (!isMaf) {
        const { model, seconds } = await byNpe(lab, { low: [0], high: [1] }, x, context, key);
        return { model, seconds, figures: figuresOf(model) };
      }
      const units = { standardize: torchStandardization(x), standardizeContext: torchStandardization(context) };
      const model = maf({ features: 1, context: 1, residual: true, key, ...units });
      const result = await train(model, { x, context }, { key, ...ourSettings(lab) });
      return { model, seconds: processorSeconds(result), figures: figuresOf(model) };
    },
    draw: posteriorPicture,
  });
}
