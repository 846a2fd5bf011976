import { byNpe } from "./fits.ts";
import { type Experiment, type Lab, meanAndSpread } from "./lab.ts";
import { torchStandardization } from "./measures.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { originalMaf } from "./original-models.ts";
import { PRIOR } from "./populations-inference.ts";
import { measurePosterior, type PosteriorFit } from "./populations-measures.ts";
import { pairs, predictive } from "./populations-pictures.ts";

export const d4: Experiment = { id: "d4", title: "Lotka–Volterra: p(a, b | nine statistics), 500 simulations", run };

/** The rates of a and b that the observation is simulated with. */
const TRUTH = [1, 0.1] as const;

type Statistics = "asWritten" | "corrected";

async function run(lab: Lab): Promise<void> {
  const original: PosteriorFit = async ({ theta: x, asWritten: context }, key) => {
    const units = { standardize: torchStandardization(x), standardizeContext: torchStandardization(context) };
    const model = originalMaf({ features: 2, context: 9, hidden: 50, key, ...units });
    const loop = { key, epochs: lab.size(500, 2), batchSize: 50, learningRate: 0.005 };
    const { seconds } = await trainAsOriginal(model, { x, context }, loop);
    return { model, seconds };
  };
  const ours =
    (statistics: Statistics): PosteriorFit =>
    (simulations, key) =>
      byNpe(lab, PRIOR, simulations.theta, simulations[statistics], key);
  const faithful = await measurePosterior(lab, "d4 original", TRUTH, 500, "asWritten", original);
  const own = await measurePosterior(lab, "d4 ours", TRUTH, 500, "asWritten", ours("asWritten"));
  const corrected = await measurePosterior(lab, "d4 corrected", TRUTH, 500, "corrected", ours("corrected"));
  const many = await measurePosterior(lab, "d4 many", TRUTH, 5000, "asWritten", ours("asWritten"));
  const model = "MAF, 50 hidden units; ours: npe";
  const row = (
    quantity: string,
    figure: Exclude<keyof typeof own, "draws">,
    notebook?: string,
    floor?: readonly number[],
  ): void =>
    lab.row({
      model,
      quantity,
      ...(notebook && { notebook }),
      ...(floor && { floor: meanAndSpread(floor)[0] }),
      uneven: figure !== "dropped" && figure !== "parameters",
      faithful: faithful[figure],
      ours: own[figure],
    });
  row("dropped of 500 simulations", "dropped");
  row("parameters", "parameters");
  row("mean of a (true: 1)", "meanA", "picture: 0.93 to 1.08");
  row("sd of a", "sdA", undefined, own.exactA);
  row("mean of b (true: 0.1)", "meanB", "picture: 0.09 to 0.10");
  row("sd of b", "sdB", undefined, own.exactB);
  row("draws outside of the prior", "outside");
  row("−log q(a, b), median of fresh simulations", "median");
  const mean = "−log q(a, b), mean of fresh simulations";
  const seconds = { faithfulSeconds: faithful.seconds, oursSeconds: own.seconds };
  lab.row({ model, quantity: mean, uneven: true, faithful: faithful.nll, ours: own.nll, ...seconds });
  lab.row({ model: "npe, corrected statistics", quantity: mean, ours: corrected.nll, oursSeconds: corrected.seconds });
  lab.row({ model: "npe, 5,000 simulations", quantity: mean, ours: many.nll, oursSeconds: many.seconds });
  lab.picture("d4-posterior", pairs(TRUTH, faithful.draws, own.draws));
  lab.picture("d4-predictive", predictive(TRUTH, faithful.draws, own.draws));
}
