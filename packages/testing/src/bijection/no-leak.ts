import * as tf from "@tensorflow/tfjs-core";
import { expectNoLeak } from "../expect-no-leak.ts";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { gradientsOf, moderateInputs, randomCotangent, sidesOf, tensorsOf } from "./side.ts";

export function noLeak(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 5);
    const [x, context] = tensorsOf(side, inputs);
    const wrong = tf.zeros([5, ...side.shapeIn.map((axis) => axis + 1)]);
    const wrongContext = side.bijection.contextShape === undefined ? tf.zeros([5, 1]) : undefined;
    const calls: readonly [string, () => unknown][] = [
      [side.name, () => side.value(x, context)],
      [`${side.name}AndLogDet`, () => side.pair(x, context)],
      [
        `gradient of ${side.name}AndLogDet`,
        () => void gradientsOf(side, inputs, trial.parameters, randomCotangent(side, inputs.count, "both", trial.key)),
      ],
      [`${side.name} of a wrong shape`, () => tolerant(() => side.value(wrong, context))],
      [`${side.name}AndLogDet of a wrong shape`, () => tolerant(() => side.pair(wrong, context))],
      [`${side.name}AndLogDet with a wrong context`, () => tolerant(() => side.pair(x, wrongContext))],
    ];
    for (const [what, call] of calls) {
      expectNoLeak(call, what);
      if (x.isDisposed || context?.isDisposed) throw new Violation(`${what} to borrow its input`, "a disposed input");
    }
  }
  return KEPT;
}

function tolerant(call: () => tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
  try {
    return call();
  } catch {
    return [];
  }
}
