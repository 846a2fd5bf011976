/** An explicit Runge–Kutta method: `Yᵢ = y + h Σⱼ aᵢⱼ kⱼ`, `kᵢ = f(t + cᵢ h, Yᵢ)`, `y ← y + h Σᵢ bᵢ kᵢ`. */
export interface RungeKutta {
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
  readonly c: readonly number[];
  /**
   * What the stages, and after them the rate at the end of the step, contribute to the estimated error of a step of length 1;
   * absent in a method of fixed steps.
   */
  readonly error?: readonly number[];
}

/** The classical method of order 4 (Kutta 1901). */
export const RUNGE_KUTTA_4: RungeKutta = {
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
  c: [0, 1 / 2, 1 / 2, 1],
};

/**
 * The method of order 5 of Dormand and Prince 1980, A family of embedded Runge–Kutta formulae, with the error by that of order
 * 4. The rate at the end of a step is the first stage of the next one.
 */
export const DORMAND_PRINCE: RungeKutta = {
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  ],
  b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
  error: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
};
