import {
  type Bijection,
  ContextError,
  createKey,
  formatShape,
  InverseNotAvailableError,
  isModule,
  type Key,
  type Registry,
  type Shape,
  ShapeError,
  shapesEqual,
  sizeOf,
} from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import type { BijectionCase, BijectionTolerances, LawOptions } from "./bijection-case.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { Comparison, formatNumber, formatValues, KEPT, type Measurement, Violation } from "./comparison.ts";
import { copyThroughCodec } from "./copy-through-codec.ts";
import { disposeLaw } from "./dispose-law.ts";
import { expectNoLeak } from "./expect-no-leak.ts";
import { gradientsAreSlopes } from "./gradient-law.ts";
import { inScope, inTidy } from "./in-tidy.ts";
import { jacobians } from "./jacobian.ts";
import { defineLaw, type Law, type MeasuredLaw, requireKnownLaws } from "./law.ts";
import { logAbsDet } from "./log-abs-det.ts";
import { compareGradients, onBothBackends } from "./on-both-backends.ts";
import { secondCallGivesTheSame } from "./purity-law.ts";
import {
  contextsFor,
  describeRow,
  edgeInputs,
  expectThrow,
  extraAxes,
  forwardSide,
  gradientsOf,
  hostCopy,
  type Inputs,
  inverseSide,
  joinInputs,
  magnitudeInputs,
  moderateInputs,
  type Outputs,
  outputs,
  part,
  randomCotangent,
  type Side,
  sidesOf,
  tensorsOf,
  values,
} from "./side.ts";
import { withSubject } from "./subject.ts";

/** Round trips are asked for where neither direction stretches by more than this; float32 can promise no more. */
const MAX_STRETCH = 1e3;

/** A few units in the last place of float32, relative: how far a value may be off before it is passed on. */
const ROUNDING = 2 ** -22;

/**
 * The laws of a bijection, each to be run by itself on the backend that runs then.
 *
 * Round trips; log-dets against the Jacobian by automatic differentiation, and against each other; value methods agree
 * with the pairs; batch and context axes broadcast; the change of measure; finite values and gradients, also at the
 * edges of the domain; gradients of value and log-det for inputs, context and every parameter against finite
 * differences; a second call gives the same; every parameter learns; no tensor leaks; NaN stays NaN; shape and context errors; the codec; both
 * backends agree. A case that cannot obey a law says so in `knownLimits`.
 *
 * @example
 * for (const law of bijectionLaws("AffineElementwise", { make: () => new AffineElementwise({ features: 3 }), eventShape: [3] })) {
 *   test(law.name, () => law.run());
 * }
 */
export function bijectionLaws(name: string, theCase: BijectionCase, options: LawOptions = {}): Law[] {
  return measuredBijectionLaws(name, theCase, options);
}

