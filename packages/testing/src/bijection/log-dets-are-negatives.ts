import { sizeOf } from "@pushforward/core/extend";
import { Comparison, type Measurement } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { MAX_STRETCH } from "./max-stretch.ts";
import { nudge } from "./nudge.ts";
import {
  describeRow,
  edgeInputs,
  extraAxes,
  forwardSide,
  type Inputs,
  inverseSide,
  joinInputs,
  moderateInputs,
  outputs,
  type Side,
} from "./side.ts";

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
