import { Comparison, type Measurement } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { compareOutputs } from "./compare-outputs.ts";
import { moderateInputs, outputs, sidesOf, values } from "./side.ts";

export function valueMethodsAgree(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), trial.points);
    compareOutputs(comparison, values(side, inputs), outputs(side, inputs).value, inputs, side.name);
  }
  return comparison.result();
}