/** {@link bijectionLaws} with their measurements. */
export function measuredBijectionLaws(name: string, theCase: BijectionCase, options: LawOptions = {}): MeasuredLaw[] {
  const key = (options.key ?? createKey(20261124)).fold(name);
  const points = options.points ?? 256;
  const probe = probeOf(theCase, key);
  const tolerances = tolerancesOf(theCase, probe.inverseKind);
  const invertible = probe.inverseKind !== "none";
  const laws: MeasuredLaw[] = [];
  const add = (law: string, measure: (trial: BijectionTrial) => Measurement): void => {
    laws.push(
      defineLaw(law, name, theCase.knownLimits ?? [], () =>
        inTidy(() =>
          withSubject(theCase.make, key.fold("subject"), theCase.perturbation ?? 0.1, (subject) =>
            measure({ ...subject, theCase, tolerances, points, key: key.fold(law) }),
          ),
        ),
      ),
    );
  };
  if (invertible) {
    add("round trip from x", (trial) => roundTrip(trial, "forward"));
    add("round trip from y", (trial) => roundTrip(trial, "inverse"));
    add("log-dets are negatives", logDetsAreNegatives);
  } else {
    add("no inverse", noInverse);
  }
  if (sizeOf(theCase.eventShape) === probe.sizeOut) {
    add("log-det is that of the Jacobian", (trial) => logDetIsOfJacobian(trial, forwardSide(trial.value, theCase)));
    if (invertible) {
      add("inverse log-det is that of the Jacobian", (trial) =>
        logDetIsOfJacobian(trial, inverseSide(trial.value, theCase)),
      );
    }
  }
  add("value methods agree with the pairs", valueMethodsAgree);
  add("batch axes", batchAxes);
  if (probe.contextShape !== undefined) add("context axes", contextAxes);
  if (sizeOf(theCase.eventShape) === 1 || probe.eventRankIn === 0) add("change of measure", changeOfMeasure);
  add("finite values", finiteValues);
  add("finite gradients", finiteGradients);
  add("gradients are slopes", gradientsAreSlopes);
  add("a second call gives the same", secondCallGivesTheSame);
  if (probe.trainable) add("every parameter learns", everyParameterLearns);
  add("no leak", noLeak);
  if (probe.module) {
    const [makeKey] = key.fold("subject").split();
    laws.push(
      defineLaw("dispose", name, theCase.knownLimits ?? [], () =>
        disposeLaw(
          () => theCase.make(makeKey),
          (bijection) => {
            const side = forwardSide(bijection, theCase);
            outputs(side, moderateInputs(side, key, 2));
          },
        ),
      ),
    );
  }
  add("NaN in, NaN out", nanStaysNan);
  add("shapes", shapesAreConsistent);
  add("context errors", contextErrors);
  const { registry } = options;
  if (registry !== undefined) add("codec round trip", (trial) => codecRoundTrip(trial, registry));
  laws.push(
    defineLaw("backends agree", name, theCase.knownLimits ?? [], () =>
      inScope(() =>
        withSubject(theCase.make, key.fold("subject"), theCase.perturbation ?? 0.1, (subject) =>
          backendsAgree({ ...subject, theCase, tolerances, points, key: key.fold("backends agree") }),
        ),
      ),
    ),
  );
  requireKnownLaws(name, theCase.knownLimits ?? [], laws);
  return laws;
}

interface Probe {
  readonly inverseKind: Bijection["inverseKind"];
  readonly contextShape: Shape | undefined;
  readonly eventRankIn: number;
  readonly sizeOut: number;
  readonly trainable: boolean;
  readonly module: boolean;
}

function probeOf(theCase: BijectionCase, key: Key): Probe {
  return inTidy(() =>
    withSubject(theCase.make, key.fold("subject"), 0, ({ value, parameters }) => ({
      inverseKind: value.inverseKind,
      contextShape: value.contextShape,
      eventRankIn: value.eventRankIn,
      sizeOut: sizeOf(forwardSide(value, theCase).shapeOut),
      trainable: [...parameters.values()].some((parameter) => parameter.trainable),
      module: isModule(value),
    })),
  );
}

function tolerancesOf(theCase: BijectionCase, kind: Bijection["inverseKind"]): BijectionTolerances {
  return {
    roundTrip: kind === "iterative" ? 1e-4 : 1e-5,
    jacobian: sizeOf(theCase.eventShape) <= 8 ? 1e-4 : 1e-3,
    logDet: 1e-5,
    same: 1e-5,
    measure: 5e-3,
    backends: 1e-4,
    backendGradients: 1e-3,
    gradients: 1e-2,
    ...theCase.tolerances,
  };
}

