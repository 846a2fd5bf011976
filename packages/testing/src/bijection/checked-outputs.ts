import type { Shape } from "@pushforward/core";
import { formatShape, shapesEqual } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { Violation } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { inTidy } from "../law/in-tidy.ts";
import { extraAxes, type Inputs, type Outputs, type Side, tensorsOf } from "./side.ts";

export function checkedOutputs(side: Side, inputs: Inputs, batch: Shape): Outputs {
  return inTidy(() => checkedPair(side, side.pair(...tensorsOf(side, inputs, batch)), batch));
}

// The outputs on the host, once their shapes are found right.
export function checkedPair(side: Side, [value, logDet]: [tf.Tensor, tf.Tensor], batch: Shape): Outputs {
  const expected = [...batch, ...side.shapeOut];
  if (!shapesEqual(value.shape, expected)) {
    throw new Violation(`a value of ${side.name} of shape ${formatShape(expected)}`, formatShape(value.shape));
  }
  const expectedLogDet = [...batch, ...extraAxes(side)];
  if (!shapesEqual(logDet.shape, expectedLogDet)) {
    throw new Violation(`a log-det of ${side.name} of shape ${formatShape(expectedLogDet)}`, formatShape(logDet.shape));
  }
  return { value: hostCopy(value), logDet: hostCopy(logDet) };
}
