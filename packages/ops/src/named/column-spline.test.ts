import { useBackend } from "@pushforward/backend";
import { createKey, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../../testing/test/deep.ts";
import { type ColumnSplineParameters, columnSpline } from "../index.ts";

const COLUMNS = 3;
const KNOTS = 6;
const NAMES = ["PushforwardColumnSpline", "PushforwardColumnSplineGrad"];

type Arrays = readonly Float32Array[];

const shapes: readonly number[][] = [
  [COLUMNS, 2],
  [COLUMNS, KNOTS - 1],
  [COLUMNS, KNOTS - 1],
  [COLUMNS, KNOTS],
];

/** Parameters of splines between about −2 and 2. */
function parameters(): Arrays {
  const normal = (name: string, count: number): Float32Array => createKey(5).fold(name).normal(count);
  return [
    normal("corners", COLUMNS * 2).map((v) => 0.3 * v - 2),
    normal("widths", COLUMNS * (KNOTS - 1)).map((v) => 0.6 * v - 0.5),
    normal("heights", COLUMNS * (KNOTS - 1)).map((v) => 0.6 * v - 0.5),
    normal("slopes", COLUMNS * KNOTS).map((v) => 0.6 * v),
  ];
}

function named(tensors: readonly tf.Tensor[]): ColumnSplineParameters {
  const [corners, logWidths, logHeights, logSlopes] = tensors as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return { corners, logWidths, logHeights, logSlopes };
}

const asTensors = (arrays: Arrays): tf.Tensor[] => arrays.map((values, i) => tf.tensor(values, shapes[i]));

/** The map from x to y of one number, float64, from the definition. */
function reference(x: number, arrays: Arrays, column: number): [y: number, log: number] {
  const at = (part: number, k: number): number => (arrays[part] as Float32Array)[k] as number;
  let [left, bottom] = [at(0, 2 * column), at(0, 2 * column + 1)];
  const slope = (k: number): number => Math.exp(at(3, column * KNOTS + k));
  if (x < left) return [bottom + slope(0) * (x - left), Math.log(slope(0))];
  for (let k = 0; k < KNOTS - 1; k++) {
    const [w, h] = [1, 2].map((part) => Math.exp(at(part, column * (KNOTS - 1) + k))) as [number, number];
    if (x <= left + w) {
      const [d0, d1, s, t] = [slope(k), slope(k + 1), h / w, (x - left) / w];
      const d = s + (d0 + d1 - 2 * s) * t * (1 - t);
      const y = bottom + (h * (s * t * t + d0 * t * (1 - t))) / d;
      return [y, Math.log((s * s * (d1 * t * t + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2)) / (d * d))];
    }
    left += w;
    bottom += h;
  }
  return [bottom + slope(KNOTS - 1) * (x - left), Math.log(slope(KNOTS - 1))];
}

/** The middle of each bin, on both sides, and a point in each tail: the log-slope is not smooth at the knots. */
function betweenKnots(arrays: Arrays): { readonly x: Float32Array; readonly y: Float32Array; readonly rows: number } {
  const [corners, widths, heights] = arrays as [Float32Array, Float32Array, Float32Array];
  const rows = KNOTS + 1;
  const middles = (sizes: Float32Array, side: number): Float32Array => {
    const values = new Float32Array(rows * COLUMNS);
    for (let j = 0; j < COLUMNS; j++) {
      let knot = corners[2 * j + side] as number;
      values[j] = knot - 0.7;
      for (let k = 0; k < KNOTS - 1; k++) {
        const size = Math.exp(sizes[j * (KNOTS - 1) + k] as number);
        values[(k + 1) * COLUMNS + j] = knot + 0.4 * size;
        knot += size;
      }
      values[KNOTS * COLUMNS + j] = knot + 0.9;
    }
    return values;
  };
  return { x: middles(widths, 0), y: middles(heights, 1), rows };
}

const maxDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - (b[i] as number)) / Math.max(1, Math.abs(b[i] as number))));