function roundTrip(trial: BijectionTrial, from: "forward" | "inverse"): Measurement {
  const forward = forwardSide(trial.value, trial.theCase);
  const inverse = inverseSide(trial.value, trial.theCase);
  const [there, back] = from === "forward" ? [forward, inverse] : [inverse, forward];
  const { key, points } = trial;
  const moderate = moderateInputs(there, key.fold("moderate"), points);
  const start = joinInputs(
    moderate,
    magnitudeInputs(there, key.fold("magnitudes"), points),
    edgeInputs(there, key.fold("edges")),
  );
  const y = values(there, start);
  const returned = values(back, { ...start, values: y });
  // Cells are what the error is relative to: single elements where elements do not mix, whole events otherwise.
  const apart = trial.theCase.elementwise === true || forward.rankIn === 0;
  const cells = apart ? start.values.length : start.count;
  const x = start.values;
  const nudgedX = nudge(x, cells, key.fold("x"));
  const nudgedY = nudge(y, cells, key.fold("y"));
  const response = values(there, { ...start, values: nudgedX.values });
  const returnedResponse = values(back, { ...start, values: nudgedY.values });
  const comparison = new Comparison(trial.tolerances.roundTrip);
  const widthX = x.length / cells;
  const widthY = y.length / cells;
  const moderateCells = (moderate.count * cells) / start.count;
  let kept = 0;
  for (let cell = 0; cell < cells; cell++) {
    const displacement = maxDistance(returned, returnedResponse, cell, widthX);
    const stretch = maxDistance(y, response, cell, widthY) / (nudgedX.steps[cell] as number);
    if (!(stretch <= MAX_STRETCH && displacement / (nudgedY.steps[cell] as number) <= MAX_STRETCH)) continue;
    if (cell < moderateCells) kept++;
    const scale = maxAbs(x, cell, widthX);
    for (let i = cell * widthX; i < (cell + 1) * widthX; i++) {
      const at = (): string => describeRow(start, Math.floor((i * start.count) / x.length));
      comparison.add(returned[i] as number, x[i] as number, at, { scale, slack: 2 * displacement });
    }
  }
  if (kept < moderateCells / 4) {
    throw new Violation(
      `a well-conditioned round trip at a quarter of ${moderateCells} moderate points at least`,
      `${kept} where neither direction stretches by more than ${MAX_STRETCH}`,
    );
  }
  return comparison.result();
}

function logDetsAreNegatives(trial: BijectionTrial): Measurement {
  const forward = forwardSide(trial.value, trial.theCase);
  const inverse = inverseSide(trial.value, trial.theCase);
  const start = joinInputs(
    moderateInputs(forward, trial.key.fold("moderate"), trial.points),
    edgeInputs(forward, trial.key.fold("edges")),
  );
  const there = outputs(forward, start);
  const back = outputs(inverse, { ...start, values: there.value });
  const nudged = nudge(there.value, start.count, trial.key.fold("y"));
  const moved = outputs(inverse, { ...start, values: nudged.values });
  const comparison = new Comparison(trial.tolerances.logDet);
  for (let i = 0; i < there.logDet.length; i++) {
    const expected = -(there.logDet[i] as number);
    const slack = 2 * Math.abs((moved.logDet[i] as number) - (back.logDet[i] as number));
    const at = (): string => describeRow(start, Math.floor((i * start.count) / there.logDet.length));
    if (isWide(expected, start, forward)) continue;
    comparison.add(back.logDet[i] as number, expected, at, Number.isFinite(slack) ? { slack } : {});
  }
  return comparison.result();
}

// Where the volume changes more than round trips may stretch, y no longer holds enough of x to find the log-det again.
function isWide(logDet: number, inputs: Inputs, side: Side): boolean {
  const size = inputs.values.length / inputs.count / sizeOf(extraAxes(side));
  return Math.abs(logDet) > size * Math.log(MAX_STRETCH);
}

function logDetIsOfJacobian(trial: BijectionTrial, side: Side): Measurement {
  const size = sizeOf(side.shapeIn);
  const inputs = moderateInputs(side, trial.key.fold(side.name), size <= 8 ? Math.min(200, trial.points) : 32);
  const { logDet } = outputs(side, inputs);
  const matrices = jacobians(side, inputs);
  const comparison = new Comparison(trial.tolerances.jacobian);
  const perRow = logDet.length / inputs.count;
  const elementwise = trial.theCase.elementwise === true || side.rankIn === 0;
  for (let row = 0; row < inputs.count; row++) {
    const matrix = matrices.subarray(row * size * size, (row + 1) * size * size);
    let total = 0;
    for (let i = 0; i < perRow; i++) total += logDet[row * perRow + i] as number;
    comparison.add(total, logAbsDet(matrix, size), () => describeRow(inputs, row));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const order = trial.theCase.triangular;
        const zero = (elementwise && i !== j) || (order && (order[j] as number) > (order[i] as number));
        if (zero && matrix[i * size + j] !== 0) {
          throw new Violation(
            `∂output[${i}]/∂input[${j}] = 0 exactly`,
            formatNumber(matrix[i * size + j] as number),
            describeRow(inputs, row),
          );
        }
      }
    }
  }
  return comparison.result();
}

function valueMethodsAgree(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), trial.points);
    compareArrays(comparison, values(side, inputs), outputs(side, inputs).value, inputs, side.name);
  }
  return comparison.result();
}

