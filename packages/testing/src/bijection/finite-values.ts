import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import {
  describeRow,
  edgeInputs,
  type Inputs,
  joinInputs,
  magnitudeInputs,
  moderateInputs,
  type Outputs,
  outputs,
  sidesOf,
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
