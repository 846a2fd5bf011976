import type { SplineForm, SplineSettings } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS, LENGTHS, WASM_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, firstDifference, generator, random } from "../../test/arrays.ts";
import { ownSpline } from "../../test/forms.ts";
import { scalarKernels, splineParameterCount, splineSavedSize, splineScratchSize } from "../index.ts";

const MIN = 1e-3;
const OFFSET = Math.log(Math.expm1(1 - MIN));
const LIMIT = Math.log(1e3);

/** The usual form, one of clipped bins and slopes, one without an offset, and one in which everything is another. */
const FORMS: readonly SplineForm[] = [
  ownSpline,
  { ...ownSpline, softmaxLimit: LIMIT / 2, slopeLimit: LIMIT, minBin: 0 },
  { ...ownSpline, softmaxScale: 1 / 7, slopeOffset: 0 },
  { ...ownSpline, softmaxScale: 1.5, softmaxLimit: 4, minBin: 1e-2, slopeOffset: -1, minSlope: 0.1 },
];
const NAMES = KERNEL_BUILDS;

interface Point {
  readonly value: number;
  readonly log: number;
  /** −1 below the box, and above it too or `bins`. */
  readonly bin: number;
}

const clip = (r: number, limit: number): number => (limit > 0 ? r / (1 + Math.abs(r) / limit) : r);

/** The slope of a raw number. */
function slopeOf(raw: number, { slopeLimit, slopeOffset, minSlope }: SplineForm): number {
  if (slopeLimit > 0) return Math.exp(clip(raw, slopeLimit));
  const r = raw + slopeOffset;
  return minSlope + Math.max(r, 0) + Math.log1p(Math.exp(-Math.abs(r)));
}

/** Where the bins begin and end, on the sides of x and of y. */
function knots(raw: ArrayLike<number>, settings: SplineSettings): [x: number[], y: number[]] {
  const { bins, bound, softmaxScale, softmaxLimit, minBin } = settings;
  return [0, bins].map((from) => {
    const part = Array.from({ length: bins }, (_, k) => clip(softmaxScale * (raw[from + k] as number), softmaxLimit));
    const peak = Math.max(...part);
    const weights = part.map((r) => Math.exp(r - peak));
    const total = weights.reduce((a, b) => a + b);
    const edges = [-bound];
    for (const w of weights)
      edges.push((edges[edges.length - 1] as number) + 2 * bound * (minBin + (1 - minBin * bins) * (w / total)));
    return edges;
  }) as [number[], number[]];
}

/** The spline of one number, in float64, from its definition; the inverse by bisection. */
function reference(x: number, raw: ArrayLike<number>, settings: SplineSettings): Point {
  const { bins, bound, inverse, tails } = settings;
  const slope = (k: number): number => {
    if (tails !== "linear" && (k === 0 || k === bins)) return 1;
    return slopeOf(raw[2 * bins + k - (tails === "linear" ? 0 : 1)] as number, settings);
  };
  if (Math.abs(x) > bound) {
    const [end, d] = x > 0 ? [bound, slope(bins)] : [-bound, slope(0)];
    if (tails !== "linear") return { value: x, log: 0, bin: -1 };
    return inverse
      ? { value: end + (x - end) / d, log: -Math.log(d), bin: x > 0 ? bins : -1 }
      : { value: end + (x - end) * d, log: Math.log(d), bin: x > 0 ? bins : -1 };
  }
  const [lefts, bottoms] = knots(raw, settings);
  const searched = inverse ? bottoms : lefts;
  let bin = 0;
  while (bin < bins - 1 && x >= (searched[bin + 1] as number)) bin++;
  const [x0, y0, d0, d1] = [lefts[bin], bottoms[bin], slope(bin), slope(bin + 1)] as [number, number, number, number];
  const [w, h] = [(lefts[bin + 1] as number) - x0, (bottoms[bin + 1] as number) - y0];
  const s = h / w;
  const at = (t: number): { y: number; log: number } => {
    const q = t * (1 - t);
    const d = s + (d0 + d1 - 2 * s) * q;
    return {
      y: y0 + (h * (s * t * t + d0 * q)) / d,
      log: 2 * Math.log(s / d) + Math.log(d1 * t * t + 2 * s * q + d0 * (1 - t) ** 2),
    };
  };
  if (!inverse) {
    const { y, log } = at((x - x0) / w);
    return { value: y, log, bin };
  }
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (at(middle).y < x) low = middle;
    else high = middle;
  }
  return { value: x0 + w * low, log: -at(low).log, bin };
}