function batchAxes(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 6);
    const whole = outputs(side, inputs);
    for (const batch of [[2, 3], [6], [1, 6, 1]]) {
      const found = checkedOutputs(side, inputs, batch);
      compareArrays(comparison, found.value, whole.value, inputs, `${side.name} with batch axes ${formatShape(batch)}`);
      compareArrays(
        comparison,
        found.logDet,
        whole.logDet,
        inputs,
        `log-det of ${side.name}, batch ${formatShape(batch)}`,
      );
    }
    for (let row = 0; row < inputs.count; row++) {
      for (const batch of [[], [1]]) {
        const slice = rowsOf(inputs, row, row + 1);
        const found = checkedOutputs(side, slice, batch);
        const what = batch.length === 0 ? "no batch axis" : "a batch of 1";
        compareArrays(comparison, found.value, part(whole.value, row, 6), slice, `${side.name} with ${what}`);
        compareArrays(
          comparison,
          found.logDet,
          part(whole.logDet, row, 6),
          slice,
          `log-det of ${side.name} with ${what}`,
        );
      }
    }
  }
  return comparison.result();
}

function contextAxes(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const contextShape = side.bijection.contextShape ?? [];
    const ones = extraAxes(side).map(() => 1);
    const size = sizeOf(contextShape);
    const inputs = moderateInputs(side, trial.key.fold(side.name), 6);
    const context = contextsFor(side, trial.key.fold("context"), 6) as Float32Array;
    const sizeIn = sizeOf(side.shapeIn);
    const layouts: readonly [string, Shape, Shape][] = [
      ["x [6], one context", [6], []],
      ["one x, contexts [6]", [], [6]],
      ["x [2, 1], contexts [3]", [2, 1], [3]],
    ];
    for (const [what, batchX, batchContext] of layouts) {
      const countX = sizeOf(batchX);
      const countC = sizeOf(batchContext);
      // Row r of the broadcast result belongs to this row of x and this context.
      const pairs = Array.from({ length: 6 }, (_, r) =>
        countX === 2 ? [Math.floor(r / 3), r % 3] : countX === 6 ? [r, 0] : [0, r],
      );
      const expanded: Inputs = {
        count: 6,
        values: Float32Array.from(
          pairs.flatMap(([x = 0]) => [...inputs.values.subarray(x * sizeIn, (x + 1) * sizeIn)]),
        ),
        context: Float32Array.from(pairs.flatMap(([, c = 0]) => [...context.subarray(c * size, (c + 1) * size)])),
      };
      const expected = outputs(side, expanded);
      const batch = countX === 2 ? [2, 3] : [6];
      const found = inTidy(() => {
        const x = tf.tensor(inputs.values.slice(0, countX * sizeIn), [...batchX, ...side.shapeIn]);
        const c = tf.tensor(context.slice(0, countC * size), [...batchContext, ...ones, ...contextShape]);
        return checkedPair(side, side.pair(x, c), batch);
      });
      compareArrays(comparison, found.value, expected.value, expanded, `${side.name} with ${what}`);
      compareArrays(comparison, found.logDet, expected.logDet, expanded, `log-det of ${side.name} with ${what}`);
    }
  }
  return comparison.result();
}