for (const backend of BACKENDS) {
  for (const way of ["fused", "plain"] as const) {
    describe(`${backend}, ${way} kernel`, () => {
      let fused: tf.KernelConfig[] = [];
      beforeAll(async () => {
        await useBackend(backend);
        fused = NAMES.map((name) => tf.getKernel(name, backend));
        if (way === "plain") for (const name of NAMES) tf.unregisterKernel(name, backend);
      });
      afterAll(() => {
        if (way === "plain") for (const kernel of fused) tf.registerKernel(kernel);
      });
      const tolerance = way === "fused" ? 1e-6 : 2e-5;
      const arrays = parameters();
      const xs = createKey(6)
        .normal(40 * COLUMNS)
        .map((v) => 1.5 * v);

      test("the kernel under test is the one that runs", () => {
        expect(tf.getKernel(NAMES[0] as string, backend) !== undefined).toBe(way === "fused");
      });

      test("values and log-dets against float64, with any batch axes, and back", () => {
        tf.tidy(() => {
          const spline = named(asTensors(arrays));
          const x = tf.tensor(xs, [4, 10, COLUMNS]);
          const [y, logDet] = columnSpline(x, spline);
          const points = Array.from(xs, (v, i) => reference(v, arrays, i % COLUMNS));
          const logs = Array.from({ length: 40 }, (_, r) =>
            points.slice(r * COLUMNS, (r + 1) * COLUMNS).reduce((sum, [, log]) => sum + log, 0),
          );
          expect([y.shape, logDet.shape]).toEqual([
            [4, 10, COLUMNS],
            [4, 10],
          ]);
          expect(
            maxDifference(
              y.dataSync(),
              points.map(([value]) => value),
            ),
          ).toBeLessThan(tolerance);
          expect(maxDifference(logDet.dataSync(), logs)).toBeLessThan(2 * tolerance);
          const [back, negative] = columnSpline(y, spline, { inverse: true });
          expect(maxDifference(back.dataSync(), xs)).toBeLessThan(5 * tolerance);
          expect(
            maxDifference(
              negative.dataSync(),
              logs.map((log) => -log),
            ),
          ).toBeLessThan(20 * tolerance);
          const [one, oneLog] = columnSpline(tf.tensor1d(xs.subarray(0, COLUMNS)), spline);
          expect([one.shape, oneLog.shape]).toEqual([[COLUMNS], []]);
        });
      });

      test("gradients of x and of all parameters are central differences", () => {
        tf.tidy(() => {
          const { x, y: ofInverse, rows } = betweenKnots(arrays);
          const all = [[rows, COLUMNS], ...shapes];
          const weights = tf.tensor2d(createKey(8).normal(rows * COLUMNS), [rows, COLUMNS]);
          for (const inverse of [false, true]) {
            const inputs = [inverse ? ofInverse : x, ...arrays];
            const loss = (...tensors: tf.Tensor[]): tf.Tensor => {
              const [y, logDet] = columnSpline(tensors[0] as tf.Tensor, named(tensors.slice(1)), { inverse });
              return tf.add(tf.sum(tf.mul(y, weights)), tf.sum(tf.mul(logDet, tf.linspace(-1, 1, rows))));
            };
            const tensors = inputs.map((values, k) => tf.tensor(values, all[k]));
            const gradients = tf.grads(loss)(tensors);
            for (const [k, values] of inputs.entries()) {
              // In short runs every other number: of each kind and column, there are some.
              for (let i = k % 2; i < values.length; i += DEEP ? 1 : 2) {
                const at = (h: number): number => {
                  const moved = tf.tensor(values.map((v, j) => (j === i ? v + h : v)) as Float32Array, all[k]);
                  return loss(...tensors.map((tensor, j) => (j === k ? moved : tensor))).dataSync()[0] as number;
                };
                const h = 5e-3;
                const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
                const got = (gradients[k] as tf.Tensor).dataSync()[i] as number;
                expect(Math.abs(got - slope) / Math.max(1, Math.abs(slope)), `${k} ${i}`).toBeLessThan(4e-3);
              }
            }
          }
        });
      });

      test("infinities stay, NaN stays NaN in its column alone, and gradients of the rest are finite", () => {
        tf.tidy(() => {
          const spline = named(asTensors(arrays));
          const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
          const x = tf.tensor2d([low, 0, high, 0.1, Number.NaN, 2], [2, COLUMNS]);
          for (const inverse of [false, true]) {
            const [y, logDet] = columnSpline(x, spline, { inverse });
            const values = y.dataSync();
            expect([values[0], values[2]]).toEqual([low, high]);
            expect(Array.from(values, Number.isNaN)).toEqual([false, false, false, false, true, false]);
            expect(Array.from(logDet.dataSync(), Number.isNaN)).toEqual([false, true]);
          }
          const far = tf.tensor2d([-1e6, 1e6, -2, 0, 0, 0], [2, COLUMNS]);
          for (const gradient of tf.grads((...t) => tf.sum(columnSpline(t[0] as tf.Tensor, named(t.slice(1)))[1]))([
            far,
            ...asTensors(arrays),
          ])) {
            expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
          }
        });
      });

      test("empty batches, and nothing leaks", () => {
        const tensors = asTensors(arrays);
        const before = tf.memory().numTensors;
        tf.tidy(() => {
          const [y, logDet] = columnSpline(tf.zeros([0, COLUMNS]), named(tensors));
          expect([y.shape, logDet.shape]).toEqual([[0, COLUMNS], [0]]);
        });
        tf.dispose(columnSpline(tf.keep(tf.zeros([1, COLUMNS])), named(tensors)));
        expect(tf.memory().numTensors).toBe(before + 1);
        tf.disposeVariables();
        tf.dispose(tensors);
      });
    });
  }
}

