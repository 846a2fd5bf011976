import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { gradientsOf, moderateInputs, randomCotangent, sidesOf } from "./side.ts";

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