// ∫ |dx/dy| dy over f([a, b]) is b − a, and ∫ |dy/dx| dx over [a, b] is the length of f([a, b]).
function changeOfMeasure(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.measure);
  const forward = forwardSide(trial.value, trial.theCase);
  const [low, high] = interior(forward.domain.low, forward.domain.high);
  const size = sizeOf(forward.shapeIn);
  const count = Math.max(2001, Math.min(10_001, Math.floor(100_000 / size)));
  const grid = Float32Array.from({ length: count * size }, (_, i) => {
    return low + ((high - low) * Math.floor(i / size)) / (count - 1);
  });
  const one = contextsFor(forward, trial.key, 1);
  const context = one && Float32Array.from({ length: count * one.length }, (_, i) => one[i % one.length] as number);
  const inputs: Inputs = { count, values: grid, context };
  const there = outputs(forward, inputs);
  const back =
    trial.value.inverseKind === "none"
      ? undefined
      : outputs(inverseSide(trial.value, trial.theCase), { ...inputs, values: there.value });
  for (let e = 0; e < size; e++) {
    const at = (i: number, array: Float32Array): number => array[i * size + e] as number;
    const direction = Math.sign(at(count - 1, there.value) - at(0, there.value));
    let lengthX = 0;
    let lengthY = 0;
    for (let i = 1; i < count; i++) {
      const dx = at(i, grid) - at(i - 1, grid);
      const dy = (at(i, there.value) - at(i - 1, there.value)) * direction;
      // Steps of equal floats happen where f is nearly flat; a step back is never rounding alone.
      if (dy < -4 * ROUNDING * Math.max(1, Math.abs(at(i, there.value)))) {
        throw new Violation("a monotone map", `a step of ${formatNumber(dy * direction)}`, formatNumber(at(i, grid)));
      }
      lengthY += (dx * (Math.exp(at(i, there.logDet)) + Math.exp(at(i - 1, there.logDet)))) / 2;
      if (back) lengthX += (Math.abs(dy) * (Math.exp(at(i, back.logDet)) + Math.exp(at(i - 1, back.logDet)))) / 2;
    }
    const span = Math.abs(at(count - 1, there.value) - at(0, there.value));
    const where = (): string => `[${formatNumber(low)}, ${formatNumber(high)}]`;
    comparison.add(lengthY / span, 1, where);
    if (back) comparison.add(lengthX / (at(count - 1, grid) - at(0, grid)), 1, where);
  }
  return comparison.result();
}

function interior(low: number, high: number): [number, number] {
  const left = Number.isFinite(low);
  const right = Number.isFinite(high);
  if (left && right) return [low + 0.01 * (high - low), high - 0.01 * (high - low)];
  if (left) return [low + 0.05, low + 5.05];
  return right ? [high - 5.05, high - 0.05] : [-4, 4];
}

function finiteValues(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const moderate = joinInputs(
      moderateInputs(side, trial.key.fold(`${side.name} moderate`), trial.points),
      edgeInputs(side, trial.key.fold(`${side.name} edges`)),
    );
    requireEach(outputs(side, moderate), moderate, side.name, "finite", Number.isFinite);
    const large = magnitudeInputs(side, trial.key.fold(`${side.name} magnitudes`), trial.points);
    requireEach(outputs(side, large), large, side.name, "a number", (v) => !Number.isNaN(v));
  }
  return KEPT;
}

function finiteGradients(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = joinInputs(
      moderateInputs(side, trial.key.fold(`${side.name} moderate`), 32),
      edgeInputs(side, trial.key.fold(`${side.name} edges`)),
    );
    for (const what of ["value", "logDet"] as const) {
      const found = gradientsOf(side, inputs, trial.parameters, randomCotangent(side, inputs.count, what, trial.key));
      if (what === "value" && found.x === undefined) {
        throw new Violation(`a gradient of the value of ${side.name} for its input`, "none");
      }
      const name = `gradient of the ${what === "value" ? "value" : "log-det"} of ${side.name}`;
      for (const [i, v] of (found.x ?? new Float32Array()).entries()) {
        if (!Number.isFinite(v)) {
          const row = Math.floor((i * inputs.count) / inputs.values.length);
          throw new Violation(`a finite ${name} for its input`, String(v), describeRow(inputs, row));
        }
      }
      for (const [path, gradient] of found.parameters) {
        const bad = gradient?.find((v) => !Number.isFinite(v));
        if (bad !== undefined) throw new Violation(`a finite ${name} for parameter "${path}"`, String(bad));
      }
    }
  }
  return KEPT;
}

function everyParameterLearns(trial: BijectionTrial): Measurement {
  const silent = new Set([...trial.parameters].filter(([, p]) => p.trainable).map(([path]) => path));
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 64);
    for (const what of ["value", "logDet"] as const) {
      const { parameters } = gradientsOf(
        side,
        inputs,
        trial.parameters,
        randomCotangent(side, inputs.count, what, trial.key),
      );
      for (const [path, gradient] of parameters) if (gradient?.some((v) => v !== 0)) silent.delete(path);
    }
  }
  if (silent.size > 0) {
    throw new Violation("a non-zero gradient for every trainable parameter", `none for ${[...silent].join(", ")}`);
  }
  return KEPT;
}

