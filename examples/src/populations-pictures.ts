import { createKey } from "pushforward";
import { pairPlot, panelFigure, type Series, seriesPlot } from "pushforward/plots";
import { type Populations, type Rates, simulate, times } from "./lotka-volterra.ts";
import { observe } from "./populations-inference.ts";

/** Columns of draws: a and b. */
type Draws = readonly Float64Array[];

/** A hundred draws of both posteriors, and the truth. The prior extends beyond the picture. */
export function pairs(truth: Rates, original: Draws, ours: Draws): string {
  const hundred = (draws: Draws): Float64Array[] => draws.map((column) => column.slice(0, 100));
  return pairPlot({
    title: "100 draws of the posterior",
    columns: ["a", "b"],
    sets: [
      { name: "original", values: hundred(original) },
      { name: "ours", values: hundred(ours) },
    ],
    mark: { name: "truth", values: truth },
    limits: [
      [0.6, 1.4],
      [0.06, 0.14],
    ],
    bins: 32,
  });
}

/** The observation, and simulations by ten draws of each posterior. */
export function predictive(truth: Rates, original: Draws, ours: Draws): string {
  const ten = (name: string, draws: Draws): string =>
    plot(
      name,
      Array.from({ length: 10 }, (_, i) => {
        const rates = [draws[0]?.[i] as number, draws[1]?.[i] as number] as const;
        return simulate(rates, createKey(name).fold(i));
      }),
    );
  return panelFigure({
    title: "Populations simulated with draws of the posterior",
    plots: [
      plot("observation", [observe(truth, createKey(0).fold("observation"))]),
      ten("10 draws, original", original),
      ten("10 draws, ours", ours),
    ],
  });
}

function plot(title: string, runs: readonly Populations[]): string {
  // Every eighth point: the eye sees no more, and the picture stays small.
  const thin = (values: Float64Array): Float64Array => values.filter((_, n) => n % 8 === 0);
  // All runs of a species are one curve with gaps, so that it stands in the legend once.
  const curve = (name: keyof Populations, color: string): Series => ({
    name,
    x: runs.flatMap(() => [...thin(times), Number.NaN]),
    values: runs.flatMap((run) => [...thin(run[name]), Number.NaN]),
    color,
    size: runs.length > 1 ? 0.75 : 1.5,
  });
  const series = [curve("rabbits", "#d55e00"), curve("foxes", "#0072b2")];
  return seriesPlot({ title, series, yRange: [0, 80], xLabel: "time", yLabel: "population", width: 340, height: 300 });
}
