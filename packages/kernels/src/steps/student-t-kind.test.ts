import { expect, test } from "vitest";
import { generator, largestError, random } from "../../test/arrays.ts";
import { scalarKernels, stepKinds } from "../index.ts";

const NU = 1.5;
const CONSTANT = -0.7;

function run(x: ArrayLike<number>, location: ArrayLike<number>, whitening: ArrayLike<number>, dy?: ArrayLike<number>) {
  const kind = stepKinds.studentTLogProb;
  const n = location.length;
  const rows = x.length / n;
  const y = new Float32Array(rows);
  const dx = new Float32Array(x.length).fill(Number.NaN);
  const nothing = (size: number): Float32Array => new Float32Array(size).fill(Number.NaN);
  const dParameters: [Float32Array, Float32Array] = [nothing(n), nothing(n * n)];
  const step = kind.bind({
    kernels: scalarKernels,
    rows,
    inputs: [n],
    outputs: [1],
    settings: { degreesOfFreedom: NU, logConstant: CONSTANT },
    isTraining: true,
    input: [Float32Array.from(x)],
    output: [y],
    parameters: [Float32Array.from(location), Float32Array.from(whitening)],
    identities: [],
    saved: new Float32Array(0),
    scratch: new Float32Array(0),
    dOutput: [Float32Array.from(dy ?? new Float32Array(rows).fill(1))],
    dInput: [dx],
    dParameters,
  });
  step.forward();
  step.backward?.();
  return { y, dx, dParameters };
}

/** By the definition, with logarithms of plain squares. */
function definition(x: ArrayLike<number>, location: ArrayLike<number>, whitening: ArrayLike<number>): number[] {
  const n = location.length;
  return Array.from({ length: x.length / n }, (_, r) => {
    let [square, logDet] = [0, 0];
    for (let i = 0; i < n; i++) {
      let z = 0;
      for (let j = 0; j <= i; j++) {
        z += (whitening[i * n + j] as number) * ((x[r * n + j] as number) - (location[j] as number));
      }
      square += z * z;
      logDet += Math.log(whitening[i * n + i] as number);
    }
    return CONSTANT + logDet - 0.5 * (NU + n) * Math.log(1 + square / NU);
  });
}

test("values and gradients are those of the definition, for any number of columns; its numbers do not learn", () => {
  for (let n = 1; n <= 6; n++) {
    const next = generator(n);
    const rows = 7;
    const [x, location, dy] = [random(next, rows * n, 3), random(next, n), random(next, rows)];
    const whitening = random(next, n * n).map((value, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return i === j ? 0.5 + Math.abs(value) : i > j ? value : 0;
    });
    const { y, dx, dParameters } = run(x, location, whitening, dy);
    expect(largestError(y, definition(x, location, whitening))).toBeLessThan(2e-6);
    const step = 1e-5;
    const expected = Float64Array.from(x, (_, at) => {
      const value = (offset: number): number => {
        const moved = Float64Array.from(x);
        moved[at] = (x[at] as number) + offset;
        return definition(moved, location, whitening).reduce((sum, v, r) => sum + v * (dy[r] as number), 0);
      };
      return (value(step) - value(-step)) / (2 * step);
    });
    expect(largestError(dx, expected)).toBeLessThan(3e-6);
    for (const gradient of dParameters) expect(gradient.every((value) => value === 0)).toBe(true);
  }
});

test("no float32 overflows; infinite numbers have no density and no slope, NaN stays NaN", () => {
  const inf = Number.POSITIVE_INFINITY;
  const { y, dx } = run([3e38, -3e38, inf, inf, 0, -inf, Number.NaN, inf], [0, 0], [1, 0, -1, 1]);
  expect(y[0]).toBeGreaterThan(-400);
  expect(y[0]).toBeCloseTo(CONSTANT - 1.75 * Math.log((9e76 + 3.6e77) / NU), 3);
  expect([...y.subarray(1)]).toEqual([-inf, -inf, Number.NaN]);
  expect([...dx.subarray(2, 6)].map(Math.abs)).toEqual([0, 0, 0, 0]);
});
