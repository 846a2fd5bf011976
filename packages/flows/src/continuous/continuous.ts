import {
  type Bijection,
  type Codec,
  ContextError,
  DomainError,
  OptionError,
  type ParameterTree,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractModule,
  broadcastShapes,
  checkOptions,
  classCodec,
  currentTrace,
  currentTraining,
  describeValue,
  field,
  parameterTree,
} from "@pushforward/core/extend";
import { formatShape, sizeOf } from "@pushforward/core/plain";
import { randomSigns, releaseTape } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, vectorShape } from "../vector-shape.ts";
import { integrate, type Rates, type SolverOptions, type Stage, type Trajectory, type Unsolved } from "./integrate.ts";
import { Points, type TracedRates, tracedTrajectory } from "./traced-trajectory.ts";
import { isVelocityField, type VelocityField } from "./velocity-network.ts";

/** Options of {@link Continuous}. */
export interface ContinuousOptions extends SolverOptions {
  readonly field: VelocityField;
  /**
   * How the divergence is computed within a step of training: exactly, or as Hutchinson's unbiased estimate by one probe of ±1 for
   * each row, which is cheaper for networks of three hidden layers or more. Outside of training it is exact. Default: `"exact"`.
   */
  readonly trace?: "exact" | "hutchinson";
}

const TRACES = ["exact", "hutchinson"] as const;
const SOLVERS = ["dormand-prince", "runge-kutta-4"] as const;

/**
 * The flow of a differential equation: `y = x(1)` for `dx/dt = v(t, x, c)`, `x(0) = x`, with
 * `log|det ∂y/∂x| = ∫₀¹ Σᵢ ∂vᵢ/∂xᵢ dt`. The inverse runs back in time.
 *
 * The solver keeps the estimated error of each step below the tolerances, 1e-6 by default, for each row. Step errors add up,
 * and states are float32: expect values and log-determinants within about 1e-4. Gradients differentiate the steps taken; memory
 * is proportional to the states, not to the activations.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} a tolerance or a number of steps is out of range.
 * @throws {DomainError} by the maps: the equation is not solved within `maxSteps`.
 * @see Chen et al. 2018, Neural Ordinary Differential Equations, https://arxiv.org/abs/1806.07366; Grathwohl et al. 2019, FFJORD,
 * https://arxiv.org/abs/1810.01367
 * @example
 * const field = new VelocityNetwork({ features: 2, key: createKey(0) });
 * const flow = new Flow(new StandardNormal({ features: 2 }), new Continuous({ field }));
 */
export class Continuous extends AbstractModule implements Bijection {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "iterative";
  readonly field: VelocityField;
  readonly trace: "exact" | "hutchinson";
  readonly solver: "dormand-prince" | "runge-kutta-4";
  readonly steps: number;
  readonly relativeTolerance: number;
  readonly absoluteTolerance: number;
  readonly maxSteps: number;
  readonly contextShape?: Shape;

  constructor(options: ContinuousOptions) {
    checkOptions("Continuous", options, {
      solver: true,
      steps: true,
      relativeTolerance: true,
      absoluteTolerance: true,
      maxSteps: true,
      field: true,
      trace: true,
    });
    super();
    this.field = options.field;
    this.trace = options.trace ?? "exact";
    this.solver = options.solver ?? "dormand-prince";
    this.steps = options.steps ?? 20;
    this.relativeTolerance = options.relativeTolerance ?? 1e-6;
    this.absoluteTolerance = options.absoluteTolerance ?? 1e-6;
    this.maxSteps = options.maxSteps ?? 1000;
    checkChoice("trace", this.trace, TRACES);
    checkChoice("solver", this.solver, SOLVERS);
    for (const name of ["steps", "maxSteps"] as const) {
      const value = this[name];
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new OptionError(
        `Continuous: expected ${name} to be an integer of at least 1, got ${describeValue(value)}.`,
      );
    }
    for (const name of ["relativeTolerance", "absoluteTolerance"] as const) {
      const value = this[name];
      if (value > 0 && value < 1) continue;
      throw new OptionError(`Continuous: expected ${name} above 0 and below 1, got ${describeValue(value)}.`);
    }
    if (this.field.contextSize > 0) this.contextShape = [this.field.contextSize];
  }

  forwardShape(eventShape: Shape): Shape {
    return vectorShape("Continuous", this.field.features, eventShape);
  }

