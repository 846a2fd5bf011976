import { OptionError, type Parameter, type ParameterTree, ShapeError } from "@pushforward/core";
import { currentExecutor, formatShape, type TapeTrainer } from "@pushforward/core/extend";
import { meanLoss, meanLossSeed } from "@pushforward/core/plain";
import { pruneTape, releaseTape } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Gradients by path. The same gradients return the same map, so that an optimizer can detect the reuse. */
export class NamedGradients {
  private readonly parameters: ParameterTree;
  private gradients: ReadonlyMap<Parameter, tf.Tensor> | undefined;
  private named: ReadonlyMap<string, tf.Tensor> = new Map();

  constructor(parameters: ParameterTree) {
    this.parameters = parameters;
  }

  of(gradients: ReadonlyMap<Parameter, tf.Tensor>): ReadonlyMap<string, tf.Tensor> {
    if (this.gradients === gradients) return this.named;
    const named = new Map<string, tf.Tensor>();
    for (const [path, parameter] of this.parameters) {
      const gradient = gradients.get(parameter);
      if (gradient !== undefined) named.set(path, gradient);
    }
    this.gradients = gradients;
    this.named = named;
    return named;
  }

  /** Drops all references to tensors. */
  clear(): void {
    this.gradients = undefined;
    this.named = new Map();
  }
}

/** A loss and its gradients by path; a parameter that the loss does not depend on has none. */
export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
}

/** Computes gradients of losses by the tape, and keeps the data that plans need for this between steps. */
export class TapedGradients {
  private readonly parameters: ParameterTree;
  private trainer: TapeTrainer | undefined;
  private readonly named: NamedGradients;

  constructor(parameters: ParameterTree) {
    this.parameters = parameters;
    this.named = new NamedGradients(parameters);
  }

  /**
   * Evaluates a scalar loss and its gradients. Call it inside `tf.tidy`, which owns the gradients except for arrays reused by
   * the next call. An exception of the loss propagates without leaking tensors.
   */
  of(loss: () => tf.Tensor): LossAndGradients {
    const { values, gradients } = this.differentiate(() => {
      const value = loss();
      checkScalar(value);
      return value;
    });
    return { loss: values[0] as number, gradients };
  }

  /** The same for `−Σ weights · logProb / size`, of log-densities `[size]`; without weights they are 1. */
  ofLikelihood(logProb: () => tf.Tensor, size: number, weights?: ArrayLike<number>): LossAndGradients {
    const seed = tf.tensor1d(meanLossSeed(size, weights));
    const { values, gradients } = this.differentiate(logProb, seed);
    return { loss: meanLoss(values, size, weights), gradients };
  }

  /** Frees its resources. */
  dispose(): void {
    this.trainer?.dispose();
    this.trainer = undefined;
    this.named.clear();
  }

  private differentiate(
    compute: () => tf.Tensor,
    seed?: tf.Tensor,
  ): { readonly values: Float32Array; readonly gradients: ReadonlyMap<string, tf.Tensor> } {
    if (this.trainer?.isCurrent === false) this.dispose();
    this.trainer ??= currentExecutor()?.trainOnTape(this.parameters.values());
    const { trainer } = this;
    const onTape: Parameter[] = [];
    // The engine looks at this array when it has the value, and its time grows with the length times the operations.
    const sources: tf.Tensor[] = Array.from(this.parameters.values(), ({ variable }) => variable);
    const traced = (): tf.Tensor => {
      const value = trainer === undefined ? compute() : trainer.trace(compute);
      const read = pruneTape(value);
      for (const parameter of this.parameters.values()) if (read.has(parameter.variable)) onTape.push(parameter);
      sources.length = 0;
      for (const { variable } of onTape) sources.push(variable);
      if (trainer !== undefined) sources.push(trainer.anchor);
      return value;
    };
    try {
      const { value, grads } = tf.engine().gradients(traced, sources, seed, true);
      const ofTape = new Map<Parameter, tf.Tensor>();
      for (const [i, parameter] of onTape.entries()) {
        const gradient = grads[i] as tf.Tensor | null | undefined;
        if (gradient !== undefined && gradient !== null) ofTape.set(parameter, gradient);
      }
      const gradients = this.named.of(trainer?.collect(ofTape) ?? ofTape);
      checkDependence(gradients);
      return { values: value.dataSync() as Float32Array, gradients };
    } catch (error) {
      releaseTape();
      throw error;
    }
  }
}

/** Throws unless a loss depends on something. */
function checkDependence(gradients: ReadonlyMap<string, tf.Tensor>): void {
  if (gradients.size === 0) {
    throw new OptionError(
      "train: expected a loss that depends on a parameter that is trained, got one that depends on none.",
    );
  }
}

/** Throws unless a loss is one number. */
export function checkScalar(value: tf.Tensor): void {
  if (value.shape.length !== 0) {
    throw new ShapeError(
      `train: expected a scalar loss, got shape ${formatShape(value.shape)}. Take its mean over the rows.`,
    );
  }
}