function noLeak(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 5);
    const [x, context] = tensorsOf(side, inputs);
    const wrong = tf.zeros([5, ...side.shapeIn.map((axis) => axis + 1)]);
    const wrongContext = side.bijection.contextShape === undefined ? tf.zeros([5, 1]) : undefined;
    const calls: readonly [string, () => unknown][] = [
      [side.name, () => side.value(x, context)],
      [`${side.name}AndLogDet`, () => side.pair(x, context)],
      [
        `gradient of ${side.name}AndLogDet`,
        () => void gradientsOf(side, inputs, trial.parameters, randomCotangent(side, inputs.count, "both", trial.key)),
      ],
      [`${side.name} of a wrong shape`, () => tolerant(() => side.value(wrong, context))],
      [`${side.name}AndLogDet of a wrong shape`, () => tolerant(() => side.pair(wrong, context))],
      [`${side.name}AndLogDet with a wrong context`, () => tolerant(() => side.pair(x, wrongContext))],
    ];
    for (const [what, call] of calls) {
      expectNoLeak(call, what);
      if (x.isDisposed || context?.isDisposed) throw new Violation(`${what} to borrow its input`, "a disposed input");
    }
  }
  return KEPT;
}

function tolerant(call: () => tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
  try {
    return call();
  } catch {
    return [];
  }
}

function nanStaysNan(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const size = sizeOf(side.shapeIn);
    const clean = moderateInputs(side, trial.key.fold(side.name), size + 1);
    const dirty = clean.values.slice();
    for (let i = 0; i < size; i++) dirty[i * size + i] = Number.NaN;
    const found = outputs(side, { ...clean, values: dirty });
    const apart = trial.theCase.elementwise === true || side.rankIn === 0;
    for (let row = 0; row < clean.count; row++) {
      const value = part(found.value, row, clean.count);
      const reached = apart ? Number.isNaN(value[row] ?? Number.NaN) : value.some(Number.isNaN);
      if (row < size && !reached) {
        throw new Violation(`NaN in the value of ${side.name}`, formatValues(value), `NaN as element ${row}`);
      }
      if (row === size && value.some(Number.isNaN)) {
        throw new Violation(`the value of ${side.name} to be free of other rows' NaN`, formatValues(value));
      }
    }
    if (clean.context === undefined) continue;
    const width = clean.context.length / clean.count;
    const context = clean.context.slice();
    for (let i = 0; i < Math.min(width, size); i++) context[i * width + i] = Number.NaN;
    const seen = outputs(side, { ...clean, context });
    for (let row = 0; row < Math.min(width, size); row++) {
      const value = part(seen.value, row, clean.count);
      if (!value.some(Number.isNaN) && !part(seen.logDet, row, clean.count).some(Number.isNaN)) {
        throw new Violation(`NaN in what ${side.name} gives`, formatValues(value), `NaN as context element ${row}`);
      }
    }
  }
  return KEPT;
}

function shapesAreConsistent(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const extra = extraAxes(side);
    const event = side.shapeIn.slice(extra.length);
    const out = side.shape(event);
    if (!shapesEqual([...extra, ...out], side.shapeOut)) {
      throw new Violation(`${side.name}Shape(${formatShape(event)}) = ${formatShape(side.shapeOut)}`, formatShape(out));
    }
    if (out.length !== side.rankOut) throw new Violation(`an event of rank ${side.rankOut}`, formatShape(out));
    const inputs = moderateInputs(side, trial.key.fold(side.name), 3);
    checkedOutputs(side, inputs, [3]);
    for (const wrong of wrongEvents(event)) {
      const context = inputs.context;
      const contextShape = [3, ...extra.map(() => 1), ...(side.bijection.contextShape ?? [])];
      const makeContext = (): tf.Tensor | undefined => context && tf.tensor(context, [...contextShape], "float32");
      // A scalar has no batch axis that could be taken for the missing event axis.
      const shape = wrong.length < event.length ? wrong : [3, ...extra, ...wrong];
      const claimed = attemptShape(side, wrong);
      const what = `${side.name} of shape ${formatShape(shape)}`;
      if (claimed === undefined) {
        expectThrow(() => side.value(tf.ones([...shape]), makeContext()), ShapeError, what);
        expectThrow(() => side.pair(tf.ones([...shape]), makeContext()), ShapeError, `${what} with log-det`);
      } else {
        const found = inTidy(() => side.value(tf.ones([...shape]), makeContext()).shape);
        const expected = [3, ...extra, ...claimed];
        if (!shapesEqual(found, expected)) {
          throw new Violation(`${what} to give ${formatShape(expected)} or to throw ShapeError`, formatShape(found));
        }
      }
    }
  }
  return KEPT;
}

