import type { Shape } from "@pushforward/core";
import { formatShape, shapesEqual, sizeOf } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import {
  Comparison,
  compareArrays,
  formatValues,
  hostCopy,
  KEPT,
  type Measurement,
  Violation,
} from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import type { BijectionTrial } from "./bijection-case.ts";
import {
  describeRow,
  edgeInputs,
  extraAxes,
  gradientsOf,
  type Inputs,
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

export function finiteValues(trial: BijectionTrial): Measurement {
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

export function finiteGradients(trial: BijectionTrial): Measurement {
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

export function nanStaysNan(trial: BijectionTrial): Measurement {
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

/** Compares outputs of the rows of `inputs`, value by value. */
export function compareOutputs(
  comparison: Comparison,
  got: Float32Array,
  expected: Float32Array,
  inputs: Inputs,
  what: string,
): void {
  compareArrays(comparison, got, expected, what, (i) =>
    describeRow(inputs, Math.floor((i * inputs.count) / expected.length)),
  );
}

export function valueMethodsAgree(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), trial.points);
    compareOutputs(comparison, values(side, inputs), outputs(side, inputs).value, inputs, side.name);
  }
  return comparison.result();
}

export function everyParameterLearns(trial: BijectionTrial): Measurement {
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

export function checkedOutputs(side: Side, inputs: Inputs, batch: Shape): Outputs {
  return inTidy(() => checkedPair(side, side.pair(...tensorsOf(side, inputs, batch)), batch));
}

// The outputs on the host, once their shapes are found right.
export function checkedPair(side: Side, [value, logDet]: [tf.Tensor, tf.Tensor], batch: Shape): Outputs {
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
