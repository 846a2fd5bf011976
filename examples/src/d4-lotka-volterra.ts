import { type ConditionalFlow, type Flow, type Key, logProbRows, parameterCount, sampleRows } from "pushforward";
import { byNpe } from "./fits.ts";
import { type Experiment, type Lab, meanAndSpread } from "./lab.ts";
import { simulate } from "./lotka-volterra.ts";
import { columnOf, torchStandardisation } from "./measures.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { originalMaf } from "./original-models.ts";
import { exactSpread, PRIOR, type Simulations, simulatePrior, statisticsRow } from "./populations-inference.ts";
import { pairs, predictive } from "./populations-pictures.ts";

/** The rates of a and b that the observation is simulated with. */
const TRUTH = [1, 0.1] as const;

export const d4: Experiment = { id: "d4", title: "Lotka–Volterra: p(a, b | nine statistics), 500 simulations", run };

type Fit = (simulations: Simulations, key: Key) => Promise<{ model: Flow | ConditionalFlow; seconds: number }>;

async function run(lab: Lab): Promise<void> {
  const original: Fit = async ({ theta: x, asWritten: context }, key) => {
    const units = { standardise: torchStandardisation(x), standardiseContext: torchStandardisation(context) };
    const model = originalMaf({ features: 2, context: 9, hidden: 50, key, ...units });
    const loop = { key, epochs: lab.size(500, 2), batchSize: 50, learningRate: 0.005 };
    const { seconds } = await trainAsOriginal(model, { x, context }, loop);
    return { model, seconds };
  };
  const ours: Fit = ({ theta, corrected }, key) => byNpe(lab, PRIOR, theta, corrected, key);
  const drawn: Float64Array[][] = [];
  const over = (name: string, fit: Fit, corrected: boolean) =>
    lab.repeat(`d4 ${name}`, async (key, seed) => {
      const simulations = simulatePrior(key.fold("train"), lab.size(500, 100));
      const { model, seconds } = await fit(simulations, key.fold(name));
      const fresh = simulatePrior(key.fold("fresh"), lab.size(5000, 200));
      const logProb = logProbRows(model, fresh.theta, corrected ? fresh.corrected : fresh.asWritten);
      const path = simulate(TRUTH, key.fold("observation"));
      const draws = sampleRows(model, key.fold("draws"), lab.size(2000, 100), statisticsRow(path, corrected));
      const [a, b] = [columnOf(draws, 0), columnOf(draws, 1)];
      if (seed === 0) drawn.push([a, b]);
      const [[meanA, sdA], [meanB, sdB]] = [meanAndSpread(Array.from(a)), meanAndSpread(Array.from(b))];
      const [exactA, exactB] = exactSpread(path);
      const outside = a.filter((value, i) => !isPossible(value, b[i] as number)).length / a.length;
      const parameters = parameterCount(model.parameters());
      model.dispose();
      const nll = -meanAndSpread(Array.from(logProb))[0];
      return {
        nll,
        meanA,
        sdA,
        meanB,
        sdB,
        exactA,
        exactB,
        outside,
        dropped: simulations.dropped,
        parameters,
        seconds,
      };
    });
  const [faithful, own] = [await over("original", original, false), await over("ours", ours, true)];
  const row = (quantity: string, figure: keyof typeof own, notebook?: string, floor?: readonly number[]): void =>
    lab.row({
      model: "MAF, 50 hidden units",
      quantity,
      ...(notebook && { notebook }),
      ...(floor && { floor: meanAndSpread(floor)[0] }),
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
  lab.row({
    model: "MAF, 50 hidden units",
    quantity: "−log q(a, b) of fresh simulations",
    faithful: faithful.nll,
    ours: own.nll,
    faithfulSeconds: faithful.seconds,
    oursSeconds: own.seconds,
  });
  const [theirs, mine] = drawn as [Float64Array[], Float64Array[]];
  lab.picture("d4-posterior", pairs(TRUTH, theirs, mine));
  lab.picture("d4-predictive", predictive(TRUTH, theirs, mine));
}

function isPossible(a: number, b: number): boolean {
  const { low, high } = PRIOR;
  return a >= low[0] && a <= high[0] && b >= low[1] && b <= high[1];
}
