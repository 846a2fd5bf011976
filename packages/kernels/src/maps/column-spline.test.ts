import { describe, expect, test } from "vitest";
import { LENGTHS } from "../../../testing/test/deep.ts";
import { generator, largestError, random } from "../../test/arrays.ts";
import {
  type ColumnSplineGradients,
  type ColumnSplines,
  columnSplineBackward,
  columnSplineForward,
  columnSplineWorkspace,
} from "../index.ts";

const PARTS = ["corners", "logWidths", "logHeights", "logSlopes"] as const;

interface Problem {
  readonly rows: number;
  readonly columns: number;
  readonly knots: number;
  readonly inverse: boolean;
  readonly x: ArrayLike<number>;
  readonly corners: ArrayLike<number>;
  readonly logWidths: ArrayLike<number>;
  readonly logHeights: ArrayLike<number>;
  readonly logSlopes: ArrayLike<number>;
}

interface Point {
  readonly value: number;
  readonly log: number;
  readonly bin: number;
}

/** One number of one column, in float64, from the definition; the inverse by bisection. */
function pointOf(p: Problem, input: number, column: number): Point {
  const [bins, first] = [p.knots - 1, 2 * column];
  const add = (sizes: ArrayLike<number>, start: number): number[] => {
    const knots = [start];
    for (let k = 0; k < bins; k++) knots.push((knots[k] as number) + Math.exp(sizes[column * bins + k] as number));
    return knots;
  };
  const xs = add(p.logWidths, p.corners[first] as number);
  const ys = add(p.logHeights, p.corners[first + 1] as number);
  const slopes = Array.from({ length: p.knots }, (_, k) => Math.exp(p.logSlopes[column * p.knots + k] as number));
  const searched = p.inverse ? ys : xs;
  const before = searched.filter((knot) => input >= knot).length - 1;
  if (before < 0 || input > (searched[bins] as number)) {
    const k = before < 0 ? 0 : bins;
    const [x, y, slope] = [xs[k], ys[k], slopes[k]] as [number, number, number];
    const value = p.inverse ? x + (input - y) / slope : y + (input - x) * slope;
    return { value, log: p.inverse ? -Math.log(slope) : Math.log(slope), bin: before < 0 ? -1 : p.knots };
  }
  const bin = Math.min(before, bins - 1);
  const [x0, x1, y0, y1] = [xs[bin], xs[bin + 1], ys[bin], ys[bin + 1]] as [number, number, number, number];
  const [d0, d1, s] = [slopes[bin] as number, slopes[bin + 1] as number, (y1 - y0) / (x1 - x0)];
  const at = (t: number): { y: number; log: number } => {
    const q = t * (1 - t);
    const d = s + (d0 + d1 - 2 * s) * q;
    const m = d1 * t * t + 2 * s * q + d0 * (1 - t) ** 2;
    return { y: y0 + ((y1 - y0) * (s * t * t + d0 * q)) / d, log: 2 * Math.log(s / d) + Math.log(m) };
  };
  if (!p.inverse) {
    const { y, log } = at((input - x0) / (x1 - x0));
    return { value: y, log, bin };
  }
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (at(middle).y < input) low = middle;
    else high = middle;
  }
  return { value: x0 + (x1 - x0) * low, log: -at(low).log, bin };
}

/** Values, log-dets and the bins of all elements. */
function expected(p: Problem): { y: number[]; logDet: number[]; bins: string } {
  const points = Array.from(p.x, (input, i) => pointOf(p, input, i % p.columns));
  const logDet = Array.from({ length: p.rows }, (_, r) =>
    points.slice(r * p.columns, (r + 1) * p.columns).reduce((sum, { log }) => sum + log, 0),
  );
  return { y: points.map(({ value }) => value), logDet, bins: points.map(({ bin }) => bin).join() };
}

/** Knots that cover most of what `x` is drawn from, and columns of quite different scales. */
function problem(seed: number, rows: number, columns: number, knots: number, inverse: boolean, scale = 0.7): Problem {
  const next = generator(seed);
  const bins = knots - 1;
  const sizes = (): Float32Array => random(next, columns * bins, scale).map((v) => v - Math.log(bins / 4));
  return {
    rows,
    columns,
    knots,
    inverse,
    x: random(next, rows * columns, 3),
    corners: random(next, columns * 2, 0.5).map((v) => v - 2),
    logWidths: sizes(),
    logHeights: sizes(),
    logSlopes: random(next, columns * knots, scale),
  };
}

