import { formatShape } from "@pushforward/core/extend";
import { Comparison, type Measurement } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { checkedOutputs } from "./checked-outputs.ts";
import { compareOutputs } from "./compare-outputs.ts";
import { type Inputs, moderateInputs, outputs, part, sidesOf } from "./side.ts";

export function batchAxes(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 6);
    const whole = outputs(side, inputs);
    for (const batch of [[2, 3], [6], [1, 6, 1]]) {
      const found = checkedOutputs(side, inputs, batch);
      compareOutputs(
        comparison,
        found.value,
        whole.value,
        inputs,
        `${side.name} with batch axes ${formatShape(batch)}`,
      );
      compareOutputs(
        comparison,
        found.logDet,
        whole.logDet,
        inputs,
        `log-det of ${side.name}, batch ${formatShape(batch)}`,
      );
    }
    for (const row of [0, inputs.count - 1]) {
      for (const batch of [[], [1]]) {
        const slice = rowsOf(inputs, row, row + 1);
        const found = checkedOutputs(side, slice, batch);
        const what = batch.length === 0 ? "no batch axis" : "a batch of 1";
        compareOutputs(comparison, found.value, part(whole.value, row, 6), slice, `${side.name} with ${what}`);
        compareOutputs(
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

function rowsOf(inputs: Inputs, from: number, to: number): Inputs {
  const { count, context } = inputs;
  const cut = (array: Float32Array): Float32Array =>
    array.slice((from * array.length) / count, (to * array.length) / count);
  return { count: to - from, values: cut(inputs.values), context: context && cut(context) };
}
