import { useBackend } from "@pushforward/backend";
import { createKey, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { rationalQuadraticSpline } from "../index.ts";

const BINS = 8;
const BOUND = 5;

type Tails = "identity" | "linear";

/** The definition in Durkan et al. 2019, float64, written without regard to speed: [y, log dy/dx]. */
function reference(x: number, raw: readonly number[], tails: Tails, bins = BINS, bound = BOUND): [number, number] {
  const offset = Math.log(Math.exp(0.999) - 1);
  const inner = raw.slice(2 * bins).map((v) => 1e-3 + Math.log1p(Math.exp(v + offset)));
  const slopes = tails === "linear" ? inner : [1, ...inner, 1];
  if (Math.abs(x) > bound) {
    const [end, slope] = (x > 0 ? [bound, slopes[bins]] : [-bound, slopes[0]]) as [number, number];
    return [end + slope * (x - end), Math.log(slope)];
  }
  const sizes = (r: readonly number[]): number[] => {
    const total = r.reduce((sum, v) => sum + Math.exp(v), 0);
    return r.map((v) => 2 * bound * (1e-3 + (1 - 1e-3 * bins) * (Math.exp(v) / total)));
  };
  const widths = sizes(raw.slice(0, bins));
  const heights = sizes(raw.slice(bins, 2 * bins));
  let [x0, y0, k] = [-bound, -bound, 0];
  while (k < bins - 1 && x >= x0 + (widths[k] as number)) {
    x0 += widths[k] as number;
    y0 += heights[k] as number;
    k++;
  }
  const [w, h, d0, d1] = [widths[k], heights[k], slopes[k], slopes[k + 1]] as [number, number, number, number];
  const s = h / w;
  const t = (x - x0) / w;
  const below = s + (d1 + d0 - 2 * s) * t * (1 - t);
  const y = y0 + (h * (s * t ** 2 + d0 * t * (1 - t))) / below;
  const slope = (s ** 2 * (d1 * t ** 2 + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2)) / below ** 2;
  return [y, Math.log(slope)];
}

/** Inverse by bisection of the definition. */
function referenceInverse(y: number, raw: readonly number[], tails: Tails): [number, number] {
  // Slopes of at least 1e-3 reach every y of these tests in there.
  let [low, high] = Math.abs(y) > BOUND ? [-1e4, 1e4] : [-BOUND, BOUND];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    // From here on, nothing changes.
    if (middle <= low || middle >= high) break;
    if (reference(middle, raw, tails)[0] < y) low = middle;
    else high = middle;
  }
  const x = (low + high) / 2;
  return [x, -reference(x, raw, tails)[1]];
}

const INFINITY = Number.POSITIVE_INFINITY;

/** Rows of ordinary and extreme parameters with x inside, outside, on knots and on the edges. */
function cases(count: number, size: number): { xs: number[]; rows: number[][] } {
  const key = createKey(7);
  const uniform = key.fold("x").uniform(count);
  const normal = key.fold("parameters").normal(count * size);
  const xs: number[] = [];
  const rows: number[][] = [];
  for (let i = 0; i < count; i++) {
    const scale = [0, 0.3, 1, 3, 15][i % 5] as number;
    xs.push(Math.fround(((uniform[i] as number) - 0.5) * 13));
    rows.push(Array.from(normal.slice(i * size, (i + 1) * size), (v) => Math.fround(v * scale)));
  }
  return { xs, rows };
}

const ways = [
  ["fused", "identity"],
  ["plain", "identity"],
  ["fused", "linear"],
  ["plain", "linear"],
] as const;

