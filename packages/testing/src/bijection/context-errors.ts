import { ContextError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { expectThrow, extraAxes, moderateInputs, outputs, sidesOf, tensorsOf } from "./side.ts";

export function contextErrors(trial: BijectionTrial): Measurement {
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
