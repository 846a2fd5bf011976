import { conditionalMoons, logProbRows, maf, type NdArray, ndArray, nsf, parameterCount, train } from "pushforward";
import { panelFigure } from "pushforward/plots";
import { compare, type Model } from "./compare.ts";
import { ourSettings } from "./fits.ts";
import type { Experiment, Lab } from "./lab.ts";
import { processorSeconds, torchStandardization } from "./measures.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { originalMaf, originalNsf } from "./original-models.ts";
import { planePicture } from "./pictures.ts";

const target = conditionalMoons();

/** p(x | class) of the moons. */
export const d1: Experiment = {
  id: "d1",
  title: "conditional moons, 500 points, the class as context",
  run: async (lab) => {
    await fitBoth(lab, "MAF");
    await fitBoth(lab, "NSF");
  },
};

async function fitBoth(lab: Lab, kind: "MAF" | "NSF"): Promise<void> {
  await compare(lab, {
    name: `d1 ${kind.toLowerCase()}`,
    model: kind === "MAF" ? "MAF, 52 hidden units" : "NSF, 50 hidden units, 8 bins",
    target,
    rows: 500,
    notebook: "picture: fits",
    uneven: kind === "MAF",
    printed: [{ figure: "parameters", quantity: "parameters", notebook: kind === "MAF" ? 58_520 : 58_645 }],
    original: async (x, key, context) => {
      const shared = { features: 2, context: 1, standardize: torchStandardization(x), key };
      const model =
        kind === "MAF" ? originalMaf({ ...shared, hidden: 52 }) : originalNsf({ ...shared, hidden: 50, bins: 8 });
      const loop = { key, epochs: lab.size(2000, 2), batchSize: 50, learningRate: 0.005 };
      const { seconds } = await trainAsOriginal(model, { x, context }, loop);
      return { model, seconds, figures: { parameters: parameterCount(model.parameters()) } };
    },
    ours: async (x, key, context) => {
      const shared = { features: 2, context: 1, residual: true, standardize: torchStandardization(x), key };
      const model = kind === "MAF" ? maf(shared) : nsf(shared);
      const result = await train(model, { x, context }, { key, ...ourSettings(lab) });
      return { model, seconds: processorSeconds(result), figures: { parameters: parameterCount(model.parameters()) } };
    },
    draw: (title, model) =>
      panelFigure({ plots: [0, 1].map((label) => given(`${title}: class ${label}`, model, label)), columns: 1 }),
  });
}

function given(title: string, model: Model, label: number): string {
  const labels = ({ shape: [rows = 0] }: NdArray) => ndArray([rows, 1], new Float64Array(rows).fill(label));
  const logProb = (points: NdArray): Float64Array => target.logProb(points, labels(points));
  return planePicture(title, (points) => logProbRows(model, points, labels(points)), { ...target, logProb });
}