for (const backend of BACKENDS) {
  for (const [way, tails] of ways) {
    describe(`${backend}, ${way} kernel, ${tails} tails`, () => {
      const SIZE = tails === "linear" ? 3 * BINS + 1 : 3 * BINS - 1;
      const names = ["PushforwardRationalQuadraticSpline", "PushforwardRationalQuadraticSplineGrad"];
      let fused: tf.KernelConfig[] = [];
      beforeAll(async () => {
        await useBackend(backend);
        fused = names.map((name) => tf.getKernel(name, backend));
        if (way === "plain") for (const name of names) tf.unregisterKernel(name, backend);
      });
      afterAll(() => {
        if (way === "plain") for (const kernel of fused) tf.registerKernel(kernel);
      });
      // The fused kernel computes in float64, from exponentials of float32; plain ops round at each step.
      const tolerance = way === "fused" ? 5e-7 : 2e-5;

      const spline = (x: tf.Tensor, parameters: tf.Tensor, inverse = false): [tf.Tensor, tf.Tensor] =>
        rationalQuadraticSpline(x, parameters, { bins: BINS, bound: BOUND, tails, inverse });

      test("the kernel under test is the one that runs", () => {
        expect(tf.getKernel(names[0] as string, backend) !== undefined).toBe(way === "fused");
      });

      test("values and log-derivatives of both directions", () => {
        tf.tidy(() => {
          const { xs, rows } = cases(200, SIZE);
          for (const inverse of [false, true]) {
            const [y, logDet] = spline(tf.tensor1d(xs), tf.tensor2d(rows), inverse).map((t) => t.dataSync());
            for (const [i, x] of xs.entries()) {
              const [wantY, wantL] = (inverse ? referenceInverse : reference)(x, rows[i] as number[], tails);
              expect(Math.abs((y?.[i] as number) - wantY), `y of case ${i}`).toBeLessThan(
                tolerance * 10 * Math.max(1, Math.abs(wantY)),
              );
              // Where neighboring bins differ a thousandfold, a rounding of x changes the slope a thousand times more.
              const steep = (i % 5 === 4 ? 200 : i % 5 === 3 ? 20 : 1) * (way === "fused" ? 1 : 4);
              expect(Math.abs((logDet?.[i] as number) - wantL), `log-det of case ${i}`).toBeLessThan(
                tolerance * steep * Math.max(1, Math.abs(wantL)),
              );
            }
          }
        });
      });

      test("gradients against finite differences of the float64 definition", () => {
        tf.tidy(() => {
          const { xs, rows } = cases(40, SIZE);
          const weights = xs.map((_, i) => [Math.sin(i + 1), Math.cos(i)] as const);
          const [wy, wl] = [0, 1].map((k) => tf.tensor1d(weights.map((w) => w[k] as number))) as [tf.Tensor, tf.Tensor];
          for (const inverse of [false, true]) {
            const f = (x: tf.Tensor, p: tf.Tensor): tf.Tensor => {
              const [y, l] = spline(x, p, inverse);
              return tf.add(tf.sum(tf.mul(y, wy)), tf.sum(tf.mul(l, wl)));
            };
            const [dx, dp] = tf
              .grads(f)([tf.tensor1d(xs), tf.tensor2d(rows)])
              .map((t) => t.dataSync());
            const definition = inverse ? referenceInverse : reference;
            for (const [i, x] of xs.entries()) {
              if (i % 5 > 2) continue;
              const row = rows[i] as number[];
              const [a, b] = weights[i] as readonly [number, number];
              const loss = (at: number, r: number[]): number => {
                const [y, l] = definition(at, r, tails);
                return a * y + b * l;
              };
              const h = 1e-5;
              const check = (got: number, slope: number, what: string): void => {
                const scale = Math.max(1, Math.abs(slope));
                expect(Math.abs(got - slope) / scale, `${what} of case ${i}`).toBeLessThan(
                  way === "fused" ? 2e-6 : 1e-4,
                );
              };
              check(dx?.[i] as number, (loss(x + h, row) - loss(x - h, row)) / (2 * h), "x");
              for (let j = 0; j < SIZE; j++) {
                const moved = (by: number): number[] => row.map((v, k) => (k === j ? v + by : v));
                const slope = (loss(x, moved(h)) - loss(x, moved(-h))) / (2 * h);
                check(dp?.[i * SIZE + j] as number, slope, `parameter ${j}`);
              }
            }
          }
        });
      });

      test("zero parameters are the identity, also on the knots, at the edges and outside", () => {
        tf.tidy(() => {
          const xs = [-INFINITY, -1e6, -5.001, -5, -3.75, -1.25, -1e-30, 0, 0.3, 1.25, 4.9999, 5, 5.001, 1e6, INFINITY];
          for (const inverse of [false, true]) {
            const [y, l] = spline(tf.tensor1d(xs), tf.zeros([SIZE]), inverse).map((t) => [...t.dataSync()]);
            for (const [i, x] of xs.entries()) {
              if (Number.isFinite(x))
                expect(Math.abs((y?.[i] as number) / Math.fround(x || 1) - (x ? 1 : 0))).toBeLessThan(
                  x === -1e-30 ? 2e24 : 1e-6,
                );
              else expect(y?.[i]).toBe(x);
              expect(Math.abs(l?.[i] as number)).toBeLessThan(1e-6);
            }
          }
        });
      });

      test("NaN in, NaN out, and nothing else becomes NaN", () => {
        tf.tidy(() => {
          const rows = [
            Array(SIZE).fill(0),
            Array(SIZE).fill(Number.NaN),
            Array(SIZE).fill(0),
            Array(SIZE).fill(Number.NaN),
          ];
          for (const inverse of [false, true]) {
            const [y, l] = spline(tf.tensor1d([Number.NaN, 1, 1, 7]), tf.tensor2d(rows), inverse).map((t) => [
              ...t.dataSync(),
            ]);
            // A linear tail has a slope among the parameters.
            const outside = tails === "linear";
            expect([y?.map(Number.isNaN), l?.map(Number.isNaN)]).toEqual(Array(2).fill([true, true, false, outside]));
            if (!outside) expect([y?.[3], l?.[3]]).toEqual([7, 0]);
          }
        });
      });

      test("values and gradients are finite at the extremes, and the map stays monotone and invertible", () => {
        tf.tidy(() => {
          const xs = [-INFINITY, -1e6, -5, -3.75, -2.5, 0, 1.25, 2.5, 4.999, 5, 1e6, INFINITY];
          for (const pattern of [
            (): number => 50,
            (): number => -50,
            (i: number): number => (i % 2 === 0 ? 50 : -50),
            (i: number): number => (i < BINS ? 50 - 12 * i : i < 2 * BINS ? 12 * i - 150 : -50),
            (i: number): number => (i < 2 * BINS ? 0 : 50),
          ]) {
            const row = tf.tensor1d(Array.from({ length: SIZE }, (_, i) => pattern(i)));
            const x = tf.tensor1d(xs);
            for (const inverse of [false, true]) {
              const f = (v: tf.Tensor, p: tf.Tensor): tf.Tensor => {
                const [y, l] = spline(v, p, inverse);
                return tf.add(tf.sum(tf.where(tf.isFinite(v), y, 0)), tf.sum(l));
              };
              for (const gradient of tf.grads(f)([x, row])) {
                expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
              }
              const [y, l] = spline(x, row, inverse).map((t) => [...t.dataSync()]) as [number[], number[]];
              expect(l.every(Number.isFinite)).toBe(true);
              for (let i = 1; i < xs.length; i++) expect(y[i]).toBeGreaterThanOrEqual(y[i - 1] as number);
            }
            if (way === "fused") {
              const inner = tf.linspace(-4.9, 4.9, 41);
              const [y] = spline(inner, row);
              const [back, backLog] = spline(y, row, true);
              // A rounding of y moves x by 1/slope.
              const [, log] = spline(back, row);
              const slack = tf.add(2e-6, tf.mul(tf.exp(tf.abs(backLog)), 1e-6));
              expect(Math.max(...tf.div(tf.abs(tf.sub(back, inner)), slack).dataSync())).toBeLessThan(1);
              expect([...log.dataSync()].every(Number.isFinite)).toBe(true);
            }
          }
        });
      });

      test("batch axes broadcast both ways, values and gradients", () => {
        tf.tidy(() => {
          const x = tf.tensor2d([0.1, -2, 3, 1, 4, -4], [3, 2]);
          const p = tf.tensor2d(cases(10, SIZE).rows.slice(1, 3));
          const single = tf.tensor1d([0.5]);
          const many = tf.tensor3d(cases(10, SIZE).rows.slice(4, 10).flat(), [3, 2, SIZE]);
          for (const [a, b] of [
            [x, p],
            [x, many],
            [single, many],
            [tf.scalar(0.7), p],
            [x, tf.expandDims(tf.squeeze(tf.slice(p, 0, 1)), 0)],
          ] as [tf.Tensor, tf.Tensor][]) {
            const f = (v: tf.Tensor, q: tf.Tensor, expand: boolean): tf.Tensor => {
              const shape = [3, 2];
              const outputs = expand
                ? spline(tf.broadcastTo(v, shape), tf.broadcastTo(q, [...shape, SIZE]))
                : spline(v, q);
              return tf.add(outputs[0], tf.mul(outputs[1], 3));
            };
            const full = f(a, b, true);
            const value = f(a, b, false);
            const broadcast = tf.broadcastTo(value, full.shape);
            expect(Math.max(...tf.abs(tf.sub(broadcast, full)).dataSync())).toBeLessThan(1e-4);
            if (value.size !== full.size) continue;
            const weights = tf.tensor2d([1, 2, -1, 0.5, 3, 1], [3, 2]);
            const gradients = [true, false].map((expand) =>
              tf.grads((v, q) => tf.sum(tf.mul(f(v as tf.Tensor, q as tf.Tensor, expand), weights)))([a, b]),
            ) as [tf.Tensor[], tf.Tensor[]];
            for (const [k, gradient] of gradients[0].entries()) {
              const other = gradients[1][k] as tf.Tensor;
              expect(other.shape).toEqual(gradient.shape);
              const size = tf.add(1, tf.abs(gradient));
              expect(Math.max(...tf.div(tf.abs(tf.sub(gradient, other)), size).dataSync())).toBeLessThan(1e-4);
            }
          }
        });
      });

      test("one bin, two bins, another box", () => {
        tf.tidy(() => {
          for (const bins of [1, 2, 5]) {
            const raw = Array.from(createKey(bins).normal(3 * bins + SIZE - 3 * BINS), Math.fround);
            const xs = [-2.9, -1, 0, 0.4, 2.2, 3, 3.5].map(Math.fround);
            const options = { bins, bound: 3, tails };
            const [y, l] = rationalQuadraticSpline(tf.tensor1d(xs), tf.tensor1d(raw), options);
            for (const [i, x] of xs.entries()) {
              const [wantY, wantL] = reference(x, raw, tails, bins, 3);
              expect(Math.abs((y.dataSync()[i] as number) - wantY)).toBeLessThan(tolerance * 5);
              expect(Math.abs((l.dataSync()[i] as number) - wantL)).toBeLessThan(tolerance * 10);
            }
            const [back] = rationalQuadraticSpline(y, tf.tensor1d(raw), { ...options, inverse: true });
            for (const [i, x] of xs.entries()) expect(back.dataSync()[i]).toBeCloseTo(x, 4);
          }
        });
      });

      test("nothing leaks, forward and backward", () => {
        const x = tf.tensor1d([0.5, 7]);
        const p = tf.zeros([2, SIZE]);
        const { numTensors } = tf.memory();
        const held = tf.engine().backend.numDataIds();
        for (const inverse of [false, true]) {
          tf.dispose(spline(x, p, inverse));
          tf.dispose(tf.grads((v, q) => tf.sum(spline(v as tf.Tensor, q as tf.Tensor, inverse)[1]))([x, p]));
        }
        expect(tf.memory().numTensors).toBe(numTensors);
        expect(tf.engine().backend.numDataIds()).toBe(held);
        tf.dispose([x, p]);
      });

      test("shapes that do not fit are named", () => {
        const [x, p] = [tf.zeros([4]), tf.zeros([3, SIZE])];
        expect(() => spline(x, p)).toThrow(
          new ShapeError(
            `rationalQuadraticSpline: expected parameters [...batch, ${SIZE}] for x [4], got [3, ${SIZE}].`,
          ),
        );
        tf.dispose([x, p]);
      });
    });
  }

  test(`${backend}: second derivatives go through plain ops`, async () => {
    await useBackend(backend);
    const [first, second] = tf.tidy(() => {
      const row = tf.tensor1d(cases(3, 3 * BINS - 1).rows[2] as number[]);
      const f = (x: tf.Tensor): tf.Tensor => tf.sum(rationalQuadraticSpline(x, row, { bins: BINS, bound: BOUND })[0]);
      const slope = tf.grad(f);
      const at = (x: number): number => slope(tf.scalar(x)).dataSync()[0] as number;
      const second = tf
        .grad((x) => tf.sum(slope(x)))(tf.scalar(0.4))
        .dataSync()[0] as number;
      return [(at(0.401) - at(0.399)) / 0.002, second];
    });
    expect(Math.abs((first as number) - (second as number))).toBeLessThan(
      2e-3 * Math.max(1, Math.abs(second as number)),
    );
  });
}