test("the fused gradient is that of the fallback, where no input is near a knot", async () => {
  await useBackend("cpu");
  const arrays = parameters();
  const gradients = (): Float32Array[] =>
    tf.tidy(() => {
      const x = tf.tensor2d(createKey(9).normal(60 * COLUMNS), [60, COLUMNS]);
      const loss = (...t: tf.Tensor[]): tf.Tensor => {
        const [y, logDet] = columnSpline(t[0] as tf.Tensor, named(t.slice(1)));
        return tf.add(tf.sum(tf.mul(y, y)), tf.sum(logDet));
      };
      return tf
        .grads(loss)([x, ...asTensors(arrays)])
        .map((gradient) => gradient.dataSync() as Float32Array);
    });
  const fused = gradients();
  const kernels = NAMES.map((name) => tf.getKernel(name, "cpu"));
  for (const name of NAMES) tf.unregisterKernel(name, "cpu");
  const plain = gradients();
  for (const kernel of kernels) tf.registerKernel(kernel);
  for (const [k, values] of fused.entries()) expect(maxDifference(values, plain[k] as Float32Array)).toBeLessThan(2e-4);
});

test("shapes that do not fit are named", async () => {
  await useBackend("cpu");
  tf.tidy(() => {
    const spline = named(asTensors(parameters()));
    expect(() => columnSpline(tf.zeros([5, 2]), spline)).toThrow(
      new ShapeError("columnSpline: expected corners of shape [2, 2] with at least 2 knots for x [5, 2], got [3, 2]."),
    );
    expect(() => columnSpline(tf.zeros([3]), { ...spline, logWidths: tf.zeros([3, 2]) })).toThrow(
      new ShapeError("columnSpline: expected logWidths of shape [3, 5] with at least 2 knots for x [3], got [3, 2]."),
    );
    expect(() => columnSpline(tf.scalar(1), spline)).toThrow(ShapeError);
  });
});
