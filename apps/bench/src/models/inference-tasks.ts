import {
  createKey,
  type Distribution,
  type Key,
  MultivariateNormal,
  type NdArray,
  ndArray,
  Uniform,
} from "pushforward";

/** A problem of simulation-based inference with a known posterior. */
export interface InferenceTask {
  readonly name: string;
  readonly parameters: number;
  readonly data: number;
  prior(): Distribution;
  /** Data `[n, data]` for parameters `[n, parameters]`. */
  simulate(parameters: NdArray, key: Key): NdArray;
  /** Mean C2ST of neural posterior estimation over ten observations, by the number of simulations. */
  readonly published: Readonly<Record<number, number>>;
}

/** Rows made one by one: `row` reads parameters, draws from normal and uniform numbers of its own, and writes data. */
function byRow(
  data: number,
  draws: { readonly normal: number; readonly uniform: number },
  row: (theta: Float64Array, normal: Float32Array, uniform: Float32Array, out: Float64Array) => void,
): InferenceTask["simulate"] {
  return ({ shape, data: values }, key) => {
    const [n, width] = shape as unknown as readonly [number, number];
    const [normalKey, uniformKey] = key.split();
    const normal = normalKey.normal(n * draws.normal);
    const uniform = uniformKey.uniform(n * draws.uniform);
    const out = new Float64Array(n * data);
    for (let i = 0; i < n; i++) {
      row(
        Float64Array.from(values.subarray(i * width, (i + 1) * width)),
        normal.subarray(i * draws.normal, (i + 1) * draws.normal),
        uniform.subarray(i * draws.uniform, (i + 1) * draws.uniform),
        out.subarray(i * data, (i + 1) * data),
      );
    }
    return ndArray([n, data], out);
  };
}

const diagonal = (size: number, value: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? value : 0)));

/** Four tasks of Lueckmann et al. 2021 (arXiv:2101.04653), with the published NPE results from its table. */
export const inferenceTasks: readonly InferenceTask[] = [
  {
    name: "two_moons",
    parameters: 2,
    data: 2,
    prior: () => new Uniform({ low: [-1, -1], high: [1, 1] }),
    simulate: byRow(2, { normal: 1, uniform: 1 }, (theta, normal, uniform, out) => {
      const [a, b] = theta as unknown as readonly [number, number];
      const angle = Math.PI * ((uniform[0] as number) - 0.5);
      const radius = 0.1 + 0.01 * (normal[0] as number);
      out[0] = radius * Math.cos(angle) + 0.25 - Math.abs(a + b) / Math.SQRT2;
      out[1] = radius * Math.sin(angle) + (b - a) / Math.SQRT2;
    }),
    published: { 1000: 0.725, 10000: 0.606 },
  },
  {
    name: "slcp",
    parameters: 5,
    data: 8,
    prior: () => new Uniform({ low: Array(5).fill(-3), high: Array(5).fill(3) }),
    simulate: byRow(8, { normal: 8, uniform: 0 }, (theta, normal, _uniform, out) => {
      const [m1, m2, r1, r2, correlation] = theta as unknown as readonly [number, number, number, number, number];
      const [s1, s2, rho] = [r1 ** 2, r2 ** 2, Math.tanh(correlation)];
      // The Cholesky factor of the covariance with 1e-6 on its diagonal.
      const a = Math.sqrt(s1 ** 2 + 1e-6);
      const b = (rho * s1 * s2) / a;
      const c = Math.sqrt(s2 ** 2 + 1e-6 - b ** 2);
      for (let k = 0; k < 4; k++) {
        const [z1, z2] = [normal[2 * k] as number, normal[2 * k + 1] as number];
        out[2 * k] = m1 + a * z1;
        out[2 * k + 1] = m2 + b * z1 + c * z2;
      }
    }),
    published: { 1000: 0.975, 10000: 0.901 },
  },
  {
    name: "gaussian_linear",
    parameters: 10,
    data: 10,
    prior: () => new MultivariateNormal({ mean: Array(10).fill(0), covariance: diagonal(10, 0.1) }),
    simulate: byRow(10, { normal: 10, uniform: 0 }, (theta, normal, _uniform, out) => {
      for (let j = 0; j < 10; j++) out[j] = (theta[j] as number) + Math.sqrt(0.1) * (normal[j] as number);
    }),
    published: { 1000: 0.694, 10000: 0.552 },
  },
  {
    name: "gaussian_mixture",
    parameters: 2,
    data: 2,
    prior: () => new Uniform({ low: [-10, -10], high: [10, 10] }),
    simulate: byRow(2, { normal: 2, uniform: 1 }, (theta, normal, uniform, out) => {
      const scale = (uniform[0] as number) < 0.5 ? 1 : 0.1;
      for (let j = 0; j < 2; j++) out[j] = (theta[j] as number) + scale * (normal[j] as number);
    }),
    published: { 1000: 0.731, 10000: 0.661 },
  },
];

/** The key of the simulations of a task, which no observation shares. */
export function taskKey(task: InferenceTask, seed: number): Key {
  return createKey(seed).fold(task.name);
}