  inverseShape(eventShape: Shape): Shape {
    return vectorShape("Continuous", this.field.features, eventShape);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.solve("forward", x, context, false)[0]);
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.solve("inverse", y, context, false)[0]);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.solve("forward", x, context, true));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.solve("inverse", y, context, true));
  }

  override parameters(): ParameterTree {
    return parameterTree({ field: this.field });
  }

  private solve(
    direction: "forward" | "inverse",
    x: tf.Tensor,
    context: tf.Tensor | undefined,
    withLogDet: boolean,
  ): ValueAndLogDet {
    const where = `Continuous.${direction}`;
    const { features, contextSize } = this.field;
    checkEvent(where, features, x);
    const given = this.checkContext(where, context);
    const batch = batchOf(where, x, given);
    // Of no rows there is no equation to solve, and TensorFlow.js can't broadcast to them.
    if (sizeOf(batch) === 0) return [tf.zeros([...batch, features]), tf.zeros(batch)];
    const rowsOf = (tensor: tf.Tensor, columns: number): tf.Tensor =>
      tf.reshape(tf.broadcastTo(tensor, [...batch, columns]), [sizeOf(batch), columns]);
    const solved = this.differentiable(
      where,
      direction,
      rowsOf(x, features),
      given && rowsOf(given, contextSize),
      withLogDet,
    );
    const value = tf.reshape(tf.slice(solved, [0, 0], [-1, features]), [...batch, features]);
    const logDet = withLogDet ? tf.slice(solved, [0, features], [-1, 1]) : tf.zeros(batch);
    return [value, tf.reshape(logDet, batch)];
  }

  /** The values `[n, features]` at the end, and their log-determinants as one column more. */
  private differentiable(
    where: string,
    direction: "forward" | "inverse",
    x: tf.Tensor,
    context: tf.Tensor | undefined,
    withLogDet: boolean,
  ): tf.Tensor {
    const way = direction === "forward" ? ([0, 1] as const) : ([1, 0] as const);
    if (currentTrace() !== undefined) return this.traced(way, x, context, withLogDet);
    const trained = [...this.field.parameters().values()].filter(({ trainable }) => trainable);
    const inputs = [x, ...(context ? [context] : []), ...trained.map(({ variable }) => variable)];
    const points = new Points(this.field, context, withLogDet ? this.probe(x) : undefined, withLogDet);
    const keeps = tf.engine().isTapeOn();
    const solve = tf.customGrad((...all) => {
      const start = all[0] as tf.Tensor;
      const rates = (stage: Stage): Rates => points.rates(stage);
      const trajectory = integrate(rates, start.dataSync(), start.shape[0] as number, way, this, keeps);
      if ("reached" in trajectory) {
        releaseTape();
        throw this.unsolved(where, trajectory);
      }
      return {
        value: packed(trajectory, withLogDet),
        gradFunc: (dy: tf.Tensor) => points.gradients(trajectory, dy, inputs),
      };
    });
    return solve(...inputs);
  }

  /** The same by tensor operations alone. */
  private traced(
    way: readonly [from: number, to: number],
    x: tf.Tensor,
    context: tf.Tensor | undefined,
    withLogDet: boolean,
  ): tf.Tensor {
    const { field } = this;
    const rates: TracedRates = (t, at) => {
      if (!withLogDet) return [field.velocity(t, at, context)];
      const [velocity, divergence] = field.velocityAndDivergence(t, at, context, undefined);
      return [velocity, tf.expandDims(divergence, 1)];
    };
    const start = withLogDet ? [x, tf.zeros([x.shape[0] as number, 1])] : [x];
    return tf.concat([...tracedTrajectory(rates, start, way, this)], 1);
  }

  /** Random ±1 for each number of x, within a step of training by Hutchinson's estimate. */
  private probe(x: tf.Tensor): tf.Tensor | undefined {
    const training = this.trace === "hutchinson" ? currentTraining() : undefined;
    const first = [...this.field.parameters().values()][0];
    const key = first && training?.keyOf(first);
    return key && randomSigns(key, x.shape);
  }

  private checkContext(where: string, context: tf.Tensor | undefined): tf.Tensor | undefined {
    const width = this.field.contextSize;
    if (width === 0 ? context === undefined : context?.shape.at(-1) === width) return context;
    throw new ContextError(
      `${where}: expected ${width === 0 ? "no context" : `a context of shape [..., ${width}]`}, ` +
        `got ${context === undefined ? "none" : `one of shape ${formatShape(context.shape)}`}.`,
    );
  }

  private unsolved(where: string, { row, reached }: Unsolved): DomainError {
    return new DomainError(
      `${where}: expected the differential equation to be solved within ${this.maxSteps} steps at a relative tolerance of ` +
        `${this.relativeTolerance}, got to time ${reached.toFixed(3)} in row ${row}. Train with smaller steps, raise relativeTolerance and ` +
        'absoluteTolerance or maxSteps, or take solver: "runge-kutta-4".',
    );
  }
}

/** Codec of {@link Continuous}. */
export const continuousCodec: Codec<Continuous> = classCodec("pushforward/continuous", Continuous, {
  field: field.object(isVelocityField, "a velocity field"),
  trace: field.oneOf(...TRACES),
  solver: field.oneOf(...SOLVERS),
  steps: field.count(),
  relativeTolerance: field.number({ min: 0, max: 1 }),
  absoluteTolerance: field.number({ min: 0, max: 1 }),
  maxSteps: field.count(),
});

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  throw new OptionError(`Continuous: expected ${name} to be ${expected}, got ${JSON.stringify(value)}.`);
}

function batchOf(where: string, x: tf.Tensor, context: tf.Tensor | undefined): number[] {
  const own = x.shape.slice(0, -1);
  if (context === undefined) return own;
  const batch = broadcastShapes(own, context.shape.slice(0, -1));
  if (batch !== undefined) return [...batch];
  throw new ContextError(
    `${where}: expected a context with batch axes that broadcast with those of x, ${formatShape(own)}, ` +
      `got ${formatShape(context.shape)}.`,
  );
}

function packed({ x, logDet }: Trajectory, withLogDet: boolean): tf.Tensor {
  const rows = logDet.length;
  const width = rows === 0 ? 0 : x.length / rows;
  if (!withLogDet) return tf.tensor2d(new Float32Array(x), [rows, width]);
  const values = new Float32Array(x.length + rows);
  for (let row = 0; row < rows; row++) {
    values.set(x.subarray(row * width, (row + 1) * width), row * (width + 1));
    values[row * (width + 1) + width] = logDet[row] as number;
  }
  return tf.tensor2d(values, [rows, width + 1]);
}
