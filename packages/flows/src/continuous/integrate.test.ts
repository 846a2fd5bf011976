import { expect, test } from "vitest";
import { integrate, type RatesAt, type SolverOptions, type Trajectory } from "./integrate.ts";

const adaptive: Required<SolverOptions> = {
  solver: "dormand-prince",
  steps: 1,
  relativeTolerance: 1e-6,
  absoluteTolerance: 1e-7,
  maxSteps: 200,
};

/** `dx/dt = −r x` with a rate of each row, divergence −r; the solution is `x e^{−r}`. */
const decay =
  (rateOf: (row: number) => number): RatesAt =>
  ({ rows, x }) => ({
    velocity: Float32Array.from(x, (value, i) => -rateOf(rows[i] as number) * value),
    divergence: Float32Array.from(rows, (row) => -rateOf(row)),
  });

test("both directions of an exponential decay, slow and fast rows beside each other", () => {
  const rates = [0, 0.1, 1, 20];
  const start = [1, -2, 3, 1];
  for (const way of [
    [0, 1],
    [1, 0],
  ] as const) {
    const sign = way[0] === 0 ? -1 : 1;
    const { x, logDet, steps } = integrate(
      decay((row) => rates[row] as number),
      start,
      4,
      way,
      adaptive,
      true,
    ) as Trajectory;
    for (const [row, rate] of rates.entries()) {
      const expected = (start[row] as number) * Math.exp(sign * rate);
      expect(Math.abs((x[row] as number) - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(2e-5);
      expect(logDet[row]).toBeCloseTo(sign * rate, 4);
    }
    const stepsOf = (row: number): number => steps.filter(({ rows }) => rows.includes(row)).length;
    expect(stepsOf(0)).toBeLessThan(stepsOf(3));
  }
});

test("a row has the same bits alone and among others", () => {
  const all = integrate(
    decay((row) => 1 + 5 * row),
    [1, 1, 1],
    3,
    [0, 1],
    adaptive,
    false,
  ) as Trajectory;
  const alone = integrate(
    decay(() => 11),
    [1],
    1,
    [0, 1],
    adaptive,
    false,
  ) as Trajectory;
  expect(alone.x[0]).toBe(all.x[2]);
});

test("runge-kutta-4 is of order 4", () => {
  // dx/dt = x t: e^{1/2} at the end.
  const rates: RatesAt = ({ t, x }) => ({ velocity: Float64Array.from(x, (v, i) => v * (t[i] as number)) });
  const errorOf = (steps: number): number => {
    const options = { ...adaptive, solver: "runge-kutta-4", steps } as const;
    const { x } = integrate(rates, [1], 1, [0, 1], options, false) as Trajectory;
    return Math.abs((x[0] as number) - Math.exp(0.5));
  };
  expect(Math.log2(errorOf(2) / errorOf(4))).toBeGreaterThan(3.6);
});

test("too stiff an equation is told with its row and time; rows that are not finite do no harm", () => {
  const stiff = integrate(
    decay((row) => (row === 1 ? 1e7 : 1)),
    [1, 1],
    2,
    [0, 1],
    adaptive,
    false,
  );
  expect(stiff).toMatchObject({ row: 1 });
  const nan = integrate(
    decay(() => 1),
    [Number.NaN, 1, Number.POSITIVE_INFINITY],
    3,
    [0, 1],
    adaptive,
    false,
  );
  expect((nan as Trajectory).x[0]).toBeNaN();
  expect((nan as Trajectory).x[1]).toBeCloseTo(Math.exp(-1), 5);
});