type Results = Readonly<Record<"y" | "logDet" | "dx" | "dRaw", Float32Array>>;

/** What a set of kernels makes of some inputs; copies, so that the bench can go on. In each of the ways, or in one. */
function run(
  bench: Pick<Bench, "kernels" | "array">,
  inputs: { x: ArrayLike<number>; raw: ArrayLike<number>; dValue: ArrayLike<number>; dLogDet: ArrayLike<number> },
  settings: SplineSettings,
  isOneWay = false,
): Results {
  const [x, raw, dValue, dLogDet] = [inputs.x, inputs.raw, inputs.dValue, inputs.dLogDet].map((v) =>
    bench.array(v),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [y, logDet, dx, dRaw] = [x.length, x.length, x.length, raw.length].map((n) => bench.array(n)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const scratch = bench.array(splineScratchSize(settings.bins));
  bench.kernels.splineForward(x, raw, y, logDet, settings, scratch);
  bench.kernels.splineGradient(x, raw, dValue, dLogDet, dx, dRaw, settings, scratch);
  const out = { y: y.slice(), logDet: logDet.slice(), dx: dx.slice(), dRaw: dRaw.slice() };
  if (isOneWay) return out;
  const expectSame = (): void => {
    for (const [key, values] of Object.entries({ y, logDet, dx, dRaw }))
      expect(firstDifference(values, out[key as keyof Results]), key).toBeUndefined();
  };
  // The same with what the forward pass leaves.
  const saved = bench.array(splineSavedSize(x.length, settings.bins));
  for (const array of [y, logDet, dx, dRaw]) array.fill(7);
  bench.kernels.splineForward(x, raw, y, logDet, settings, scratch, saved);
  scratch.fill(Number.NaN);
  bench.kernels.splineGradient(x, raw, dValue, dLogDet, dx, dRaw, settings, scratch, saved);
  expectSame();
  // The same where other numbers lie between the parameters of two elements.
  const size = splineParameterCount(settings);
  const stride = size + 3;
  const apart = bench.array(x.length * stride).fill(7);
  for (let i = 0; i < x.length; i++) apart.set(raw.subarray(i * size, (i + 1) * size), i * stride + 2);
  const dApart = bench.array(apart.length).fill(7);
  const [ownRaw, ownGradient] = [apart.subarray(2), dApart.subarray(2)];
  const spaced = { ...settings, stride };
  for (const array of [y, logDet, dx, dRaw]) array.fill(7);
  bench.kernels.splineForward(x, ownRaw, y, logDet, spaced, scratch);
  bench.kernels.splineGradient(x, ownRaw, dValue, dLogDet, dx, ownGradient, spaced, scratch);
  for (let i = 0; i < x.length; i++) dRaw.set(dApart.subarray(i * stride + 2, i * stride + 2 + size), i * size);
  expectSame();
  expect(dApart.every((v, i) => v === 7 || (i % stride >= 2 && i % stride < size + 2))).toBe(true);
  return out;
}

const scalar = { kernels: scalarKernels, array: (v: ArrayLike<number> | number) => new Float32Array(v as number) };

// By what part of the box knots may be off, as if the input were: by the errors of the exponentials, which are float64
// in the scalar kernels and float32, but summed in float64, in the others.
const NEARBY = { scalar: 1e-10, simd: 1e-7, relaxed: 1e-7 };

const next = generator(23);

function* shapes(): Generator<{ count: number; settings: SplineSettings }> {
  for (const count of LENGTHS) {
    const bins = count === 33 ? 1 : 2 + (count % 15);
    for (const tails of ["identity", "linear"] as const) {
      for (const inverse of [false, true]) {
        const settings = { ...ownSpline, bins, bound: 3 + 2 * next(), inverse, tails };
        yield { count, settings };
        yield { count, settings: { ...settings, ...FORMS[1 + (count % 3)] } };
      }
    }
  }
}

const directions = [
  [false, "identity"],
  [true, "identity"],
  [false, "linear"],
  [true, "linear"],
] as const;

/** Raw numbers of one row that squeeze bins. */
const extremes: Readonly<Record<string, (k: number, bins: number) => number>> = {
  "all 50": () => 50,
  "all −50": () => -50,
  "±50 in turn": (k) => (k % 2 === 0 ? 50 : -50),
  "one bin takes all": (k, bins) => (k % bins === 2 ? 50 : -50),
  "narrow bins under steep slopes": (k, bins) => (k < bins ? 6 - 1.5 * k : k < 2 * bins ? 1.5 * (k - bins) - 6 : 50),
  "flat slopes": (k, bins) => (k < 2 * bins ? 0 : -50),
  "beyond what octaves reduce exactly": (k) => 5000 + (k % 5),
};

for (const name of NAMES) {
  // The scalar kernels round once, at the end.
  const rounding = name === "scalar" ? 1e-7 : 5e-7;

  /** Values against the definition. */
  const checkValues = (
    x: ArrayLike<number>,
    raw: ArrayLike<number>,
    settings: SplineSettings,
    out: ReturnType<typeof run>,
    label: string,
  ): void => {
    const size = splineParameterCount(settings);
    for (let i = 0; i < x.length; i++) {
      const input = x[i] as number;
      const row = Array.prototype.slice.call(raw, i * size, (i + 1) * size);
      // Where exponents are clipped, in float32, they have errors of some 1e-7 of up to 7.
      const clipped = name !== "scalar" && (settings.softmaxLimit ?? 0) > 0 ? 3 : 1;
      const step = clipped * 2 * settings.bound * NEARBY[name];
      const pointAt = (by: number): Point => reference(input + by, row, settings);
      const here = pointAt(0);
      for (const [key, actual] of [
        ["value", out.y[i]],
        ["log", out.logDet[i]],
      ] as const) {
        const expected = here[key];
        const error = Math.abs((actual as number) - expected);
        const allowed = clipped * rounding * Math.max(1, Math.abs(expected));
        if (error < allowed) continue;
        // How far the true result moves when the input moves that far.
        const spread = Math.max(...[-step, step].map((by) => Math.abs(pointAt(by)[key] - expected)));
        if (error < allowed + spread) continue;
        expect.unreachable(`${label}: ${key} of ${input} ${JSON.stringify(settings)}: off by ${error}.`);
      }
    }
  };

  describe(name, () => {
    for (const scale of [0, 1, 3]) {
      test(`values agree with the definition, raw parameters up to ${scale}`, () => {
        const bench = new Bench(name);
        for (const { count, settings } of shapes()) {
          const x = random(next, count, settings.bound * 1.2);
          const raw = random(next, count * splineParameterCount(settings), scale);
          const ones = Array(count).fill(1);
          checkValues(x, raw, settings, run(bench, { x, raw, dValue: ones, dLogDet: ones }, settings), "random");
          expect(bench.finish()).toBe(true);
        }
      });
    }

    test("values agree with the definition, many bins", () => {
      const bench = new Bench(name);
      const draw = generator(31);
      for (const bins of [33, 150, 500]) {
        for (const [inverse, tails] of directions) {
          const settings = { bins, bound: 5, inverse, tails, ...(FORMS[bins % 3] as SplineForm) };
          const x = random(draw, 21, 5.5);
          const raw = random(draw, 21 * splineParameterCount(settings), 3);
          const ones = Array(21).fill(1);
          checkValues(x, raw, settings, run(bench, { x, raw, dValue: ones, dLogDet: ones }, settings), "many bins");
          expect(bench.finish()).toBe(true);
        }
      }
    });

    for (const scale of [0, 1]) {
      test(`gradients agree with finite differences of the definition, raw parameters up to ${scale}`, () => {
        const bench = new Bench(name);
        let [turn, compared, curved] = [0, 0, 0];
        for (const { count, settings } of shapes()) {
          const size = splineParameterCount(settings);
          const x = random(next, count, settings.bound * 1.1);
          const raw = random(next, count * size, scale);
          const [dValue, dLogDet] = [random(next, count), random(next, count)];
          const { dx, dRaw } = run(bench, { x, raw, dValue, dLogDet }, settings);
          for (let i = 0; i < count; i++) {
            const own = Float64Array.from(raw.subarray(i * size, (i + 1) * size));
            const step = 1e-4;
            const { bin } = reference(x[i] as number, own, settings);
            const check = (gradient: number, moved: (step: number, input: number) => Point): void => {
              const slopeAt = (input: number): number | undefined => {
                const points = [-2, -1, 1, 2].map((k) => moved(k * step, input));
                // The log-slope has no derivative at the knots.
                if (points.some((point) => point.bin !== bin)) return undefined;
                const losses = points.map(
                  ({ value, log }) => value * (dValue[i] as number) + log * (dLogDet[i] as number),
                );
                const [a, b, c, d] = losses as [number, number, number, number];
                return (a - 8 * b + 8 * c - d) / (12 * step);
              };
              const input = x[i] as number;
              const slope = slopeAt(input);
              if (slope === undefined) return;
              compared++;
              const error = Math.abs(gradient - slope);
              const allowed = rounding * ((settings.softmaxLimit ?? 0) > 0 ? 20 : 10) * Math.max(1, Math.abs(slope));
              if (error < allowed) return;
              // How far the true derivative moves when the input moves as far as the knots may be off.
              const away = 2 * settings.bound * NEARBY[name];
              const spread = Math.max(
                ...[-away, away].map((by) => Math.abs((slopeAt(input + by) ?? Number.NaN) - slope)),
              );
              if (!(error < allowed + spread)) expect.unreachable(`off by ${error} ${JSON.stringify(settings)}`);
              curved++;
            };
            check(dx[i] as number, (by, input) => reference(input + by, own, settings));
            for (let k = 0; k < size; k += 1 + Math.floor(next() * 4)) {
              // A tenth of all: other parameters in each row, so that the rows of a shape leave none out.
              if (turn++ % 4 !== 0) continue;
              // A clip has no second derivative at 0.
              if (Math.abs(own[k] as number) <= 2 * step && (settings.softmaxLimit ?? 0) > 0) continue;
              check(dRaw[i * size + k] as number, (by, input) => {
                const row = own.slice();
                row[k] = (own[k] as number) + by;
                return reference(input, row, settings);
              });
            }
          }
          expect(bench.finish()).toBe(true);
        }
        expect(compared).toBeGreaterThan(1500);
        // Only a few derivatives bend so much that the errors of the knots are seen.
        expect(curved).toBeLessThan(compared / 1000);
      });
    }

    test("extreme parameters, at knots, at the ends and between", () => {
      const bench = new Bench(name);
      for (const [label, pattern] of Object.entries(extremes)) {
        // Of raw numbers in the thousands a product with softmaxScale is rounded.
        const isLarge = label.startsWith("beyond");
        for (const [i, bins] of [2, 3, 8, 16, ...(isLarge ? [] : [2, 3, 8, 16])].entries()) {
          for (const [inverse, tails] of directions) {
            const settings = { bins, bound: 5, inverse, tails, ...(FORMS[i < 4 ? 0 : 1 + (i % 3)] as SplineForm) };
            const row = Array.from({ length: splineParameterCount(settings) }, (_, k) => pattern(k, bins));
            const edges = knots(row, settings)[inverse ? 1 : 0];
            const x = Float32Array.from(
              edges.flatMap((edge, k) => [edge, (edge + (edges[k + 1] ?? 5)) / 2, edge + 1e-6]),
            );
            const raw = Array.from(x).flatMap(() => row);
            const [dValue, dLogDet] = [Array(x.length).fill(1), Array(x.length).fill(0)];
            const out = run(bench, { x, raw, dValue, dLogDet }, settings);
            checkValues(x, raw, settings, out, label);
            // The slope is known by its logarithm, also where there is no step for a difference.
            const isOff = (slope: number, i: number): boolean =>
              !(Math.abs(slope / Math.exp(out.logDet[i] as number) - 1) < 5e-5);
            expect(out.dx.findIndex(isOff), label).toBe(-1);
            expect(bench.finish()).toBe(true);
          }
        }
      }
    });

    test("tails, edges, infinities and NaN", () => {
      const bench = new Bench(name);
      const infinity = Number.POSITIVE_INFINITY;
      // No float32 number is 4.3: the nearest is a little larger, and outside.
      const x = [-7, Math.fround(4.3), infinity, -infinity, Number.NaN, 4.2999997, -4.2999997, -0, 1e-30];
      for (const inverse of [false, true]) {
        const raw = random(next, x.length * 23, 2);
        raw.fill(Number.NaN, 0, 23);
        const ones = x.map(() => 1);
        const { y, logDet, dx, dRaw } = run(
          bench,
          { x, raw, dValue: ones, dLogDet: ones },
          { ...ownSpline, bins: 8, bound: 4.3, tails: "identity", inverse },
        );
        expect(Array.from(y.subarray(0, 4))).toEqual(x.slice(0, 4));
        expect(Array.from(logDet.subarray(0, 4))).toEqual([0, 0, 0, 0]);
        expect(Array.from(dx.subarray(0, 4))).toEqual([1, 1, 1, 1]);
        expect(dRaw.subarray(0, 4 * 23).every((d) => d === 0)).toBe(true);
        for (const out of [y, logDet, dx]) expect(out[4]).toBeNaN();
        expect(y[5]).toBeCloseTo(4.3, 5);
        expect(y[6]).toBeCloseTo(-4.3, 5);
        expect([y, logDet, dx].every((out) => out.subarray(5).every(Number.isFinite))).toBe(true);
        expect(dRaw.subarray(5 * 23).every(Number.isFinite)).toBe(true);
      }
      expect(bench.finish()).toBe(true);
    });

    test("linear tails go on with the slopes at the ends; infinities and NaN come through", () => {
      const bench = new Bench(name);
      const infinity = Number.POSITIVE_INFINITY;
      const x = [-7, 1e6, infinity, -infinity, Number.NaN, -4.3, Math.fround(4.3), 9, -1e6, -9];
      const softplus = (r: number): number => MIN + Math.log1p(Math.exp(r + OFFSET));
      for (const inverse of [false, true]) {
        const raw = random(next, x.length * 25, 2);
        // What a tail has nothing to do with.
        for (const row of [0, 7]) raw.fill(Number.NaN, row * 25 + (row === 0 ? 1 : 0), row * 25 + 24);
        raw.fill(Number.NaN, 17, 25);
        raw[16] = -1.5;
        const ones = x.map(() => 1);
        const settings = { ...ownSpline, bins: 8, bound: 4.3, inverse, tails: "linear" } as const;
        const { y, logDet, dx, dRaw } = run(bench, { x, raw, dValue: ones, dLogDet: ones }, settings);
        for (const i of [0, 1, 7, 8, 9]) {
          const input = x[i] as number;
          const end = 4.3 * Math.sign(input);
          const place = i * 25 + (input > 0 ? 24 : 16);
          const slope = softplus(raw[place] as number);
          const close = (actual: number | undefined, expected: number, label: string): void =>
            expect(Math.abs((actual as number) - expected), `${label} ${input} ${inverse}`).toBeLessThanOrEqual(
              rounding * Math.max(1, Math.abs(expected)),
            );
          close(y[i], inverse ? end + (input - end) / slope : end + (input - end) * slope, "y");
          close(logDet[i], inverse ? -Math.log(slope) : Math.log(slope), "log-slope");
          close(dx[i], inverse ? 1 / slope : slope, "dx");
          const bySlope = inverse ? -(input - end) / slope ** 2 - 1 / slope : input - end + 1 / slope;
          close(dRaw[place], bySlope / (1 + Math.exp(-(raw[place] as number) - OFFSET)), "slope");
          expect(dRaw.subarray(i * 25, (i + 1) * 25).filter((d) => d !== 0).length).toBe(1);
        }
        expect([y[2], y[3]]).toEqual([infinity, -infinity]);
        for (const i of [2, 3])
          expect([logDet[i], dx[i], ...dRaw.subarray(i * 25, i * 25 + 25)].every(Number.isFinite)).toBe(true);
        for (const out of [y, logDet, dx]) expect(out[4]).toBeNaN();
        // The ends themselves lie on the tail too.
        expect(y[5]).toBeCloseTo(-4.3, 5);
        expect(y[6]).toBeCloseTo(4.3, 5);
        for (const i of [5, 6]) {
          const slope = softplus(raw[i * 25 + (i === 5 ? 16 : 24)] as number);
          expect(logDet[i]).toBeCloseTo(inverse ? -Math.log(slope) : Math.log(slope), 4);
        }
      }
      expect(bench.finish()).toBe(true);
    });

    test("NaN among the parameters of a row reaches its results and no others", () => {
      const bench = new Bench(name);
      for (const [form, place] of FORMS.flatMap((f) => [0, 5, 8, 15].map((p) => [f, p] as const))) {
        for (const inverse of [false, true]) {
          const raw = new Float32Array(5 * 23);
          raw[2 * 23 + place] = Number.NaN;
          const ones = Array(5).fill(1);
          const out = run(
            bench,
            { x: [0.1, 1, 1.5, 2, 3], raw, dValue: ones, dLogDet: ones },
            { bins: 8, bound: 5, tails: "identity", inverse, ...form },
          );
          for (const values of [out.y, out.logDet, out.dx]) {
            expect(Array.from(values, Number.isNaN), `${place}`).toEqual([false, false, true, false, false]);
          }
        }
      }
    });

    test("enormous parameters give finite numbers, and the inverse inverts", () => {
      const bench = new Bench(name);
      const draw = generator(43);
      for (const [form, scale] of FORMS.flatMap((f) => [1, 10, 50, 1e4, 1e10].map((s) => [f, s] as const))) {
        const x = random(draw, 33, 6);
        const raw = random(draw, 33 * 25, scale);
        const ones = Array(33).fill(1);
        const settings = { bins: 8, bound: 5, tails: "linear", inverse: false, ...form } as const;
        const there = run(bench, { x, raw, dValue: ones, dLogDet: ones }, settings);
        const back = run(bench, { x: there.y, raw, dValue: ones, dLogDet: ones }, { ...settings, inverse: true });
        for (const results of [there, back]) {
          for (const values of Object.values(results)) expect(values.every(Number.isFinite), `${scale}`).toBe(true);
        }
        for (const [i, value] of back.y.entries()) {
          // A rounding of y moves x by 1/slope.
          const slack = 2e-6 * (1 + Math.exp(Math.abs(back.logDet[i] as number)));
          if (scale <= 10) expect(Math.abs(value - (x[i] as number)), `${scale}`).toBeLessThan(slack);
        }
        expect(bench.finish()).toBe(true);
      }
    });
  });
}

for (const name of WASM_BUILDS) {
  test(`${name}: gradients at extremes are those of the scalar kernels, as far as the input is known`, () => {
    const bench = new Bench(name);
    for (const scale of [1, 5, 15, 50]) {
      for (const { count, settings } of shapes()) {
        const size = splineParameterCount(settings);
        const x = random(next, count, settings.bound);
        const raw = random(next, count * size, scale);
        const [dValue, dLogDet] = [random(next, count), random(next, count)];
        const nearby = [-1, 0, 1].map((side) =>
          run(
            scalar,
            { x: x.map((v) => v + side * 2 * settings.bound * 3 * NEARBY[name]), raw, dValue, dLogDet },
            settings,
            true,
          ),
        );
        const actual = run(bench, { x, raw, dValue, dLogDet }, settings);
        const compare = (own: (results: ReturnType<typeof run>) => Float32Array, label: string): void => {
          const [below, here, above] = nearby.map(own) as [Float32Array, Float32Array, Float32Array];
          const values = own(actual);
          const largest = here.reduce((max, v) => Math.max(max, Math.abs(v)), 1);
          for (const [k, expected] of here.entries()) {
            const moved = Math.max(
              Math.abs((below[k] as number) - expected),
              Math.abs((above[k] as number) - expected),
            );
            const error = Math.abs((values[k] as number) - expected);
            if (error < 2 * moved + 2e-6 * largest) continue;
            expect.unreachable(`${label} ${k} scale ${scale} ${JSON.stringify(settings)}: off by ${error}.`);
          }
        };
        for (let i = 0; i < count; i++) {
          compare(({ dx }) => dx.subarray(i, i + 1), `dx of ${x[i]}`);
          compare(({ dRaw }) => dRaw.subarray(i * size, (i + 1) * size), `parameters of ${x[i]}`);
        }
        expect(bench.finish()).toBe(true);
      }
    }
  });
}
