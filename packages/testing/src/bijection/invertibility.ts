import { InverseNotAvailableError } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import { Comparison, formatNumber, hostCopy, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import type { BijectionTrial } from "./bijection-case.ts";
import { INPUT_ROUNDING, maxAbs, nudge } from "./jacobians.ts";
import {
  contextsFor,
  describeRow,
  edgeInputs,
  expectThrow,
  extraAxes,
  forwardSide,
  gradientsOf,
  type Inputs,
  inverseSide,
  joinInputs,
  magnitudeInputs,
  moderateInputs,
  outputs,
  randomCotangent,
  type Side,
  sidesOf,
  tensorsOf,
  values,
} from "./side.ts";

/** Round trips are tested only where neither direction stretches by more than this; float32 can promise no better. */
const MAX_STRETCH = 1e3;

export function roundTrip(trial: BijectionTrial, from: "forward" | "inverse"): Measurement {
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

function maxDistance(a: Float32Array, b: Float32Array, cell: number, width: number): number {
  let largest = 0;
  for (let i = cell * width; i < (cell + 1) * width; i++) {
    largest = Math.max(largest, Math.abs((a[i] as number) - (b[i] as number)));
  }
  return largest;
}

export function logDetsAreNegatives(trial: BijectionTrial): Measurement {
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

/** Points of the trapezoid rule: its error at the jumps of a derivative, as of linear splines, stays below the tolerance. */
const GRID_POINTS = { analytic: 4001, iterative: 2001, none: 4001 } as const;
const QUICK_POINTS = 1001;

// ∫ |dx/dy| dy over f([a, b]) is b − a, and ∫ |dy/dx| dx over [a, b] is the length of f([a, b]).
export function changeOfMeasure(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.measure);
  const forward = forwardSide(trial.value, trial.theCase);
  const [low, high] = interior(forward.domain.low, forward.domain.high);
  const size = sizeOf(forward.shapeIn);
  const count = trial.quick ? QUICK_POINTS : GRID_POINTS[trial.value.inverseKind];
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
      if (dy < -4 * INPUT_ROUNDING * Math.max(1, Math.abs(at(i, there.value)))) {
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

export function noInverse(trial: BijectionTrial): Measurement {
  const side = inverseSide(trial.value, trial.theCase);
  const [y, context] = tensorsOf(side, moderateInputs(side, trial.key, 3));
  expectThrow(() => side.value(y, context), InverseNotAvailableError, 'inverse of a bijection of inverseKind "none"');
  expectThrow(() => side.pair(y, context), InverseNotAvailableError, 'inverse of a bijection of inverseKind "none"');
  return KEPT;
}

/**
 * A bijection is a function: the same input produces the same bits, also after calls with other inputs and after
 * gradients, and no call changes a parameter, its input or its context.
 */
export function secondCallGivesTheSame(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 5);
    const others = moderateInputs(side, trial.key.fold(`${side.name} between`), 5);
    const before = readParameters(trial);
    const first = resultsOf(trial, side, inputs);
    // Enough for a counter, a cache or a running mean to show.
    if (trial.quick)
      gradientsOf(side, others, trial.parameters, randomCotangent(side, others.count, "both", trial.key));
    else resultsOf(trial, side, others);
    for (const [what, found] of resultsOf(trial, side, inputs)) requireSame(first.get(what), found, inputs, what);
    for (const [path, found] of readParameters(trial)) {
      requireSame(before.get(path), found, inputs, `parameter "${path}" after ${side.name}`);
    }
    requireInputsKept(side, inputs);
  }
  return KEPT;
}

function readParameters({ parameters }: BijectionTrial): Map<string, Float32Array> {
  return new Map([...parameters].map(([path, parameter]) => [path, Float32Array.from(parameter.read())]));
}

function resultsOf(trial: BijectionTrial, side: Side, inputs: Inputs): Map<string, Float32Array> {
  const { value, logDet } = outputs(side, inputs);
  const cotangent = randomCotangent(side, inputs.count, "both", trial.key);
  const { x, context, parameters } = gradientsOf(side, inputs, trial.parameters, cotangent);
  const gradients: [string, Float32Array | undefined][] = [
    ["the input", x],
    ["the context", context],
    ...[...parameters].map(([path, gradient]): [string, Float32Array | undefined] => [`parameter "${path}"`, gradient]),
  ];
  return new Map([
    [side.name, values(side, inputs)],
    [`value of ${side.name}AndLogDet`, value],
    [`log-det of ${side.name}AndLogDet`, logDet],
    ...gradients.map(([source, gradient]): [string, Float32Array] => [
      `gradient of ${side.name} for ${source}`,
      gradient ?? new Float32Array(),
    ]),
  ]);
}

function requireSame(expected: Float32Array | undefined, got: Float32Array, inputs: Inputs, what: string): void {
  const i = got.findIndex((v, at) => !Object.is(v, expected?.[at]));
  if (i < 0) return;
  const row = Math.min(inputs.count - 1, Math.floor((i * inputs.count) / got.length));
  throw new Violation(
    `${what} to be the same at a second call, ${formatNumber(expected?.[i] ?? Number.NaN)}`,
    formatNumber(got[i] as number),
    describeRow(inputs, row),
  );
}

function requireInputsKept(side: Side, inputs: Inputs): void {
  inTidy(() => {
    const [x, context] = tensorsOf(side, inputs);
    side.pair(x, context);
    side.value(x, context);
    for (const [what, tensor, given] of [
      ["its input", x, inputs.values],
      ["its context", context, inputs.context],
    ] as const) {
      if (tensor !== undefined && hostCopy(tensor).some((v, i) => !Object.is(v, given?.[i]))) {
        throw new Violation(`${side.name} to leave ${what} as it is`, "other values");
      }
    }
  });
}
