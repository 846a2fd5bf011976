import { describe, expect, test } from "vitest";
import { Bench, generator, random } from "../test/arrays.ts";
import { splineScratchSize } from "./index.ts";

const MIN = 1e-3;
const OFFSET = Math.log(Math.expm1(1 - MIN));

/** The spline of one number, in float64, from its definition; the inverse by bisection. */
function reference(x: number, raw: Float64Array, bins: number, bound: number, inverse: boolean): [number, number] {
  if (Math.abs(x) > bound) return [x, 0];
  const sizes = (from: number): number[] => {
    const part = Array.from(raw.subarray(from, from + bins));
    const peak = Math.max(...part);
    const weights = part.map((r) => Math.exp(r - peak));
    const total = weights.reduce((a, b) => a + b);
    return weights.map((w) => 2 * bound * (MIN + (1 - MIN * bins) * (w / total)));
  };
  const edges = (parts: number[]): number[] =>
    [0, ...parts].map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part, -bound));
  const [widths, heights] = [sizes(0), sizes(bins)];
  const [lefts, bottoms] = [edges(widths), edges(heights)];
  const slope = (k: number): number => {
    if (k === 0 || k === bins) return 1;
    const r = (raw[2 * bins + k - 1] as number) + OFFSET;
    return MIN + Math.max(r, 0) + Math.log1p(Math.exp(-Math.abs(r)));
  };
  const searched = inverse ? bottoms : lefts;
  let bin = 0;
  while (bin < bins - 1 && x >= (searched[bin + 1] as number)) bin++;
  const [w, h, d0, d1] = [widths[bin], heights[bin], slope(bin), slope(bin + 1)] as [number, number, number, number];
  const s = h / w;
  const at = (t: number): { y: number; log: number } => {
    const q = t * (1 - t);
    const d = s + (d0 + d1 - 2 * s) * q;
    return {
      y: (bottoms[bin] as number) + (h * (s * t * t + d0 * q)) / d,
      log: 2 * Math.log(s / d) + Math.log(d1 * t * t + 2 * s * q + d0 * (1 - t) ** 2),
    };
  };
  if (!inverse) {
    const { y, log } = at((x - (lefts[bin] as number)) / w);
    return [y, log];
  }
  let [low, high] = [0, 1];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (at(middle).y < x) low = middle;
    else high = middle;
  }
  return [(lefts[bin] as number) + w * low, -at(low).log];
}

const next = generator(23);

