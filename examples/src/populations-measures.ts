import { type ConditionalFlow, type Flow, type Key, logProbRows, parameterCount, sampleRows } from "pushforward";
import { type Lab, meanAndSpread } from "./lab.ts";
import type { Rates } from "./lotka-volterra.ts";
import { columnOf } from "./measures.ts";
import {
  exactSpread,
  observe,
  PRIOR,
  type Simulations,
  simulatePrior,
  statisticsRow,
} from "./populations-inference.ts";

/** Learns a posterior from simulations. */
export type PosteriorFit = (
  simulations: Simulations,
  key: Key,
) => Promise<{ readonly model: Flow | ConditionalFlow; readonly seconds: number }>;

/** Results of a posterior over seeds, and draws of a and b of the first seed. */
export type PosteriorFigures = Readonly<Record<Figure, number[]>> & { readonly draws: readonly Float64Array[] };

type Figure =
  | "nll"
  | "median"
  | "meanA"
  | "sdA"
  | "meanB"
  | "sdB"
  | "exactA"
  | "exactB"
  | "outside"
  | "dropped"
  | "parameters"
  | "seconds";

/** Learns from simulations of the prior, and judges by fresh ones and by an observation that was made with `truth`. */
export async function measurePosterior(
  lab: Lab,
  name: string,
  truth: Rates,
  simulations: number,
  statistics: "asWritten" | "corrected",
  fit: PosteriorFit,
): Promise<PosteriorFigures> {
  let draws: Float64Array[] = [];
  const figures = await lab.repeat(name, async (key, seed) => {
    const train = simulatePrior(key.fold("train"), lab.size(simulations, 100));
    const { model, seconds } = await fit(train, key.fold(name));
    const fresh = simulatePrior(key.fold("fresh"), lab.size(5000, 200));
    const losses = logProbRows(model, fresh.theta, fresh[statistics]).map((value) => -value);
    const path = observe(truth, key.fold("observation"));
    const drawn = sampleRows(
      model,
      key.fold("draws"),
      lab.size(2000, 100),
      statisticsRow(path, statistics === "corrected"),
    );
    const [a, b] = [columnOf(drawn, 0), columnOf(drawn, 1)];
    if (seed === 0) draws = [a, b];
    const [[meanA, sdA], [meanB, sdB]] = [meanAndSpread(Array.from(a)), meanAndSpread(Array.from(b))];
    const [exactA, exactB] = exactSpread(path);
    const parameters = parameterCount(model.parameters());
    model.dispose();
    return {
      nll: meanAndSpread(Array.from(losses))[0],
      median: losses.toSorted((x, y) => x - y)[Math.floor(losses.length / 2)] as number,
      meanA,
      sdA,
      meanB,
      sdB,
      exactA,
      exactB,
      outside: a.filter((value, i) => !isPossible(value, b[i] as number)).length / a.length,
      dropped: train.dropped,
      parameters,
      seconds,
    };
  });
  return { ...figures, draws };
}

function isPossible(a: number, b: number): boolean {
  const { low, high } = PRIOR;
  return a >= low[0] && a <= high[0] && b >= low[1] && b <= high[1];
}
