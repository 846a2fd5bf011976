import type { StepKind } from "./step-kind.ts";

/**
 * The log-density of a multivariate Student-t, `c + ln det W − ½ (ν + n) log(1 + |W (x − μ)|² / ν)`, a row at a time;
 * parameters μ `[n]` and a lower triangular W `[n, n]`, which have no gradient. In float64, where the square of no float32
 * overflows: rows far out are what it is for. A row with an infinite number has −∞.
 */
export const studentTLogProbKind: StepKind<"studentTLogProb"> = {
  bind: ({ rows, settings, input, output, parameters, dOutput, dInput, dParameters }) => {
    const [x] = input;
    const [y] = output;
    const [location, whitening] = parameters;
    const { degreesOfFreedom, logConstant } = settings;
    const n = location.length;
    const centered = new Float64Array(n);
    const z = new Float64Array(n);
    const square = (row: number): number => {
      for (let j = 0; j < n; j++) centered[j] = (x[row * n + j] as number) - (location[j] as number);
      return whitenedSquare(whitening, centered, z);
    };
    return {
      forward: () => {
        let logPeak = logConstant;
        for (let i = 0; i < n; i++) logPeak += Math.log(whitening[i * n + i] as number);
        const power = 0.5 * (degreesOfFreedom + n);
        for (let r = 0; r < rows; r++) y[r] = logPeak - power * Math.log1p(square(r) / degreesOfFreedom);
      },
      backward: () => {
        for (const gradient of dParameters) gradient?.fill(0);
        const [dy] = dOutput;
        const [dx] = dInput;
        if (dx === undefined) return;
        for (let r = 0; r < rows; r++) {
          const q = square(r);
          const factor = (-(degreesOfFreedom + n) / (degreesOfFreedom + q)) * (dy[r] as number);
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let i = j; i < n; i++) sum += (whitening[i * n + j] as number) * (z[i] as number);
            // Flat where the density has vanished.
            dx[r * n + j] = q === Number.POSITIVE_INFINITY ? 0 : factor * sum;
          }
        }
      },
    };
  },
};

/** `|W v|²`, with `W v` in z; infinite where a number of v is, unless another one is NaN. */
function whitenedSquare(whitening: Float32Array, v: Float64Array, z: Float64Array): number {
  const n = v.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let value = 0;
    for (let j = 0; j <= i; j++) value += (whitening[i * n + j] as number) * (v[j] as number);
    z[i] = value;
    sum += value * value;
  }
  if (!Number.isNaN(sum)) return sum;
  // An infinite number met a zero, or one of the other sign.
  return v.some(Number.isNaN) ? Number.NaN : Number.POSITIVE_INFINITY;
}
