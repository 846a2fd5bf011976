import { type ConditionalDistribution, createKey, type Distribution, type Registry } from "@pushforward/core";
import { isConditionalDistribution, isModule, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import type { LawOptions } from "../bijection/bijection-case.ts";
import type { CheckOptions } from "../bijection/bijection-laws.ts";
import { expectNoLeak } from "../expect-no-leak.ts";
import { Comparison, compareArrays, hostCopy, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { checkLaws, inTidy, type Law, type LawReport, type MeasuredLaw } from "../law/law.ts";
import { compareGradients, copyThroughCodec, LawList, onBothBackends, withSubject } from "../law/law-list.ts";
import { integral } from "./density-grid.ts";
import type { DistributionCase } from "./distribution-case.ts";
import { type DensityCache, type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { gradients, logDensityGradientsAreSlopes } from "./gradients-are-slopes.ts";
import { densities, integratesToOne, minusInfinityOutside, sumsToOne } from "./normalization.ts";
import {
  drawMany,
  SAMPLES_AT_ONCE,
  sameKeySameBits,
  sampleAndLogProbAgrees,
  samplesFollowDensity,
  samplesFollowExactCdf,
  samplesFollowMasses,
} from "./samples.ts";
import {
  everyParameterLearns,
  farAwayIsImprobable,
  finiteGradients,
  nanStaysNan,
  requireShape,
  shapes,
} from "./values.ts";

function noLeak(trial: DistributionTrial): Measurement {
  const { value, key, theCase } = trial;
  const distribution = distributionAt(value, theCase, key, 2);
  const x = distribution.sample(key, [3]);
  const wrong = tf.zeros([3, ...distribution.batchShape, ...distribution.eventShape.map((axis) => axis + 1)]);
  const numbers = x.arraySync();
  const calls: readonly [string, () => unknown][] = [
    ["logProb", () => distribution.logProb(x)],
    ["logProb of plain numbers", () => distribution.logProb(numbers)],
    ["sample", () => distribution.sample(key, [3])],
    ["sampleAndLogProb", () => distribution.sampleAndLogProb(key, [3])],
    ["gradient of logProb", () => void gradients(trial)],
    ["logProb of a wrong shape", () => tolerant(() => distribution.logProb(wrong))],
  ];
  for (const [what, call] of calls) {
    expectNoLeak(call, what);
    if (x.isDisposed) throw new Violation(`${what} to borrow its input`, "a disposed input");
  }
  if (isConditionalDistribution(value)) {
    const numbersOfContexts = theCase.contexts?.(key, 3) ?? new Float32Array(3 * sizeOf(value.contextShape));
    const context = tf.tensor(Float32Array.from(numbersOfContexts), [3, ...value.contextShape], "float32");
    expectNoLeak(() => void value.given(context), "given");
    expectNoLeak(() => value.given(context).sample(key), "sample of given");
    if (context.isDisposed) throw new Violation("given to borrow its context", "a disposed context");
  }
  return KEPT;
}

function tolerant(call: () => tf.Tensor): tf.Tensor | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

async function backendsAgree(trial: DistributionTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  const rows = trial.quick ? 16 : 64;
  // Both backends score the draws of the first, so that an error of a draw does not count twice.
  let x: Float32Array | undefined;
  const run = (): { sample: Float32Array; logProb: Float32Array; gradients: Float32Array } =>
    inTidy(() => {
      const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
      const sample = hostCopy(distribution.sample(trial.key, [rows]));
      x ??= sample;
      const shape = [rows, ...distribution.batchShape, ...distribution.eventShape];
      const logProb = hostCopy(distribution.logProb(tf.tensor(x, shape)));
      const g = gradients(trial);
      return { sample, logProb, gradients: flatten([g.x, ...g.parameters.values()]) };
    });
  const [cpu, wasm] = await onBothBackends(run);
  compareArrays(comparison, wasm.sample, cpu.sample, "sample on wasm");
  compareArrays(comparison, wasm.logProb, cpu.logProb, "logProb on wasm");
  compareGradients(wasm.gradients, cpu.gradients, trial.tolerances.backendGradients, "logProb");
  return comparison.result();
}

function flatten(arrays: readonly (Float32Array | undefined)[]): Float32Array {
  return Float32Array.from(arrays.flatMap((array) => [...(array ?? [])]));
}

function codecRoundTrip(trial: DistributionTrial, registry: Registry): Measurement {
  const copy = copyThroughCodec(trial.value, registry) as Distribution | ConditionalDistribution;
  try {
    const before = distributionAt(trial.value, trial.theCase, trial.key, 2);
    const after = distributionAt(copy, trial.theCase, trial.key, 2);
    requireShape("batch of the decoded object", after.batchShape, before.batchShape);
    requireShape("event of the decoded object", after.eventShape, before.eventShape);
    const x = before.sample(trial.key, [64]);
    requireSame(hostCopy(after.sample(trial.key, [64])), hostCopy(x), "sample");
    requireSame(hostCopy(after.logProb(x)), hostCopy(before.logProb(x)), "logProb");
  } finally {
    if (isModule(copy)) copy.dispose();
  }
  return KEPT;
}

function requireSame(got: Float32Array, expected: Float32Array, what: string): void {
  const i = expected.findIndex((v, at) => !Object.is(v, got[at]));
  if (i >= 0) {
    throw new Violation(`${what} of the decoded object to be bit-identical: ${expected[i]}`, String(got[i]));
  }
}

function momentsOf(values: ArrayLike<number>): { mean: number; variance: number; fourth: number } {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] as number;
  const mean = sum / n;
  let second = 0;
  let fourth = 0;
  for (let i = 0; i < n; i++) {
    const square = ((values[i] as number) - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  return { mean, variance: second / n, fourth: fourth / n };
}

function moments(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const comparison = new Comparison(trial.tolerances.moments);
  const exact = (value: number | readonly number[] | undefined, i: number): number | undefined =>
    typeof value === "number" ? value : value?.[i];
  for (const [member, draws] of drawMany(distribution, trial).entries()) {
    for (let e = 0; e < size; e++) {
      const own = draws.filter((_, i) => i % size === e);
      const { mean, variance, fourth } = momentsOf(own);
      const n = own.length;
      const where = (what: string) => (): string =>
        `${what} of element ${e}, batch member ${member} (in standard errors)`;
      const expectedMean = exact(trial.theCase.mean, e);
      if (expectedMean !== undefined) {
        comparison.add((mean - expectedMean) / Math.sqrt(variance / n), 0, where("mean"));
      }
      const expectedVariance = exact(trial.theCase.variance, e);
      if (expectedVariance !== undefined) {
        const error = Math.sqrt((fourth - variance ** 2) / n);
        comparison.add((variance - expectedVariance) / error, 0, where("variance"));
      }
    }
  }
  return comparison.result();
}

// E[log p] by the grid and by draws, within five standard errors: no density may score itself better than it is.
function entropyIsMeanLogDensity(trial: DistributionTrial): Measurement {
  const { distribution, grid, all } = densities(trial);
  const members = all.length;
  const [, logProb] = distribution.sampleAndLogProb(trial.key, [SAMPLES_AT_ONCE]);
  const values = hostCopy(logProb);
  const comparison = new Comparison(trial.tolerances.moments);
  for (const [member, density] of all.entries()) {
    const expected = integral(grid, (i) => {
      const p = density[i] as number;
      return p > 0 ? p * Math.log(p) : 0;
    });
    const own = values.filter((_, i) => i % members === member);
    const { mean, variance } = momentsOf(own);
    const error =
      Math.sqrt(variance / own.length) + (1e-3 * Math.max(1, Math.abs(expected))) / trial.tolerances.moments;
    comparison.add((mean - expected) / error, 0, () => `batch member ${member} (in standard errors)`);
  }
  // The last law that uses them: a list of laws may live long.
  trial.cache.entry = undefined;
  return comparison.result();
}

/**
 * Returns the laws of a distribution. Each law can be run separately and uses the active backend.
 *
 * Shapes; the density integrates to 1, or probabilities of integers sum to 1, and samples follow it (events of one or
 * two numbers); `sampleAndLogProb` agrees with `sample` and `logProb`; the same key, and the same rows, produce the
 * same bits; NaN stays NaN, distant values are improbable, `-Infinity` outside the support; finite gradients, which
 * agree with finite differences; no tensor leaks; the codec; both backends agree.
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
function measuredDistributionLaws(name: string, theCase: DistributionCase, options: LawOptions = {}): MeasuredLaw[] {
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
      quick: options.quick ?? false,
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

/**
 * Runs all laws of a distribution on the active backend and reports the errors of each law.
 *
 * @throws {LawError} laws are broken; the message lists all broken laws.
 * @example
 * await useBackend("wasm");
 * await checkDistribution({ make: () => new StandardNormal({ shape: [1] }), integrate: { low: -9, high: 9 } });
 */
export function checkDistribution(theCase: DistributionCase, options: CheckOptions = {}): Promise<LawReport[]> {
  const name = options.name ?? "distribution";
  return checkLaws(name, measuredDistributionLaws(name, theCase, options));
}
