import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { describeRow, edgeInputs, gradientsOf, joinInputs, moderateInputs, randomCotangent, sidesOf } from "./side.ts";

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
