import {
  type ConditionalDistribution,
  createKey,
  type Distribution,
  formatShape,
  isConditionalDistribution,
  isModule,
  type Key,
  OptionError,
  type Registry,
  type Shape,
  shapesEqual,
  sizeOf,
} from "@pushforward/core";
import { chiSquaredTail, kolmogorovSmirnov } from "@pushforward/p-values";
import * as tf from "@tensorflow/tfjs-core";
import type { LawOptions } from "./bijection-case.ts";
import { Comparison, formatNumber, formatValues, KEPT, type Measurement, Violation } from "./comparison.ts";
import { copyThroughCodec } from "./copy-through-codec.ts";
import { CELLS, cellProbabilities, densitiesOn, type Grid, gridOf, integral, numericCdf } from "./density-grid.ts";
import { disposeLaw } from "./dispose-law.ts";
import type { DistributionCase } from "./distribution-case.ts";
import { logDensityGradientsAreSlopes } from "./distribution-gradient-law.ts";
import { type DensityCache, type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { expectNoLeak } from "./expect-no-leak.ts";
import { inScope, inTidy } from "./in-tidy.ts";
import { defineLaw, type Law, type MeasuredLaw, requireKnownLaws } from "./law.ts";
import { compareGradients, onBothBackends } from "./on-both-backends.ts";
import { hostCopy } from "./side.ts";
import { type Subject, withSubject } from "./subject.ts";

const SAMPLES = 20_000;
const SAMPLES_AT_ONCE = 5_000;

/** Smallest p-value of the statistical laws, shared out over the members of a batch (Bonferroni). Keys are fixed. */
const SMALLEST_P = 1e-3;

/**
 * The laws of a distribution, each to be run by itself on the backend that runs then.
 *
 * Shapes; the density integrates to 1 and samples follow it (events of one or two numbers); `sampleAndLogProb` agrees
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

/** {@link distributionLaws} with their measurements. */
export function measuredDistributionLaws(
  name: string,
  theCase: DistributionCase,
  options: LawOptions = {},
): MeasuredLaw[] {
  const key = (options.key ?? createKey(20261124)).fold(name);
  const tolerances = {
    integral: 1e-3,
    same: 1e-5,
    backends: 1e-4,
    backendGradients: 1e-3,
    gradients: 1e-2,
    moments: 5,
    ...theCase.tolerances,
  };
  const perturbation = theCase.perturbation ?? (isExact(theCase) ? 0 : 0.1);
  const cache: DensityCache = { entry: undefined };
  const trialOf = (subject: Subject<Distribution | ConditionalDistribution>, law: string): DistributionTrial => ({
    ...subject,
    theCase,
    tolerances,
    points: options.points ?? 256,
    key: key.fold(law),
    gridKey: key.fold("grid"),
    cache,
  });
  const laws: MeasuredLaw[] = [];
  const add = (law: string, measure: (trial: DistributionTrial) => Measurement): void => {
    laws.push(
      defineLaw(law, name, theCase.knownLimits ?? [], () =>
        inTidy(() =>
          withSubject(theCase.make, key.fold("subject"), perturbation, (subject) => measure(trialOf(subject, law))),
        ),
      ),
    );
  };
  // No backend may run yet while laws are listed: nothing here makes a tensor.
  const { trainable, module } = withSubject(theCase.make, key.fold("subject"), 0, ({ value, parameters }) => ({
    trainable: [...parameters.values()].some((parameter) => parameter.trainable),
    module: isModule(value),
  }));
  add("shapes", shapes);
  if (theCase.integrate !== undefined) {
    add("integrates to 1", integratesToOne);
    add("samples follow the density", samplesFollowDensity);
    add("mean log-density is minus the entropy", entropyIsMeanLogDensity);
  }
  if (theCase.cdf !== undefined) add("samples follow the cdf", samplesFollowExactCdf);
  if (theCase.mean !== undefined || theCase.variance !== undefined) add("moments", moments);
  add("sampleAndLogProb agrees with sample and logProb", sampleAndLogProbAgrees);
  add("same key, same bits", sameKeySameBits);
  if (theCase.outside !== undefined) add("-Infinity outside the support", minusInfinityOutside);
  add("NaN in, NaN out", nanStaysNan);
  add("far away is improbable", farAwayIsImprobable);
  add("finite gradients", finiteGradients);
  add("gradients are slopes", logDensityGradientsAreSlopes);
  if (trainable) add("every parameter learns", everyParameterLearns);
  add("no leak", noLeak);
  if (module) {
    const [makeKey] = key.fold("subject").split();
    laws.push(
      defineLaw("dispose", name, theCase.knownLimits ?? [], () =>
        disposeLaw(
          () => theCase.make(makeKey),
          (value) => void distributionAt(value, theCase, key, 1).sampleAndLogProb(key),
        ),
      ),
    );
  }
  const { registry } = options;
  if (registry !== undefined) add("codec round trip", (trial) => codecRoundTrip(trial, registry));
  laws.push(
    defineLaw("backends agree", name, theCase.knownLimits ?? [], () =>
      inScope(() =>
        withSubject(theCase.make, key.fold("subject"), perturbation, (subject) =>
          backendsAgree(trialOf(subject, "backends agree")),
        ),
      ),
    ),
  );
  requireKnownLaws(name, theCase.knownLimits ?? [], laws);
  return laws;
}

// Exact numbers hold for the parameters that the case has made.
function isExact({ cdf, mean, variance }: DistributionCase): boolean {
  return cdf !== undefined || mean !== undefined || variance !== undefined;
}

function shapes(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const { batchShape, eventShape } = distribution;
  for (const sampleShape of [undefined, [], [3], [2, 3], [1]]) {
    const expected = [...(sampleShape ?? []), ...batchShape];
    const x = distribution.sample(trial.key, sampleShape);
    requireShape("sample", x.shape, [...expected, ...eventShape]);
    requireShape("logProb", distribution.logProb(x).shape, expected);
    const [y, logProb] = distribution.sampleAndLogProb(trial.key, sampleShape);
    requireShape("sample of sampleAndLogProb", y.shape, [...expected, ...eventShape]);
    requireShape("logProb of sampleAndLogProb", logProb.shape, expected);
  }
  const numbers = distribution.sample(trial.key, [2]);
  const fromNumbers = hostCopy(distribution.logProb(numbers.arraySync()));
  const fromTensor = hostCopy(distribution.logProb(numbers));
  if (fromNumbers.some((v, i) => !Object.is(v, fromTensor[i]))) {
    throw new Violation("logProb of plain numbers to be that of their tensor", formatValues(fromNumbers));
  }
  // Log-densities of two samples at once are those of each alone.
  const comparison = new Comparison(trial.tolerances.same);
  const half = fromTensor.length / 2;
  for (const [i, sample] of tf.unstack(numbers).entries()) {
    compareArrays(
      comparison,
      hostCopy(distribution.logProb(sample)),
      fromTensor.slice(i * half, (i + 1) * half),
      "logProb of one sample",
    );
  }
  return comparison.result();
}

function requireShape(what: string, got: Shape, expected: Shape): void {
  if (!shapesEqual(got, expected)) throw new Violation(`${what} of shape ${formatShape(expected)}`, formatShape(got));
}

function densities(trial: DistributionTrial): { distribution: Distribution; grid: Grid; all: Float64Array[] } {
  const { eventShape } = distributionAt(trial.value, trial.theCase, trial.gridKey, 1);
  const dimensions = sizeOf(eventShape);
  if (dimensions !== 1 && dimensions !== 2) {
    throw new OptionError(
      `distributionLaws: expected events of one or two numbers to integrate over, got shape ${formatShape(eventShape)}.`,
    );
  }
  // Three contexts in one dimension, two in two: a grid of two costs 160,801 evaluations each.
  const distribution = distributionAt(trial.value, trial.theCase, trial.gridKey, dimensions === 1 ? 3 : 2);
  const backend = tf.getBackend();
  if (trial.cache.entry?.backend !== backend) {
    const grid = gridOf(trial.theCase.integrate as NonNullable<DistributionCase["integrate"]>, dimensions);
    trial.cache.entry = { backend, grid, all: densitiesOn(grid, distribution) };
  }
  return { distribution, grid: trial.cache.entry.grid, all: trial.cache.entry.all };
}

function integratesToOne(trial: DistributionTrial): Measurement {
  const { grid, all } = densities(trial);
  const comparison = new Comparison(trial.tolerances.integral);
  for (const [member, density] of all.entries()) {
    comparison.add(
      integral(grid, (i) => density[i] as number),
      1,
      () => `batch member ${member}`,
    );
  }
  return comparison.result();
}

function samplesFollowDensity(trial: DistributionTrial): Measurement {
  const { distribution, grid, all } = densities(trial);
  return grid.dimensions === 1
    ? testCdfs(trial, distribution, (member) => numericCdf(grid, all[member] as Float64Array))
    : testCells(trial, distribution, grid, (member) => cellProbabilities(grid, all[member] as Float64Array));
}

function samplesFollowExactCdf(trial: DistributionTrial): Measurement {
  const { cdf } = trial.theCase;
  return testCdfs(trial, distributionAt(trial.value, trial.theCase, trial.key, 1), () => cdf as (x: number) => number);
}

function testCdfs(
  trial: DistributionTrial,
  distribution: Distribution,
  cdfOf: (member: number) => (x: number) => number,
): Measurement {
  const draws = drawMany(distribution, trial.key);
  for (const [member, values] of draws.entries()) {
    const { statistic, pValue } = kolmogorovSmirnov(Float64Array.from(values.sort(), cdfOf(member)));
    requireP(pValue, draws.length, `Kolmogorov–Smirnov distance ${formatNumber(statistic)}, batch member ${member}`);
  }
  return KEPT;
}

function testCells(
  trial: DistributionTrial,
  distribution: Distribution,
  grid: Grid,
  probabilitiesOf: (member: number) => Float64Array,
): Measurement {
  const draws = drawMany(distribution, trial.key);
  for (const [member, values] of draws.entries()) {
    const probabilities = probabilitiesOf(member);
    const counts = new Float64Array(probabilities.length);
    for (let i = 0; i < values.length; i += 2) {
      const [row, column] = [0, 1].map((axis) => {
        const width = ((grid.points - 1) / CELLS) * (grid.step[axis] as number);
        return Math.floor(((values[i + axis] as number) - (grid.low[axis] as number)) / width);
      }) as [number, number];
      const inside = row >= 0 && row < CELLS && column >= 0 && column < CELLS;
      const cell = inside ? row * CELLS + column : CELLS * CELLS;
      counts[cell] = (counts[cell] as number) + 1;
    }
    const { statistic, degrees } = pooledChiSquared(counts, probabilities, values.length / 2);
    requireP(
      chiSquaredTail(statistic, degrees),
      draws.length,
      `χ² ${formatNumber(statistic)} with ${degrees} degrees of freedom, batch member ${member}`,
    );
  }
  return KEPT;
}

// Cells that expect fewer than 5 draws are counted together, as the χ² approximation wants.
function pooledChiSquared(
  counts: Float64Array,
  probabilities: Float64Array,
  n: number,
): { statistic: number; degrees: number } {
  const total = probabilities.reduce((a, b) => a + b, 0);
  let statistic = 0;
  let cells = 0;
  let rareCount = 0;
  let rareExpected = 0;
  for (const [i, probability] of probabilities.entries()) {
    const expected = (n * probability) / total;
    if (expected < 5) {
      rareCount += counts[i] as number;
      rareExpected += expected;
      continue;
    }
    statistic += ((counts[i] as number) - expected) ** 2 / expected;
    cells++;
  }
  if (rareExpected >= 1 || rareCount > 0) {
    statistic += (rareCount - rareExpected) ** 2 / Math.max(rareExpected, 1e-12);
    cells++;
  }
  return { statistic, degrees: Math.max(1, cells - 1) };
}

function requireP(pValue: number, tests: number, got: string): void {
  const smallest = SMALLEST_P / tests;
  if (!(pValue >= smallest)) {
    throw new Violation(`a p-value of at least ${formatNumber(smallest)}`, `${formatNumber(pValue)} (${got})`);
  }
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

function moments(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const comparison = new Comparison(trial.tolerances.moments);
  const exact = (value: number | readonly number[] | undefined, i: number): number | undefined =>
    typeof value === "number" ? value : value?.[i];
  for (const [member, draws] of drawMany(distribution, trial.key).entries()) {
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

// Many draws of each batch member, in chunks that keep the backend's memory small.
function drawMany(distribution: Distribution, key: Key): Float32Array[] {
  const members = sizeOf(distribution.batchShape);
  const size = sizeOf(distribution.eventShape);
  const result = Array.from({ length: members }, () => new Float32Array(SAMPLES * size));
  for (let start = 0; start < SAMPLES; start += SAMPLES_AT_ONCE) {
    const chunk = inTidy(() => hostCopy(distribution.sample(key.fold(start), [SAMPLES_AT_ONCE])));
    for (let i = 0; i < SAMPLES_AT_ONCE; i++) {
      for (let m = 0; m < members; m++) {
        const from = (i * members + m) * size;
        (result[m] as Float32Array).set(chunk.subarray(from, from + size), (start + i) * size);
      }
    }
  }
  return result;
}

function sampleAndLogProbAgrees(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const comparison = new Comparison(trial.tolerances.same);
  const [x, logProb] = distribution.sampleAndLogProb(trial.key, [trial.points]);
  const sample = hostCopy(distribution.sample(trial.key, [trial.points]));
  compareArrays(comparison, hostCopy(x), sample, "sample of sampleAndLogProb against sample");
  const evaluated = hostCopy(distribution.logProb(x));
  compareArrays(comparison, hostCopy(logProb), evaluated, "log-density of sampleAndLogProb against logProb");
  return comparison.result();
}

function sameKeySameBits(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const [otherKey] = trial.key.split(1);
  const first = hostCopy(distribution.sample(trial.key, [50]));
  const again = hostCopy(distribution.sample(trial.key, [50]));
  const other = hostCopy(distribution.sample(otherKey, [50]));
  const i = first.findIndex((v, at) => !Object.is(v, again[at]));
  if (i >= 0) throw new Violation(`the same draw for the same key, ${first[i]}`, String(again[i]));
  if (first.every((v, at) => v === other[at])) throw new Violation("other draws for another key", "the same");
  return KEPT;
}

function minusInfinityOutside(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const members = sizeOf(distribution.batchShape);
  for (const event of trial.theCase.outside ?? []) {
    const values = Float32Array.from({ length: members * event.length }, (_, i) => event[i % event.length] as number);
    const x = tf.tensor(values, [...distribution.batchShape, ...distribution.eventShape]);
    const found = hostCopy(distribution.logProb(x));
    if (found.some((v) => v !== Number.NEGATIVE_INFINITY)) {
      throw new Violation("a log-density of -Infinity", formatValues(found), formatValues(event));
    }
  }
  return KEPT;
}

function nanStaysNan(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const members = sizeOf(distribution.batchShape);
  const x = hostCopy(distribution.sample(trial.key, [size + 1]));
  for (let row = 0; row < size; row++)
    for (let m = 0; m < members; m++) x[(row * members + m) * size + row] = Number.NaN;
  const shape = [size + 1, ...distribution.batchShape, ...distribution.eventShape];
  const found = hostCopy(distribution.logProb(tf.tensor(x, shape)));
  for (const [i, v] of found.entries()) {
    const row = Math.floor(i / members);
    if (row < size && !Number.isNaN(v)) throw new Violation("a log-density of NaN", String(v), `NaN as element ${row}`);
    if (row === size && Number.isNaN(v)) throw new Violation("a log-density free of other rows' NaN", "NaN");
  }
  return KEPT;
}

// A row beyond what float32 can square is the least probable of all: −Infinity or a finite number, never NaN.
function farAwayIsImprobable(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const members = sizeOf(distribution.batchShape);
  const inside = hostCopy(distribution.sample(trial.key, [1]));
  const signs = trial.key.fold("signs").uniform(inside.length);
  for (const distance of [1e10, 1e20, 1e30, 3e38, Number.POSITIVE_INFINITY]) {
    for (const which of ["one element", "every element"]) {
      const x = inside.map((v, i) => {
        const moves = which === "every element" || i % size === 0;
        return moves ? ((signs[i] as number) < 0.5 ? -distance : distance) : v;
      });
      const found = hostCopy(
        distribution.logProb(tf.tensor(x, [...distribution.batchShape, ...distribution.eventShape])),
      );
      const near = hostCopy(
        distribution.logProb(tf.tensor(inside, [...distribution.batchShape, ...distribution.eventShape])),
      );
      for (let m = 0; m < members; m++) {
        if (!((found[m] as number) <= Math.max(near[m] as number, 0))) {
          throw new Violation(
            "−Infinity or a small log-density",
            String(found[m]),
            `${which} at a distance of ${distance}`,
          );
        }
      }
    }
  }
  return KEPT;
}

// Gradients of the mean log-density for x and the trainable parameters, at draws of the distribution itself.
function gradients(trial: DistributionTrial): {
  readonly x: Float32Array | undefined;
  readonly parameters: Map<string, Float32Array | undefined>;
} {
  const trainable = [...trial.parameters].filter(([, parameter]) => parameter.trainable);
  return inTidy(() => {
    const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
    const x = tf.tensor(
      drawnOnce(distribution, trial.key),
      [64, ...distribution.batchShape, ...distribution.eventShape],
      "float32",
    );
    const loss = (): tf.Scalar => tf.mean(distribution.logProb(x));
    const { grads } = tf.engine().gradients(loss, [x, ...trainable.map(([, p]) => p.variable)], undefined, true);
    const found = (grads as (tf.Tensor | null | undefined)[]).map((g) => (g ? hostCopy(g) : undefined));
    return {
      x: found[0],
      parameters: new Map(trainable.map(([path], i) => [path, found[i + 1]])),
    };
  });
}

function drawnOnce(distribution: Distribution, key: Key): Float32Array {
  return inTidy(() => hostCopy(distribution.sample(key.fold("points"), [64])));
}

function finiteGradients(trial: DistributionTrial): Measurement {
  const { x, parameters } = gradients(trial);
  const bad = x?.find((v) => !Number.isFinite(v));
  if (bad !== undefined) throw new Violation("a finite gradient of the log-density for x", String(bad));
  for (const [path, gradient] of parameters) {
    const worst = gradient?.find((v) => !Number.isFinite(v));
    if (worst !== undefined) {
      throw new Violation(`a finite gradient of the log-density for parameter "${path}"`, String(worst));
    }
  }
  return KEPT;
}

function everyParameterLearns(trial: DistributionTrial): Measurement {
  const { parameters } = gradients(trial);
  const silent = [...parameters].filter(([, gradient]) => !gradient?.some((v) => v !== 0)).map(([path]) => path);
  if (silent.length > 0) {
    throw new Violation("a non-zero gradient for every trainable parameter", `none for ${silent.join(", ")}`);
  }
  return KEPT;
}

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

async function backendsAgree(trial: DistributionTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  // Both backends score the draws of the first, so that an error of a draw does not count twice.
  let x: Float32Array | undefined;
  const run = (): { sample: Float32Array; logProb: Float32Array; gradients: Float32Array } =>
    inTidy(() => {
      const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
      const sample = hostCopy(distribution.sample(trial.key, [64]));
      x ??= sample;
      const shape = [64, ...distribution.batchShape, ...distribution.eventShape];
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

function compareArrays(comparison: Comparison, got: Float32Array, expected: Float32Array, what: string): void {
  if (got.length !== expected.length) throw new Violation(`${expected.length} values of ${what}`, String(got.length));
  for (const [i, value] of expected.entries()) comparison.add(got[i] as number, value, () => `value ${i} (${what})`);
}