function splinesOf({ knots, inverse, corners, logWidths, logHeights, logSlopes }: Problem): ColumnSplines {
  const f = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);
  return {
    corners: f(corners),
    logWidths: f(logWidths),
    logHeights: f(logHeights),
    logSlopes: f(logSlopes),
    knots,
    inverse,
  };
}

function run(p: Problem, dValue: ArrayLike<number>, dLogDet: ArrayLike<number>) {
  const { rows, columns, knots } = p;
  const splines = splinesOf(p);
  const [x, y, logDet] = [Float32Array.from(p.x), new Float32Array(rows * columns), new Float32Array(rows)];
  const workspace = columnSplineWorkspace(rows, columns, knots, true);
  const gradients = {
    x: new Float32Array(rows * columns).fill(Number.NaN),
    corners: new Float32Array(columns * 2).fill(Number.NaN),
    logWidths: new Float32Array(columns * (knots - 1)).fill(Number.NaN),
    logHeights: new Float32Array(columns * (knots - 1)).fill(Number.NaN),
    logSlopes: new Float32Array(columns * knots).fill(Number.NaN),
  };
  // Twice, over what the first pass has left.
  for (let i = 0; i < 2; i++) {
    columnSplineForward(splines, x, y, logDet, workspace);
    const [dY, dL] = [Float32Array.from(dValue), Float32Array.from(dLogDet)];
    columnSplineBackward(splines, x, dY, dL, gradients, workspace);
  }
  return { y, logDet, gradients };
}

function* shapes(): Generator<readonly [rows: number, columns: number, knots: number, inverse: boolean]> {
  for (const rows of LENGTHS) {
    for (const inverse of [false, true]) yield [rows, 1 + (rows % 5), 2 + (rows % 19), inverse];
  }
}

describe.each([0, 0.7, 2])("parameters up to %f", (scale) => {
  test("values and log-dets are those of the definition", () => {
    for (const shape of shapes()) {
      const p = problem(shape[0] + 1, ...shape, scale);
      const { y, logDet } = expected(p);
      const got = run(p, p.x, y.slice(0, p.rows));
      expect(largestError(got.y, y), shape.join()).toBeLessThan(1e-6);
      expect(largestError(got.logDet, logDet), shape.join()).toBeLessThan(1e-6);
      const untrained = columnSplineWorkspace(p.rows, p.columns, p.knots, false);
      const [again, log] = [new Float32Array(got.y.length), new Float32Array(p.rows)];
      columnSplineForward(splinesOf(p), Float32Array.from(p.x), again, log, untrained);
      expect([again, log]).toEqual([got.y, got.logDet]);
    }
  });
});

