import { formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { inTidy } from "../law/in-tidy.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import {
  describeRow,
  gradientsOf,
  type Inputs,
  moderateInputs,
  outputs,
  randomCotangent,
  type Side,
  sidesOf,
  tensorsOf,
  values,
} from "./side.ts";

/**
 * A bijection is a function: the same input gives the same bits again, also after calls with other inputs and after
 * gradients, and no call changes a parameter, its input or its context.
 */
export function secondCallGivesTheSame(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 5);
    const others = moderateInputs(side, trial.key.fold(`${side.name} between`), 5);
    const before = readParameters(trial);
    const first = resultsOf(trial, side, inputs);
    // Enough for a counter, a cache or a running mean to show.
    resultsOf(trial, side, others);
    for (const [what, found] of resultsOf(trial, side, inputs)) requireSame(first.get(what), found, inputs, what);
    for (const [path, found] of readParameters(trial)) {
      requireSame(before.get(path), found, inputs, `parameter "${path}" after ${side.name}`);
    }
    requireInputsKept(side, inputs);
  }
  return KEPT;
}

function readParameters({ parameters }: BijectionTrial): Map<string, Float32Array> {
  return new Map([...parameters].map(([path, parameter]) => [path, Float32Array.from(parameter.read())]));
}

function resultsOf(trial: BijectionTrial, side: Side, inputs: Inputs): Map<string, Float32Array> {
  const { value, logDet } = outputs(side, inputs);
  const cotangent = randomCotangent(side, inputs.count, "both", trial.key);
  const { x, context, parameters } = gradientsOf(side, inputs, trial.parameters, cotangent);
  const gradients: [string, Float32Array | undefined][] = [
    ["the input", x],
    ["the context", context],
    ...[...parameters].map(([path, gradient]): [string, Float32Array | undefined] => [`parameter "${path}"`, gradient]),
  ];
  return new Map([
    [side.name, values(side, inputs)],
    [`value of ${side.name}AndLogDet`, value],
    [`log-det of ${side.name}AndLogDet`, logDet],
    ...gradients.map(([source, gradient]): [string, Float32Array] => [
      `gradient of ${side.name} for ${source}`,
      gradient ?? new Float32Array(),
    ]),
  ]);
}

function requireSame(expected: Float32Array | undefined, got: Float32Array, inputs: Inputs, what: string): void {
  const i = got.findIndex((v, at) => !Object.is(v, expected?.[at]));
  if (i < 0) return;
  const row = Math.min(inputs.count - 1, Math.floor((i * inputs.count) / got.length));
  throw new Violation(
    `${what} to be the same at a second call, ${formatNumber(expected?.[i] ?? Number.NaN)}`,
    formatNumber(got[i] as number),
    describeRow(inputs, row),
  );
}

function requireInputsKept(side: Side, inputs: Inputs): void {
  inTidy(() => {
    const [x, context] = tensorsOf(side, inputs);
    side.pair(x, context);
    side.value(x, context);
    for (const [what, tensor, given] of [
      ["its input", x, inputs.values],
      ["its context", context, inputs.context],
    ] as const) {
      if (tensor !== undefined && hostCopy(tensor).some((v, i) => !Object.is(v, given?.[i]))) {
        throw new Violation(`${side.name} to leave ${what} as it is`, "other values");
      }
    }
  });
}
