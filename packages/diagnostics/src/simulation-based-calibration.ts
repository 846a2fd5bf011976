import type { Key, RowsLike } from "@pushforward/core";
import { checkKey, checkOptions } from "@pushforward/core/extend";
import { type DrawsLike, readCalibration } from "./draws-like.ts";
import { RandomRanks } from "./random-ranks.ts";
import { testColumns, type UniformityOptions, type UniformityReport } from "./uniformity.ts";

/** Options of {@link simulationBasedCalibration}. */
export interface CalibrationOptions extends UniformityOptions {
  /** Breaks ties, and spreads ranks over their bins. */
  readonly key: Key;
}

/** What {@link simulationBasedCalibration} finds. */
export interface CalibrationReport extends UniformityReport {
  /** `#{l : θ⁽ˡ⁾ < θ*}` by run and parameter, `[n, d]` row-major, each from 0 to the number of draws. */
  readonly ranks: Int32Array;
  /** Draws of each posterior. */
  readonly draws: number;
}

/**
 * Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788): for `θ* ~ prior`, `x ~ p(x | θ*)` and draws of the
 * posterior at x, the rank of each `θ*ⱼ` among its draws is uniform when the posterior is right. The `values` of each
 * column are `(rank + U)/(draws + 1)`, uniform for any number of draws; χ² and Kolmogorov–Smirnov test them.
 *
 * Ranks of parameters see margins only. To see more, append a column to both arguments with another function of
 * parameters and data, for instance a product of two of them or the log-density (Modrák et al. 2023, arXiv:2211.02383).
 *
 * @param truths the parameters that made the observations, `[n, d]`.
 * @param draws of the posterior at each observation, `[n, draws, d]`; independent ones.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} no key, bins or level out of range.
 * @example
 * const { columns, pValue } = simulationBasedCalibration(truths, draws, { key: createKey(0) });
 * if (pValue < 0.001) console.log(columns.map(({ counts }) => counts)); // ∪ too narrow, ∩ too wide, slope: shifted
 */
export function simulationBasedCalibration(
  truths: RowsLike,
  draws: DrawsLike,
  options: CalibrationOptions,
): CalibrationReport {
  checkOptions("simulationBasedCalibration", options, { bins: true, level: true, key: true });
  const where = "simulationBasedCalibration";
  checkKey(where, options);
  const { truth, runs, draws: count, columns, data } = readCalibration(truths, draws, where);
  const ranks = new Int32Array(runs * columns);
  const levels = new Float64Array(runs * columns);
  const random = new RandomRanks(options.key, runs * columns);
  for (let i = 0; i < runs; i++) {
    for (let j = 0; j < columns; j++) {
      const value = truth.data[i * columns + j] as number;
      let [below, equal] = [0, 0];
      for (let l = 0, at = i * count * columns + j; l < count; l++, at += columns) {
        const draw = data[at] as number;
        if (draw < value) below++;
        else if (draw === value) equal++;
      }
      const { rank, level } = random.next(below, equal, count);
      ranks[i * columns + j] = rank;
      levels[i * columns + j] = level;
    }
  }
  return { ranks, draws: count, ...testColumns({ rows: runs, columns, data: levels }, options, where) };
}
