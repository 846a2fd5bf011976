import { type Shape, ShapeError } from "@pushforward/core";
import { formatShape, shapesEqual } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/in-tidy.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { checkedOutputs } from "./checked-outputs.ts";
import { expectThrow, extraAxes, moderateInputs, type Side, sidesOf } from "./side.ts";

export function shapesAreConsistent(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const extra = extraAxes(side);
    const event = side.shapeIn.slice(extra.length);
    const out = side.shape(event);
    if (!shapesEqual([...extra, ...out], side.shapeOut)) {
      throw new Violation(`${side.name}Shape(${formatShape(event)}) = ${formatShape(side.shapeOut)}`, formatShape(out));
    }
    if (out.length !== side.rankOut) throw new Violation(`an event of rank ${side.rankOut}`, formatShape(out));
    const inputs = moderateInputs(side, trial.key.fold(side.name), 3);
    checkedOutputs(side, inputs, [3]);
    for (const wrong of wrongEvents(event)) {
      const context = inputs.context;
      const contextShape = [3, ...extra.map(() => 1), ...(side.bijection.contextShape ?? [])];
      const makeContext = (): tf.Tensor | undefined => context && tf.tensor(context, [...contextShape], "float32");
      // A scalar has no batch axis that could be taken for the missing event axis.
      const shape = wrong.length < event.length ? wrong : [3, ...extra, ...wrong];
      const claimed = attemptShape(side, wrong);
      const what = `${side.name} of shape ${formatShape(shape)}`;
      if (claimed === undefined) {
        expectThrow(() => side.value(tf.ones([...shape]), makeContext()), ShapeError, what);
        expectThrow(() => side.pair(tf.ones([...shape]), makeContext()), ShapeError, `${what} with log-det`);
      } else {
        const found = inTidy(() => side.value(tf.ones([...shape]), makeContext()).shape);
        const expected = [3, ...extra, ...claimed];
        if (!shapesEqual(found, expected)) {
          throw new Violation(`${what} to give ${formatShape(expected)} or to throw ShapeError`, formatShape(found));
        }
      }
    }
  }
  return KEPT;
}

function wrongEvents(event: Shape): Shape[] {
  if (event.length === 0) return [];
  const last = event[event.length - 1] as number;
  const wrong = [[...event.slice(0, -1), last + 1], []];
  return last === 1 ? wrong : [...wrong, [...event.slice(0, -1), 1]];
}

// The shape that a bijection claims to give, or undefined when it refuses, which it must do with ShapeError.
function attemptShape(side: Side, event: Shape): Shape | undefined {
  let claimed: Shape | undefined;
  const call = (): void => {
    claimed = side.shape(event);
  };
  try {
    call();
  } catch {
    expectThrow(call, ShapeError, `${side.name}Shape(${formatShape(event)})`);
  }
  return claimed;
}
