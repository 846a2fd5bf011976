import { ContextError, type Shape, ShapeError } from "@pushforward/core";
import { formatShape, shapesEqual, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { Comparison, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import type { BijectionTrial } from "./bijection-case.ts";
import {
  contextsFor,
  expectThrow,
  extraAxes,
  type Inputs,
  moderateInputs,
  outputs,
  part,
  type Side,
  sidesOf,
  tensorsOf,
} from "./side.ts";
import { checkedOutputs, checkedPair, compareOutputs } from "./values.ts";

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

export function batchAxes(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 6);
    const whole = checkedOutputs(side, inputs, [6]);
    for (const batch of trial.quick
      ? [[2, 3, 1]]
      : [
          [2, 3],
          [1, 6, 1],
        ]) {
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
      for (const batch of trial.quick ? [row === 0 ? [] : [1]] : [[], [1]]) {
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