test("gradients are finite differences of the definition", () => {
  let compared = 0;
  for (const shape of shapes()) {
    if (shape[0] > 12) continue;
    const p = problem(shape[0] + 7, ...shape);
    const next = generator(shape[0]);
    const [dValue, dLogDet] = [random(next, p.rows * p.columns), random(next, p.rows)];
    const { gradients } = run(p, dValue, dLogDet);
    const { bins } = expected(p);
    for (const part of ["x", ...PARTS] as const) {
      const values = Float64Array.from(p[part]);
      for (const [i, value] of values.entries()) {
        const step = 1e-4;
        const moved = [-2, -1, 1, 2].map((k) => expected({ ...p, [part]: values.with(i, value + k * step) }));
        // The log-slope has no derivative where an input passes a knot.
        if (moved.some((m) => m.bins !== bins)) continue;
        const [a, b, c, d] = moved.map(
          ({ y, logDet }) =>
            y.reduce((sum, v, k) => sum + v * (dValue[k] as number), 0) +
            logDet.reduce((sum, v, k) => sum + v * (dLogDet[k] as number), 0),
        ) as [number, number, number, number];
        const slope = (a - 8 * b + 8 * c - d) / (12 * step);
        const error = Math.abs((gradients[part][i] as number) - slope) / Math.max(1, Math.abs(slope));
        expect(error, `${part} ${i} of ${shape}`).toBeLessThan(2e-6);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(1000);
});

describe.each([false, true])("inverse %s", (inverse) => {
  const zeros = (knots: number): Problem => ({
    rows: 1,
    columns: 1,
    knots,
    inverse,
    x: [],
    corners: [-2, -2],
    logWidths: new Float32Array(knots - 1),
    logHeights: new Float32Array(knots - 1),
    logSlopes: new Float32Array(knots),
  });

  test("equal steps are the identity: on the knots, in the tails, at infinity; NaN stays NaN alone", () => {
    const x = [-2, -1, 0, 1, 2, 1.25, -1e6, 3e5, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, 0.5];
    const p = { ...zeros(5), x, rows: x.length };
    const { y, logDet } = run(p, x, x);
    expect(Array.from(y)).toEqual(x);
    expect(Array.from(logDet)).toEqual(x.map((v) => (Number.isNaN(v) ? v : inverse ? -0 : 0)));
  });

  test("a NaN of one column leaves the values of the others alone", () => {
    const p = problem(3, 2, 3, 5, inverse);
    const x = Float32Array.from(p.x).fill(Number.NaN, 1, 2);
    const [clean, dirty] = [run(p, p.x, [1, 1]), run({ ...p, x }, p.x, [1, 1])];
    expect(Array.from(dirty.y, Number.isNaN)).toEqual([false, true, false, false, false, false]);
    expect(Array.from(dirty.logDet, Number.isNaN)).toEqual([true, false]);
    expect([dirty.y[0], dirty.y[5], dirty.logDet[1]]).toEqual([clean.y[0], clean.y[5], clean.logDet[1]]);
  });

  test("slopes whose product float64 can't hold", () => {
    const columns = 64;
    // Tails of slopes e^40 first, then of e^−40, so that the product leaves the range and comes back.
    const log = (column: number): number => (column < 40 ? 40 : -40);
    const p = {
      ...problem(5, 4, columns, 3, inverse),
      x: Array.from({ length: 4 * columns }, (_, i) => (i % 2 === 0 ? 10 : -10)),
      logSlopes: Array.from({ length: columns * 3 }, (_, i) => log(Math.floor(i / 3))),
    };
    const { logDet } = run(p, p.x, [1, 1, 1, 1]);
    expect(Array.from(logDet)).toEqual(Array(4).fill((inverse ? -1 : 1) * 16 * 40));
    expect(expected(p).logDet[0]).toBeCloseTo(logDet[0] as number, 3);
  });

  test("extremes: everything is finite and increasing, and comes back", () => {
    const knots = 9;
    const patterns: readonly ((k: number) => number)[] = [
      () => 12,
      () => -12,
      (k) => (k % 2 === 0 ? 12 : -12),
      (k) => (k === 3 ? 8 : -8),
    ];
    for (const ofWidth of patterns) {
      for (const ofHeight of patterns) {
        for (const ofSlope of patterns) {
          const count = 201;
          const p: Problem = {
            ...zeros(knots),
            rows: count,
            x: Array.from({ length: count }, (_, i) => Math.fround(-3 + (6 * i) / (count - 1))),
            logWidths: Array.from({ length: knots - 1 }, (_, k) => ofWidth(k)),
            logHeights: Array.from({ length: knots - 1 }, (_, k) => ofHeight(k)),
            logSlopes: Array.from({ length: knots }, (_, k) => ofSlope(k)),
          };
          const { y, logDet, gradients } = run(p, p.x, p.x);
          for (const values of [y, logDet, ...Object.values(gradients)]) {
            expect(values.every(Number.isFinite)).toBe(true);
          }
          expect(y.every((value, i) => i === 0 || value >= (y[i - 1] as number))).toBe(true);
        }
      }
    }
  });

  test("gradients that nobody wants are left out, and the others are the same", () => {
    const p = problem(11, 7, 3, 6, inverse);
    const next = generator(2);
    const [dValue, dLogDet] = [random(next, 21), random(next, 7)];
    const whole = run(p, dValue, dLogDet).gradients;
    for (const part of ["x", ...PARTS] as const) {
      const workspace = columnSplineWorkspace(7, 3, 6, true);
      const [x, y, logDet] = [Float32Array.from(p.x), new Float32Array(21), new Float32Array(7)];
      columnSplineForward(splinesOf(p), x, y, logDet, workspace);
      const only: ColumnSplineGradients = { [part]: new Float32Array(whole[part].length) };
      columnSplineBackward(splinesOf(p), x, dValue, dLogDet, only, workspace);
      expect(only[part]).toEqual(whole[part]);
    }
  });
});

test("there and back", () => {
  for (const shape of shapes()) {
    const there = problem(shape[0], shape[0], shape[1], shape[2], false);
    const { y, logDet } = run(there, there.x, there.x);
    const back = run({ ...there, x: y, inverse: true }, there.x, there.x);
    expect(largestError(back.y, there.x)).toBeLessThan(3e-6);
    expect(
      largestError(
        back.logDet,
        logDet.map((v) => -v),
      ),
    ).toBeLessThan(3e-6);
  }
});
