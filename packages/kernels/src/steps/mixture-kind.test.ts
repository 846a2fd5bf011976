import { describe, expect, test } from "vitest";
import { generator, largestError, random } from "../../test/arrays.ts";
import { type StepShape, scalarKernels, stepKinds } from "../index.ts";

interface Outcome {
  readonly y: Float32Array;
  readonly dInput: readonly Float32Array[];
  readonly dLogits: Float32Array;
}

/** A step with the weights of some logits, which are a parameter or, as logarithms, settings. */
function run(
  inputs: readonly ArrayLike<number>[],
  logits: ArrayLike<number>,
  isLearned: boolean,
  dy: ArrayLike<number>,
): Outcome {
  const kind = stepKinds.mixtureLogProb;
  const [rows, count] = [inputs[0]?.length as number, inputs.length];
  const parameters: [Float32Array?] = isLearned ? [Float32Array.from(logits)] : [];
  const settings = isLearned ? {} : { logWeights: logWeightsOf(logits) };
  const shape: StepShape<"mixtureLogProb"> = {
    rows,
    inputs: inputs.map(() => 1),
    outputs: [1],
    settings,
    isTraining: true,
  };
  const { saved = 0 } = kind.memory?.(shape) ?? {};
  const dInput = inputs.map(() => new Float32Array(rows).fill(Number.NaN));
  const [y, dLogits] = [new Float32Array(rows), new Float32Array(count)];
  const step = kind.bind({
    ...shape,
    kernels: scalarKernels,
    input: inputs.map((values) => Float32Array.from(values)),
    output: [y],
    parameters,
    identities: [],
    saved: new Float32Array(saved),
    scratch: new Float32Array(0),
    dOutput: [Float32Array.from(dy)],
    dInput,
    dParameters: isLearned ? [dLogits] : [],
  });
  step.forward();
  step.backward?.();
  return { y, dInput, dLogits };
}

function logWeightsOf(logits: ArrayLike<number>): number[] {
  const total = Math.log(Array.from(logits, Math.exp).reduce((a, b) => a + b, 0));
  return Array.from(logits, (logit) => logit - total);
}

function definition(inputs: readonly ArrayLike<number>[], logits: ArrayLike<number>): number[] {
  const logWeights = logWeightsOf(logits);
  return Array.from(inputs[0] as ArrayLike<number>, (_, r) =>
    Math.log(inputs.reduce((sum, a, k) => sum + Math.exp((a[r] as number) + (logWeights[k] as number)), 0)),
  );
}

describe.each([true, false])("learned weights %s", (isLearned) => {
  test("values and gradients are those of the definition, for any number of components", () => {
    for (let count = 1; count <= 9; count++) {
      const next = generator(count);
      const rows = 4 * count - 3;
      const inputs = Array.from({ length: count }, () => random(next, rows, 4));
      const [logits, dy] = [random(next, count, 2), random(next, rows)];
      const { y, dInput, dLogits } = run(inputs, logits, isLearned, dy);
      expect(largestError(y, definition(inputs, logits))).toBeLessThan(1e-7);
      const loss = (a: readonly ArrayLike<number>[], l: ArrayLike<number>): number =>
        definition(a, l).reduce((sum, value, r) => sum + value * (dy[r] as number), 0);
      const h = 1e-5;
      for (const [k, values] of inputs.entries()) {
        const slopes = Array.from(values, (value, r) => {
          const at = (step: number): number =>
            loss(inputs.with(k, Float64Array.from(values).with(r, value + step) as never), logits);
          return (at(h) - at(-h)) / (2 * h);
        });
        expect(largestError(dInput[k] as Float32Array, slopes)).toBeLessThan(1e-6);
      }
      if (!isLearned) continue;
      const slopes = Array.from(logits, (value, k) => {
        const at = (step: number): number => loss(inputs, Float64Array.from(logits).with(k, value + step));
        return (at(h) - at(-h)) / (2 * h);
      });
      expect(largestError(dLogits, slopes)).toBeLessThan(1e-6);
    }
  });

  test("far numbers, no density, infinite density, and NaN in its row alone", () => {
    const [low, high, nan] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN];
    const inputs = [
      [-1e5, low, low, high, nan, 900],
      [-1e5, 2, low, 1, 0, -900],
    ];
    const { y, dInput, dLogits } = run(inputs, [0, 0], isLearned, [1, 1, 1, 0, 0, 1]);
    const half = Math.log(0.5);
    expect(Array.from(y.slice(0, 4))).toEqual([-1e5, 2 + half, low, high].map(Math.fround));
    expect(y[4]).toBeNaN();
    expect(y[5]).toBe(Math.fround(900 + half));
    expect(Array.from(dInput[0]?.slice(0, 3) ?? [])).toEqual([0.5, 0, 0]);
    expect(Array.from(dInput[1]?.slice(0, 3) ?? [])).toEqual([0.5, 1, 0]);
    expect([dInput[0]?.[5], dInput[1]?.[5]]).toEqual([1, 0]);
    if (isLearned) expect(dLogits.every(Number.isNaN)).toBe(true);
    const clean = run(
      inputs.map((values) => values.filter((_, r) => r !== 3 && r !== 4)),
      [0, 0],
      isLearned,
      [1, 1, 1, 1],
    );
    if (isLearned) expect(Array.from(clean.dLogits)).toEqual([0, 0]);
  });
});
