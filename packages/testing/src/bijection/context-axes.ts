import type { Shape } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { Comparison, type Measurement } from "../law/comparison.ts";
import { inTidy } from "../law/in-tidy.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { checkedPair } from "./checked-outputs.ts";
import { compareOutputs } from "./compare-outputs.ts";
import { contextsFor, extraAxes, type Inputs, moderateInputs, outputs, sidesOf } from "./side.ts";

export function contextAxes(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const contextShape = side.bijection.contextShape ?? [];
    const ones = extraAxes(side).map(() => 1);
    const size = sizeOf(contextShape);
    const inputs = moderateInputs(side, trial.key.fold(side.name), 6);
    const context = contextsFor(side, trial.key.fold("context"), 6) as Float32Array;
    const sizeIn = sizeOf(side.shapeIn);
    const layouts: readonly [string, Shape, Shape][] = [
      ["x [6], one context", [6], []],
      ["one x, contexts [6]", [], [6]],
      ["x [2, 1], contexts [3]", [2, 1], [3]],
    ];
    for (const [what, batchX, batchContext] of layouts) {
      const countX = sizeOf(batchX);
      const countC = sizeOf(batchContext);
      // Row r of the broadcast result belongs to this row of x and this context.
      const pairs = Array.from({ length: 6 }, (_, r) =>
        countX === 2 ? [Math.floor(r / 3), r % 3] : countX === 6 ? [r, 0] : [0, r],
      );
      const expanded: Inputs = {
        count: 6,
        values: Float32Array.from(
          pairs.flatMap(([x = 0]) => [...inputs.values.subarray(x * sizeIn, (x + 1) * sizeIn)]),
        ),
        context: Float32Array.from(pairs.flatMap(([, c = 0]) => [...context.subarray(c * size, (c + 1) * size)])),
      };
      const expected = outputs(side, expanded);
      const batch = countX === 2 ? [2, 3] : [6];
      const found = inTidy(() => {
        const x = tf.tensor(inputs.values.slice(0, countX * sizeIn), [...batchX, ...side.shapeIn]);
        const c = tf.tensor(context.slice(0, countC * size), [...batchContext, ...ones, ...contextShape]);
        return checkedPair(side, side.pair(x, c), batch);
      });
      compareOutputs(comparison, found.value, expected.value, expanded, `${side.name} with ${what}`);
      compareOutputs(comparison, found.logDet, expected.logDet, expanded, `log-det of ${side.name} with ${what}`);
    }
  }
  return comparison.result();
}
