import { densityPlot1d, logProbRows, maf, ndArray, nsf, train } from "pushforward";
import { bentLine } from "./bent-line.ts";
import { compare, type Fit, type Model } from "./compare.ts";
import type { Experiment, Lab } from "./lab.ts";
import { torchStandardisation } from "./measures.ts";
import { originalMaf, originalSpline } from "./original-models.ts";
import { trainAsOriginal } from "./original-loop.ts";

/** What the notebook conditions on. */
const OBSERVED = 0.6;

export const d2: Experiment = {
  id: "d2",
  title: "p(θ | x) of the 1-D simulator by affine maps, 4,000 simulations: must fail",
  run: async (lab) => {
    await fitBoth(lab, "d2", "MAF, 50 hidden units", "picture: one mode", (key) =>
      originalMaf({ features: 1, context: 1, hidden: 50, key }),
    );
    lab.note("In one dimension every layer of a MAF is an affine map of its input: whatever their number, p(θ | x) is a Gaussian.");
  },
};
