import { createKey } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import type { LawOptions } from "../bijection/bijection-case.ts";
import type { Law, MeasuredLaw } from "../law/law.ts";
import { LawList } from "../law/law-list.ts";
import { withSubject } from "../law/subject.ts";
import { backendsAgree } from "./backends-agree.ts";
import { cellsSumToRow } from "./cells-sum-to-row.ts";
import { codecRoundTrip } from "./codec-round-trip.ts";
import { drawsCanOccur } from "./draws-can-occur.ts";
import { minusInfinityOutside } from "./minus-infinity-outside.ts";
import { neverNan } from "./never-nan.ts";
import { noLeak } from "./no-leak.ts";
import { rowsAreScoredAlone } from "./rows-are-scored-alone.ts";
import { sameKeySameRows } from "./same-key-same-rows.ts";
import { samplesFollowDensity } from "./samples-follow-density.ts";
import type { TableDensityCase } from "./table-density-case.ts";
import type { TableDensityLike } from "./table-density-like.ts";
import { densityOf, type ProbabilityCache, type TableDensityTrial } from "./table-density-trial.ts";
import { totalIsOne } from "./total-is-one.ts";

/**
 * The laws of a density of the rows of a table, each to be run by itself on the backend that runs then.
 *
 * The probabilities of all rows sum to 1, where numbers have a density together with an integral; the log-densities of cells
 * sum to that of their row; samples follow the density, and are rows that can occur; `-Infinity` for rows that cannot, NaN for
 * none; rows are scored as if alone; the same key draws the same rows; no tensor leaks; the codec; both backends agree.
 *
 * @example
 * const { model } = await fitProductMixture(penguins(), { key, columns: ["species", "island"], components: 2 });
 * const theCase: TableDensityCase = {
 *   // A law disposes what it is given: of one model that all share, only the methods.
 *   make: () => ({ logProb: (rows) => model.logProb(rows), sample: (key, count) => model.sample(key, count) }),
 *   columns: [
 *     { name: "species", kind: "text", cells: ["Adelie", "Chinstrap", "Gentoo"], unseen: ["a new one", undefined] },
 *     { name: "island", kind: "text", cells: ["Biscoe", "Dream", "Torgersen"], unseen: ["a new one", undefined] },
 *   ],
 * };
 * for (const law of tableDensityLaws("mixture", theCase)) await law.run();
 */
export function tableDensityLaws<T extends object = TableDensityLike>(
  name: string,
  theCase: TableDensityCase<T>,
  options: LawOptions = {},
): Law[] {
  return measuredTableDensityLaws(name, theCase, options);
}

const POINTS = 64;

/** {@link tableDensityLaws} with their measurements. */
export function measuredTableDensityLaws<T extends object>(
  name: string,
  theCase: TableDensityCase<T>,
  options: LawOptions = {},
): MeasuredLaw[] {
  const key = (options.key ?? createKey(20261127)).fold(name);
  const isDiscrete = theCase.columns.every(({ integrate }) => integrate === undefined);
  const tolerances = { total: isDiscrete ? 1e-6 : 1e-3, same: 1e-6, backends: 1e-4, ...theCase.tolerances };
  const cache: ProbabilityCache = { entry: undefined };
  const laws = new LawList<T, TableDensityTrial>({
    caseName: name,
    knownLimits: theCase.knownLimits,
    make: theCase.make,
    key,
    perturbation: theCase.perturbation ?? 0.1,
    trialOf: (subject, law) => ({
      ...subject,
      theCase,
      density: densityOf(theCase, subject.value),
      tolerances,
      points: options.points ?? POINTS,
      key: key.fold(law),
      cache,
    }),
  });
  // No backend may run yet while laws are listed: nothing here makes a tensor.
  const { hasCells, module } = withSubject(theCase.make, key.fold("subject"), 0, ({ value }) => ({
    hasCells: densityOf(theCase, value).cellLogProb !== undefined,
    module: isModule(value),
  }));
  laws.add("probabilities sum to 1", totalIsOne);
  if (hasCells) laws.add("cells sum to the row", cellsSumToRow);
  laws.add("samples follow the density", samplesFollowDensity);
  laws.add("draws can occur", drawsCanOccur);
  if (theCase.outside !== undefined) laws.add("-Infinity outside the support", minusInfinityOutside);
  laws.add("never NaN", neverNan);
  laws.add("rows are scored alone", rowsAreScoredAlone);
  laws.add("same key, same rows", sameKeySameRows);
  laws.add("no leak", noLeak);
  if (module)
    laws.addDispose(
      (value) => void densityOf(theCase, value).sample(key, 2, theCase.context && { context: theCase.context }),
    );
  const { registry } = options;
  if (registry !== undefined)
    laws.add("codec round trip", (trial) => codecRoundTrip(trial, registry, (copy) => densityOf(theCase, copy as T)));
  laws.addAsync("backends agree", backendsAgree);
  return laws.all();
}
