import { OptionError, type ParameterTree, type Shape } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { sizeOf } from "@pushforward/core/plain";
import { type AdamTarget, adamUpdate, areAdamMoments } from "@pushforward/ops";
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
 * All parameters are updated at once and where they are, in float32 and in a fixed order of operations, so that the same
 * gradients give the same bits on every backend, also after a state was saved and restored.
 *
 * @example
 * await train(flow, { x }, { key, optimizer: adam({ beta2: 0.99 }), maxEpochs: 1 });
 */
export function adam(options: AdamOptions = {}): OptimizerFactory {
  checkOptions("adam", options, { beta1: true, beta2: true, epsilon: true });
  const settings = checkSettings("adam", { ...options, weightDecay: 0 });
  return { create: () => new Adam("pushforward/adam", settings) };
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101): `θ ← θ (1 − η λ)`, then the step of
 * {@link adam}. Every parameter that has a gradient decays.
 *
 * @example
 * await train(flow, { x }, { key, optimizer: adamW({ weightDecay: 1e-4 }), maxEpochs: 1 });
 */
export function adamW(options: AdamWOptions = {}): OptimizerFactory {
  checkOptions("adamW", options, { beta1: true, beta2: true, epsilon: true, weightDecay: true });
  const settings = checkSettings("adamW", { weightDecay: 0.01, ...options });
  return { create: () => new Adam("pushforward/adam-w", settings) };
}

type Settings = Required<AdamWOptions>;

interface Moments {
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

/** The targets of an update, with their paths. */
interface Assignment {
  readonly parameters: ParameterTree;
  /** Of all gradients that there were. */
  readonly count: number;
  readonly paths: readonly string[];
  readonly targets: readonly AdamTarget[];
}

class Adam implements Optimizer {
  readonly type: string;
  private readonly settings: Settings;
  private step = 0;
  private moments = new Map<string, Moments>();
  private last: Assignment | undefined;

  constructor(type: string, settings: Settings) {
    this.type = type;
    this.settings = settings;
  }

  update(parameters: ParameterTree, gradients: ReadonlyMap<string, tf.Tensor>, options: UpdateOptions): UpdateReport {
    const { paths, targets } = this.assign(parameters, gradients);
    const { learningRate, clipNorm = Number.POSITIVE_INFINITY, learningRateMultipliers } = options;
    const { beta1, beta2, epsilon, weightDecay } = this.settings;
    const step = this.step + 1;
    // Written out: engines spread properties by a much slower way, and a small model's step is short.
    const update = { beta1, beta2, epsilon, weightDecay, learningRate, clipNorm, step };
    const { gradientNorm, nonFinite } = adamUpdate(
      targets,
      learningRateMultipliers === undefined
        ? update
        : { ...update, learningRateMultipliers: paths.map((path) => learningRateMultipliers.get(path) ?? 1) },
    );
    if (nonFinite !== undefined) {
      const { index, what } = nonFinite;
      return { gradientNorm, nonFinite: { parameter: paths[index] as string, what } };
    }
    this.step = step;
    return { gradientNorm };
  }

  state(): OptimizerState {
    const arrays = new Map<string, Float32Array>();
    for (const [path, { first, second }] of this.moments) {
      arrays.set(`first/${path}`, valuesOf(first));
      arrays.set(`second/${path}`, valuesOf(second));
    }
    return { step: this.step, arrays };
  }

  restore(state: OptimizerState, parameters: ParameterTree): void {
    const read: [path: string, shape: Shape, first: Float32Array, second: Float32Array][] = [];
    for (const [name, first] of state.arrays) {
      if (!name.startsWith("first/")) continue;
      const path = name.slice("first/".length);
      const second = state.arrays.get(`second/${path}`);
      const shape = parameters.get(path)?.shape;
      const size = shape === undefined ? 0 : sizeOf(shape);
      if (shape === undefined || first.length !== size || second?.length !== size) {
        const got = `${first.length} and ${second?.length ?? 0}`;
        throw new OptionError(`Optimizer.restore: expected two moments of ${size} values for ${path}, got ${got}.`);
      }
      if (!areAdamMoments(first, second)) {
        throw new OptionError(`Optimizer.restore: expected moments of Adam for ${path}, got other numbers.`);
      }
      read.push([path, shape, first, second]);
    }
    this.dispose();
    this.step = state.step;
    for (const [path, shape, first, second] of read) {
      this.moments.set(path, { first: variableOf(shape, first), second: variableOf(shape, second) });
    }
  }

  dispose(): void {
    for (const { first, second } of this.moments.values()) tf.dispose([first, second]);
    this.moments.clear();
    this.last = undefined;
  }

  /** Targets of the update; unchanged ones as in the previous update. */
  private assign(parameters: ParameterTree, gradients: ReadonlyMap<string, tf.Tensor>): Assignment {
    const { last } = this;
    if (last?.parameters === parameters && last.count === gradients.size) {
      if (last.paths.every((path, i) => gradients.get(path) === last.targets[i]?.gradient)) return last;
    }
    const paths: string[] = [];
    const targets: AdamTarget[] = [];
    for (const [path, { shape, variable }] of parameters) {
      const gradient = gradients.get(path);
      if (gradient === undefined) continue;
      let moments = this.moments.get(path);
      if (moments === undefined) {
        moments = { first: variableOf(shape), second: variableOf(shape) };
        this.moments.set(path, moments);
      }
      paths.push(path);
      targets.push({ value: variable, gradient, ...moments });
    }
    this.last = { parameters, count: gradients.size, paths, targets };
    return this.last;
  }
}

/** A variable of a copy of the values, or of zeros. */
function variableOf(shape: Shape, values?: Float32Array): tf.Variable {
  const copy = values?.slice() ?? new Float32Array(sizeOf(shape));
  // Inside tidy, because tf.variable(tensor) otherwise leaks the tensor it starts from.
  return tf.tidy(() => tf.variable(tf.tensor(copy, [...shape], "float32"), false));
}

/** A copy, because the cpu backend hands out its own array. */
function valuesOf(variable: tf.Variable): Float32Array {
  return variable.dataSync().slice() as Float32Array;
}

function checkSettings(where: string, options: AdamWOptions): Settings {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) throw new OptionError(`${where}: expected ${name} from 0 to below 1, got ${beta}.`);
  }
  for (const [name, value] of Object.entries({ epsilon, weightDecay })) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new OptionError(`${where}: expected ${name} of at least 0, got ${describeValue(value)}.`);
    }
  }
  return { beta1, beta2, epsilon, weightDecay };
}
