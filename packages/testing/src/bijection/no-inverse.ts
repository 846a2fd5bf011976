import { InverseNotAvailableError } from "@pushforward/core";
import { KEPT, type Measurement } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { expectThrow, inverseSide, moderateInputs, tensorsOf } from "./side.ts";

export function noInverse(trial: BijectionTrial): Measurement {
  const side = inverseSide(trial.value, trial.theCase);
  const [y, context] = tensorsOf(side, moderateInputs(side, trial.key, 3));
  expectThrow(() => side.value(y, context), InverseNotAvailableError, 'inverse of a bijection of inverseKind "none"');
  expectThrow(() => side.pair(y, context), InverseNotAvailableError, 'inverse of a bijection of inverseKind "none"');
  return KEPT;
}