for (const name of ["scalar", "simd", "relaxed"] as const) {
  describe(name, () => {
    for (const scale of [0, 1, 3]) {
      test(`values and gradients agree with the definition, raw parameters up to ${scale}`, () => {
        const bench = new Bench(name);
        for (let count = 1; count <= 33; count++) {
          for (const [bins, inverse] of [
            [1, false],
            [2, true],
            [8, false],
            [8, true],
            [10, false],
            [5, true],
          ] as const) {
            const bound = 3 + 2 * next();
            const size = 3 * bins - 1;
            const values = { x: random(next, count, bound * 1.2), raw: random(next, count * size, scale) };
            const [x, raw] = [bench.array(values.x), bench.array(values.raw)];
            const [y, logDet, dx] = [bench.array(count), bench.array(count), bench.array(count)];
            const [dValue, dLogDet] = [bench.array(random(next, count)), bench.array(random(next, count))];
            const dRaw = bench.array(count * size);
            const scratch = bench.array(splineScratchSize(bins));
            const settings = { bins, bound: Math.fround(bound), inverse };
            bench.kernels.splineForward(x, raw, y, logDet, settings, scratch);
            bench.kernels.splineGradient(x, raw, dValue, dLogDet, dx, dRaw, settings, scratch);
            for (let i = 0; i < count; i++) {
              const own = Float64Array.from(values.raw.subarray(i * size, (i + 1) * size));
              const at = (v: number, p: Float64Array): [number, number] =>
                reference(v, p, bins, settings.bound, inverse);
              const loss = (v: number, p: Float64Array): number => {
                const [a, b] = at(v, p);
                return a * (dValue[i] as number) + b * (dLogDet[i] as number);
              };
              const input = values.x[i] as number;
              const [value, log] = at(input, own);
              // What float32 can know of a number up to `bound` moves the outputs by as much as they are steep.
              const nearby = [-1e-4, 1e-4].map((step) => at(input + step, own));
              const steepness = (k: 0 | 1): number =>
                Math.max(...nearby.map((v) => Math.abs(v[k] - (k === 0 ? value : log)))) / 1e-4;
              const condition = 1 + Math.max(steepness(0), steepness(1));
              const error =
                Math.max(Math.abs((y[i] as number) - value), Math.abs((logDet[i] as number) - log)) / condition;
              expect(error, `${bins} ${inverse} ${input}`).toBeLessThan(4e-6);
              const check = (gradient: number, above: number, below: number, step: number): void => {
                const slope = (above - below) / (2 * step);
                // The derivative of the log-slope jumps at the knots: there it has no value to compare with.
                const here = loss(input, own);
                if (Math.abs(above + below - 2 * here) > 1e-4 * step * condition) return;
                const difference = Math.abs(gradient - slope) / Math.max(1, Math.abs(slope)) / condition;
                expect(difference, `${bins} ${inverse} ${input} ${gradient} ${slope}`).toBeLessThan(1e-4);
              };
              const step = 1e-5;
              check(dx[i] as number, loss(input + step, own), loss(input - step, own), step);
              for (let trial = 0; trial < 4; trial++) {
                const k = Math.floor(next() * size);
                const before = own[k] as number;
                own[k] = before + step;
                const above = loss(input, own);
                own[k] = before - step;
                const below = loss(input, own);
                own[k] = before;
                check(dRaw[i * size + k] as number, above, below, step);
              }
            }
            expect(bench.finish()).toBe(true);
          }
        }
      });
    }

    test("tails, edges, infinities and NaN", () => {
      const bench = new Bench(name);
      const inputs = [-7, 5.000001, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 5, -5, -0, 1e-30];
      for (const inverse of [false, true]) {
        const x = bench.array(inputs);
        const raw = bench.array(random(next, inputs.length * 23, 2));
        const [y, logDet, dx] = [bench.array(inputs.length), bench.array(inputs.length), bench.array(inputs.length)];
        const dRaw = bench.array(raw.length);
        const one = bench.array(inputs.map(() => 1));
        const settings = { bins: 8, bound: 5, inverse };
        const scratch = bench.array(splineScratchSize(8));
        bench.kernels.splineForward(x, raw, y, logDet, settings, scratch);
        bench.kernels.splineGradient(x, raw, one, one, dx, dRaw, settings, scratch);
        expect(Array.from(y.subarray(0, 4))).toEqual(Array.from(x.subarray(0, 4)));
        expect(Array.from(logDet.subarray(0, 4))).toEqual([0, 0, 0, 0]);
        expect(Array.from(dx.subarray(0, 4))).toEqual([1, 1, 1, 1]);
        expect(dRaw.subarray(0, 4 * 23).every((d) => d === 0)).toBe(true);
        for (const out of [y, logDet, dx]) expect(out[4]).toBeNaN();
        expect(y[5]).toBeCloseTo(5, 5);
        expect(y[6]).toBeCloseTo(-5, 5);
        expect([y, logDet, dx].every((out) => out.subarray(5).every(Number.isFinite))).toBe(true);
        expect(dRaw.subarray(5 * 23).every(Number.isFinite)).toBe(true);
      }
      expect(bench.finish()).toBe(true);
    });

    test("extreme parameters give finite numbers, and the inverse inverts", () => {
      const bench = new Bench(name);
      for (const scale of [10, 50, 1e4, 1e10]) {
        const x = bench.array(random(next, 33, 5));
        const raw = bench.array(random(next, 33 * 23, scale));
        const [y, back, logDet, dx] = [33, 33, 33, 33].map((n) => bench.array(n)) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const dRaw = bench.array(raw.length);
        const one = bench.array(Array(33).fill(1));
        const scratch = bench.array(splineScratchSize(8));
        const settings = { bins: 8, bound: 5, inverse: false };
        bench.kernels.splineForward(x, raw, y, logDet, settings, scratch);
        expect([...y, ...logDet].every(Number.isFinite), `${scale}`).toBe(true);
        bench.kernels.splineGradient(x, raw, one, one, dx, dRaw, settings, scratch);
        expect([...dx, ...dRaw].every(Number.isFinite), `${scale}`).toBe(true);
        bench.kernels.splineForward(y, raw, back, logDet, { ...settings, inverse: true }, scratch);
        expect([...back, ...logDet].every(Number.isFinite), `${scale}`).toBe(true);
        expect(bench.finish()).toBe(true);
      }
    });
  });
}
