import { type ConditionalDistribution, createKey, type Distribution } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import type { LawOptions } from "../bijection/bijection-case.ts";
import type { Law, MeasuredLaw } from "../law/law.ts";
import { LawList } from "../law/law-list.ts";
import { withSubject } from "../law/subject.ts";
import { backendsAgree } from "./backends-agree.ts";
import { codecRoundTrip } from "./codec-round-trip.ts";
import type { DistributionCase } from "./distribution-case.ts";
import { type DensityCache, type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { entropyIsMeanLogDensity } from "./entropy-is-mean-log-density.ts";
import { everyParameterLearns } from "./every-parameter-learns.ts";
import { farAwayIsImprobable } from "./far-away-is-improbable.ts";
import { finiteGradients } from "./finite-gradients.ts";
import { logDensityGradientsAreSlopes } from "./gradients-are-slopes.ts";
import { integratesToOne } from "./integrates-to-one.ts";
import { minusInfinityOutside } from "./minus-infinity-outside.ts";
import { moments } from "./moments.ts";
import { nanStaysNan } from "./nan-stays-nan.ts";
import { noLeak } from "./no-leak.ts";
import { sameKeySameBits } from "./same-key-same-bits.ts";
import { sampleAndLogProbAgrees } from "./sample-and-log-prob-agrees.ts";
import { samplesFollowExactCdf } from "./samples-follow-cdf.ts";
import { samplesFollowDensity } from "./samples-follow-density.ts";
import { samplesFollowMasses } from "./samples-follow-masses.ts";
import { shapes } from "./shapes.ts";
import { sumsToOne } from "./sums-to-one.ts";

/**
 * The laws of a distribution, each to be run by itself on the backend that runs then.
 *
 * Shapes; the density integrates to 1, or probabilities of integers sum to 1, and samples follow it (events of one or two numbers); `sampleAndLogProb` agrees
 * with `sample` and `logProb`; the same key, and the same rows, give the same bits; NaN stays NaN, far away is improbable, `-Infinity` outside the support; finite
 * gradients, which agree with finite differences; no tensor leaks; the codec; both backends agree.
 *
 * @example
 * const theCase = { make: () => new StandardNormal({ shape: [1] }), integrate: { low: -9, high: 9 } };
 * for (const law of distributionLaws("StandardNormal", theCase)) test(law.name, () => law.run());
 */
export function distributionLaws(name: string, theCase: DistributionCase, options: LawOptions = {}): Law[] {
  return measuredDistributionLaws(name, theCase, options);
}

const TOLERANCES = {
  integral: 1e-3,
  same: 1e-5,
  backends: 1e-4,
  backendGradients: 1e-3,
  gradients: 1e-2,
  moments: 5,
};

/** {@link distributionLaws} with their measurements. */
export function measuredDistributionLaws(
  name: string,
  theCase: DistributionCase,
  options: LawOptions = {},
): MeasuredLaw[] {
  const key = (options.key ?? createKey(20261124)).fold(name);
  const tolerances = { ...TOLERANCES, ...theCase.tolerances };
  const cache: DensityCache = { entry: undefined };
  const laws = new LawList<Distribution | ConditionalDistribution, DistributionTrial>({
    caseName: name,
    knownLimits: theCase.knownLimits,
    make: theCase.make,
    key,
    perturbation: theCase.perturbation ?? (isExact(theCase) ? 0 : 0.1),
    trialOf: (subject, law) => ({
      ...subject,
      theCase,
      tolerances,
      points: options.points ?? 256,
      key: key.fold(law),
      gridKey: key.fold("grid"),
      cache,
    }),
  });
  // No backend may run yet while laws are listed: nothing here makes a tensor.
  const { trainable, module } = withSubject(theCase.make, key.fold("subject"), 0, ({ value, parameters }) => ({
    trainable: [...parameters.values()].some((parameter) => parameter.trainable),
    module: isModule(value),
  }));
  laws.add("shapes", shapes);
  if (theCase.integrate !== undefined) {
    laws.add("integrates to 1", integratesToOne);
    laws.add("samples follow the density", samplesFollowDensity);
    laws.add("mean log-density is minus the entropy", entropyIsMeanLogDensity);
  }
  if (typeof theCase.integers === "object") {
    laws.add("sums to 1", sumsToOne);
    laws.add("samples follow the probabilities", samplesFollowMasses);
  }
  if (theCase.cdf !== undefined) laws.add("samples follow the cdf", samplesFollowExactCdf);
  if (theCase.mean !== undefined || theCase.variance !== undefined) laws.add("moments", moments);
  laws.add("sampleAndLogProb agrees with sample and logProb", sampleAndLogProbAgrees);
  laws.add("same key, same bits", sameKeySameBits);
  if (theCase.outside !== undefined) laws.add("-Infinity outside the support", minusInfinityOutside);
  laws.add("NaN in, NaN out", nanStaysNan);
  laws.add("far away is improbable", farAwayIsImprobable);
  laws.add("finite gradients", finiteGradients);
  if (theCase.integers === undefined) laws.add("gradients are slopes", logDensityGradientsAreSlopes);
  if (trainable) laws.add("every parameter learns", everyParameterLearns);
  laws.add("no leak", noLeak);
  if (module) laws.addDispose((value) => void distributionAt(value, theCase, key, 1).sampleAndLogProb(key));
  const { registry } = options;
  if (registry !== undefined) laws.add("codec round trip", (trial) => codecRoundTrip(trial, registry));
  laws.addAsync("backends agree", backendsAgree);
  return laws.all();
}

// Exact numbers hold for the parameters that the case has made.
function isExact({ cdf, mean, variance }: DistributionCase): boolean {
  return cdf !== undefined || mean !== undefined || variance !== undefined;
}