function wrongEvents(event: Shape): Shape[] {
  if (event.length === 0) return [];
  const last = event[event.length - 1] as number;
  const wrong = [[...event.slice(0, -1), last + 1], []];
  return last === 1 ? wrong : [...wrong, [...event.slice(0, -1), 1]];
}

// The shape that a bijection claims to give, or undefined when it refuses, which it must do with ShapeError.
function attemptShape(side: Side, event: Shape): Shape | undefined {
  let claimed: Shape | undefined;
  const call = (): void => {
    claimed = side.shape(event);
  };
  try {
    call();
  } catch {
    expectThrow(call, ShapeError, `${side.name}Shape(${formatShape(event)})`);
  }
  return claimed;
}

function contextErrors(trial: BijectionTrial): Measurement {
  const { contextShape } = trial.value;
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 3);
    const [x, context] = tensorsOf(side, inputs);
    if (contextShape === undefined) {
      const unwanted = tf.zeros([3, 1]);
      expectThrow(() => side.value(x, unwanted), ContextError, `${side.name} with a context that it cannot use`);
      expectThrow(
        () => side.pair(x, unwanted),
        ContextError,
        `${side.name}AndLogDet with a context that it cannot use`,
      );
      continue;
    }
    const wide = tf.zeros([3, ...extraAxes(side).map(() => 1), ...contextShape.map((axis) => axis + 1)]);
    for (const [what, wrong] of [
      ["without its context", undefined],
      ["with a context of a wrong shape", wide],
    ] as const) {
      expectThrow(() => side.value(x, wrong), ContextError, `${side.name} ${what}`);
      expectThrow(() => side.pair(x, wrong), ContextError, `${side.name}AndLogDet ${what}`);
    }
    const other =
      context && outputs(side, { ...inputs, context: Float32Array.from(inputs.context ?? [], (v) => v + 1) });
    const found = outputs(side, inputs);
    if (other?.value.every((v, i) => v === found.value[i]) && other.logDet.every((v, i) => v === found.logDet[i])) {
      throw new Violation(`${side.name} to depend on its context`, "equal results for different contexts");
    }
  }
  return KEPT;
}

function noInverse(trial: BijectionTrial): Measurement {
  const side = inverseSide(trial.value, trial.theCase);
  const [y, context] = tensorsOf(side, moderateInputs(side, trial.key, 3));
  expectThrow(() => side.value(y, context), InverseNotAvailableError, 'inverse of a bijection of inverseKind "none"');
  expectThrow(() => side.pair(y, context), InverseNotAvailableError, 'inverse of a bijection of inverseKind "none"');
  return KEPT;
}

function codecRoundTrip(trial: BijectionTrial, registry: Registry): Measurement {
  const copy = copyThroughCodec(trial.value, registry) as Bijection;
  return withSubject(
    () => copy,
    trial.key,
    0,
    () => {
      const decoded = sidesOf(copy, trial.theCase);
      for (const [s, side] of sidesOf(trial.value, trial.theCase).entries()) {
        const inputs = moderateInputs(side, trial.key.fold(side.name), 64);
        const before = outputs(side, inputs);
        const after = outputs(decoded[s] as Side, inputs);
        requireSame(after.value, before.value, inputs, side.name);
        requireSame(after.logDet, before.logDet, inputs, `log-det of ${side.name}`);
      }
      return KEPT;
    },
  );
}

function requireSame(got: Float32Array, expected: Float32Array, inputs: Inputs, what: string): void {
  const i = expected.findIndex((v, at) => !Object.is(v, got[at]));
  if (i < 0) return;
  const row = Math.floor((i * inputs.count) / expected.length);
  throw new Violation(
    `${what} of the decoded object to be bit-identical: ${formatNumber(expected[i] as number)}`,
    formatNumber(got[i] as number),
    describeRow(inputs, row),
  );
}

