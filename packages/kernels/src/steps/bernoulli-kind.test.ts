import { describe, expect, test } from "vitest";
import { generator, largestError, random } from "../../test/arrays.ts";
import { scalarKernels, stepKinds } from "../index.ts";

function run(labels: ArrayLike<number>, logits: ArrayLike<number>, columns: number, dy?: ArrayLike<number>) {
  const kind = stepKinds.bernoulliLogProb;
  const rows = logits.length / columns;
  const nothing = (): Float32Array => new Float32Array(logits.length).fill(Number.NaN);
  const dInput: [Float32Array, Float32Array] = [nothing(), nothing()];
  const y = new Float32Array(rows);
  const step = kind.bind({
    kernels: scalarKernels,
    rows,
    inputs: [columns, columns],
    outputs: [1],
    settings: {},
    isTraining: true,
    input: [Float32Array.from(labels), Float32Array.from(logits)],
    output: [y],
    parameters: [],
    identities: [],
    saved: new Float32Array(0),
    scratch: new Float32Array(0),
    dOutput: [Float32Array.from(dy ?? new Float32Array(rows).fill(1))],
    dInput,
    dParameters: [],
  });
  step.forward();
  step.backward?.();
  return { y, dInput };
}

const definition = (labels: ArrayLike<number>, logits: ArrayLike<number>, columns: number): number[] =>
  Array.from({ length: logits.length / columns }, (_, r) => {
    let sum = 0;
    for (let i = r * columns; i < (r + 1) * columns; i++) {
      const p = 1 / (1 + Math.exp(-(logits[i] as number)));
      const y = labels[i] as number;
      sum += y * Math.log(p) + (1 - y) * Math.log(1 - p);
    }
    return sum;
  });

describe("labels given logits", () => {
  test("values and gradients are those of the definition, for any number of columns", () => {
    for (let columns = 1; columns <= 7; columns++) {
      const next = generator(columns);
      const rows = 11;
      const logits = random(next, rows * columns, 4);
      const labels = Float32Array.from(logits, (_, i) => (i % 3 === 0 ? next() : i % 2));
      const dy = random(next, rows);
      const { y, dInput } = run(labels, logits, columns, dy);
      expect(largestError(y, definition(labels, logits, columns))).toBeLessThan(2e-6);
      const step = 1e-5;
      for (const [k, of] of [labels, logits].entries()) {
        const expected = Float64Array.from(of, (_, at) => {
          const [above, below] = [Float64Array.from(of), Float64Array.from(of)];
          above[at] = (of[at] as number) + step;
          below[at] = (of[at] as number) - step;
          const value = (moved: Float64Array): number =>
            definition(k === 0 ? moved : labels, k === 1 ? moved : logits, columns).reduce(
              (sum, v, r) => sum + v * (dy[r] as number),
              0,
            );
          return (value(above) - value(below)) / (2 * step);
        });
        expect(largestError(dInput[k] as Float32Array, expected)).toBeLessThan(3e-6);
      }
    }
  });

  test("extreme logits neither overflow nor vanish; NaN stays NaN", () => {
    const { y, dInput } = run([1, 0, 1, 0, 1, 0], [1000, 1000, -1000, -1000, Number.NaN, 20], 1);
    expect(y.slice(0, 5)).toEqual(Float32Array.of(0, -1000, -1000, 0, Number.NaN));
    expect(y[5]).toBeCloseTo(-20.000000002061153, 6);
    expect(Array.from(dInput[1]?.slice(0, 4) as Float32Array)).toEqual([0, -1, 1, 0]);
    // A label that is nearly certain keeps its tail.
    expect(run([1], [30], 1).y[0]).toBeCloseTo(-9.357622968839299e-14, 20);
  });
});
