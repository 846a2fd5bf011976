import { OptionError, type Parameter, type ParameterTree, sizeOf } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer, OptimizerFactory, OptimizerState, UpdateOptions, UpdateReport } from "./optimizer.ts";

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Decay of the mean of the gradients, 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean square, 1e-8. */
  readonly epsilon?: number;
}

/** Options of {@link adamW}. */
export interface AdamWOptions extends AdamOptions {
  /** Each step first multiplies the parameters by `1 − learningRate · weightDecay`, 0.01. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980): `θ ← θ − η m̂ / (√v̂ + ε)`, with `m̂`, `v̂` the bias-corrected moving
 * means of the gradient and of its square.
 *
 * All parameters are updated in one pass on the host, in float64 over float32 moments, so that the same gradients give
 * the same bits on every backend, also after a state was saved and restored.
 *
 * @example
 * fit(model, data, { key, optimizer: adam({ beta2: 0.99 }) });
 */
export function adam(options: AdamOptions = {}): OptimizerFactory {
  const settings = checkSettings("adam", { ...options, weightDecay: 0 });
  return { create: () => new Adam("pushforward/adam", settings) };
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101): `θ ← θ (1 − η λ)`, then the step of
 * {@link adam}. Every parameter that has a gradient decays.
 *
 * @example
 * fit(model, data, { key, optimizer: adamW({ weightDecay: 1e-4 }) });
 */
export function adamW(options: AdamWOptions = {}): OptimizerFactory {
  const settings = checkSettings("adamW", { weightDecay: 0.01, ...options });
  return { create: () => new Adam("pushforward/adam-w", settings) };
}

const LARGEST_SQUARE = 2 ** 127;

type Settings = Required<AdamWOptions>;

class Adam implements Optimizer {
  readonly type: string;
  private readonly settings: Settings;
  private step = 0;
  private moments = new Map<string, { readonly first: Float32Array; readonly second: Float32Array }>();

  constructor(type: string, settings: Settings) {
    this.type = type;
    this.settings = settings;
  }

  update(parameters: ParameterTree, gradients: ReadonlyMap<string, tf.Tensor>, options: UpdateOptions): UpdateReport {
    const work: { path: string; parameter: Parameter; gradient: Float32Array; squares: number }[] = [];
    let sumOfSquares = 0;
    for (const [path, parameter] of parameters) {
      const tensor = gradients.get(path);
      if (tensor === undefined) continue;
      const gradient = tensor.dataSync() as Float32Array;
      const squares = squaredNorm(gradient);
      if (!Number.isFinite(squares)) {
        return { gradientNorm: Number.NaN, nonFinite: { parameter: path, what: "gradient" } };
      }
      sumOfSquares += squares;
      work.push({ path, parameter, gradient, squares });
    }
    const gradientNorm = Math.sqrt(sumOfSquares);
    const { clipNorm } = options;
    const scale = clipNorm !== undefined && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;

    this.step++;
    const next: Float32Array[] = [];
    for (const { path, parameter, gradient, squares } of work) {
      // The mean square is kept in float32, where an infinite one would silently end all movement.
      const fits = squares * scale * scale < LARGEST_SQUARE;
      const values = fits ? this.next(path, parameter, gradient, scale, options.learningRate) : undefined;
      if (values === undefined) return { gradientNorm, nonFinite: { parameter: path, what: "value" } };
      next.push(values);
    }
    tf.tidy(() => {
      for (const [i, { parameter }] of work.entries()) {
        parameter.variable.assign(tf.tensor(next[i] as Float32Array, [...parameter.shape], "float32"));
      }
    });
    return { gradientNorm };
  }

  state(): OptimizerState {
    const arrays = new Map<string, Float32Array>();
    for (const [path, { first, second }] of this.moments) {
      arrays.set(`first/${path}`, first.slice());
      arrays.set(`second/${path}`, second.slice());
    }
    return { step: this.step, arrays };
  }

  restore(state: OptimizerState, parameters: ParameterTree): void {
    const moments: typeof this.moments = new Map();
    for (const [name, first] of state.arrays) {
      if (!name.startsWith("first/")) continue;
      const path = name.slice("first/".length);
      const second = state.arrays.get(`second/${path}`);
      const shape = parameters.get(path)?.shape;
      const size = shape === undefined ? 0 : sizeOf(shape);
      if (first.length !== size || second?.length !== size) {
        const got = `${first.length} and ${second?.length ?? 0}`;
        throw new OptionError(`Optimizer.restore: expected two moments of ${size} values for ${path}, got ${got}.`);
      }
      moments.set(path, { first: first.slice(), second: second.slice() });
    }
    this.step = state.step;
    this.moments = moments;
  }

  /** The new values of one parameter; undefined when one of them is not finite. */
  private next(
    path: string,
    parameter: Parameter,
    gradient: Float32Array,
    scale: number,
    rate: number,
  ): Float32Array | undefined {
    const { beta1, beta2, epsilon, weightDecay } = this.settings;
    let moments = this.moments.get(path);
    if (moments === undefined) {
      moments = { first: new Float32Array(gradient.length), second: new Float32Array(gradient.length) };
      this.moments.set(path, moments);
    }
    const { first, second } = moments;
    // A fresh array: the cpu backend hands out its own as the values and keeps what it is given.
    const values = parameter.variable.dataSync() as Float32Array;
    const result = new Float32Array(values.length);
    // β^t anew in each step: a running product would not survive a restart to the bit.
    const stepSize = rate / (1 - beta1 ** this.step);
    const rootScale = 1 / Math.sqrt(1 - beta2 ** this.step);
    const keep = 1 - rate * weightDecay;
    const [gain1, gain2] = [1 - beta1, 1 - beta2];
    let check = 0;
    for (let i = 0; i < result.length; i++) {
      const g = (gradient[i] as number) * scale;
      const m = beta1 * (first[i] as number) + gain1 * g;
      const v = beta2 * (second[i] as number) + gain2 * g * g;
      first[i] = m;
      second[i] = v;
      const next = Math.fround((values[i] as number) * keep - (stepSize * m) / (Math.sqrt(v) * rootScale + epsilon));
      result[i] = next;
      // 0 · x is NaN for an infinite or undefined x and stays so; cheaper than a test for each value.
      check += 0 * next;
    }
    return check === 0 ? result : undefined;
  }
}

// Four sums at once: one alone waits for the addition before it.
function squaredNorm(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) * (values[i] as number);
    b += (values[i + 1] as number) * (values[i + 1] as number);
    c += (values[i + 2] as number) * (values[i + 2] as number);
    d += (values[i + 3] as number) * (values[i + 3] as number);
  }
  for (let i = whole; i < values.length; i++) a += (values[i] as number) * (values[i] as number);
  return a + b + (c + d);
}

function checkSettings(where: string, options: AdamWOptions): Settings {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) throw new OptionError(`${where}: expected ${name} from 0 to below 1, got ${beta}.`);
  }
  for (const [name, value] of Object.entries({ epsilon, weightDecay })) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new OptionError(`${where}: expected ${name} of at least 0, got ${value}.`);
    }
  }
  return { beta1, beta2, epsilon, weightDecay };
}