async function backendsAgree(trial: BijectionTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  const run = (): { side: Side; inputs: Inputs; found: Outputs; gradients: Float32Array }[] =>
    sidesOf(trial.value, trial.theCase).map((side) => {
      const inputs = moderateInputs(side, trial.key.fold(side.name), 64);
      const g = gradientsOf(side, inputs, trial.parameters, randomCotangent(side, inputs.count, "both", trial.key));
      const gradients = Float32Array.from([g.x, ...g.parameters.values()].flatMap((array) => [...(array ?? [])]));
      return { side, inputs, found: outputs(side, inputs), gradients };
    });
  const [cpu, wasm] = await onBothBackends(run);
  for (const [i, { side, inputs, found, gradients }] of wasm.entries()) {
    const reference = cpu[i] as (typeof cpu)[number];
    compareArrays(comparison, found.value, reference.found.value, inputs, `${side.name} on wasm`);
    compareArrays(comparison, found.logDet, reference.found.logDet, inputs, `log-det of ${side.name} on wasm`);
    compareGradients(gradients, reference.gradients, trial.tolerances.backendGradients, side.name);
  }
  return comparison.result();
}

function checkedOutputs(side: Side, inputs: Inputs, batch: Shape): Outputs {
  return inTidy(() => checkedPair(side, side.pair(...tensorsOf(side, inputs, batch)), batch));
}

// The outputs on the host, once their shapes are found right.
function checkedPair(side: Side, [value, logDet]: [tf.Tensor, tf.Tensor], batch: Shape): Outputs {
  const expected = [...batch, ...side.shapeOut];
  if (!shapesEqual(value.shape, expected)) {
    throw new Violation(`a value of ${side.name} of shape ${formatShape(expected)}`, formatShape(value.shape));
  }
  const expectedLogDet = [...batch, ...extraAxes(side)];
  if (!shapesEqual(logDet.shape, expectedLogDet)) {
    throw new Violation(`a log-det of ${side.name} of shape ${formatShape(expectedLogDet)}`, formatShape(logDet.shape));
  }
  return { value: hostCopy(value), logDet: hostCopy(logDet) };
}

function requireEach(
  found: Outputs,
  inputs: Inputs,
  name: string,
  what: string,
  holds: (value: number) => boolean,
): void {
  for (const [array, label] of [
    [found.value, "value"],
    [found.logDet, "log-det"],
  ] as const) {
    const i = array.findIndex((v) => !holds(v));
    if (i >= 0) {
      const row = Math.floor((i * inputs.count) / array.length);
      throw new Violation(`a ${label} of ${name} that is ${what}`, String(array[i]), describeRow(inputs, row));
    }
  }
}

function compareArrays(
  comparison: Comparison,
  got: Float32Array,
  expected: Float32Array,
  inputs: Inputs,
  what: string,
): void {
  if (got.length !== expected.length) {
    throw new Violation(`${expected.length} values of ${what}`, String(got.length));
  }
  for (const [i, value] of expected.entries()) {
    const row = Math.floor((i * inputs.count) / expected.length);
    comparison.add(got[i] as number, value, () => `${describeRow(inputs, row)} (${what})`);
  }
}

// Values moved by a few units in the last place, up or down, and the size of the step for each cell.
function nudge(array: Float32Array, cells: number, key: Key): { values: Float32Array; steps: Float64Array } {
  const width = array.length / cells;
  const signs = key.uniform(array.length);
  const steps = Float64Array.from({ length: cells }, (_, cell) => ROUNDING * maxAbs(array, cell, width));
  return {
    values: array.map((v, i) => v + ((signs[i] as number) < 0.5 ? -1 : 1) * (steps[Math.floor(i / width)] as number)),
    steps,
  };
}

// The largest magnitude of a cell, 1 at least.
function maxAbs(array: Float32Array, cell: number, width: number): number {
  let largest = 1;
  for (let i = cell * width; i < (cell + 1) * width; i++) largest = Math.max(largest, Math.abs(array[i] as number));
  return largest;
}

function maxDistance(a: Float32Array, b: Float32Array, cell: number, width: number): number {
  let largest = 0;
  for (let i = cell * width; i < (cell + 1) * width; i++) {
    largest = Math.max(largest, Math.abs((a[i] as number) - (b[i] as number)));
  }
  return largest;
}

function rowsOf(inputs: Inputs, from: number, to: number): Inputs {
  const { count, context } = inputs;
  const cut = (array: Float32Array): Float32Array =>
    array.slice((from * array.length) / count, (to * array.length) / count);
  return { count: to - from, values: cut(inputs.values), context: context && cut(context) };
}
