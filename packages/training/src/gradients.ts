import {
  currentExecutor,
  formatShape,
  OptionError,
  type Parameter,
  type ParameterTree,
  ShapeError,
  type TapeTrainer,
} from "@pushforward/core";
import { pruneTape, releaseTape } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** A loss and its gradients by path; a parameter that the loss does not depend on has none. */
export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
}

/** Takes the gradients of losses by the tape, and keeps what plans need for it from one step to the next. */
export class TapedGradients {
  private readonly parameters: ParameterTree;
  private trainer: TapeTrainer | undefined;

  constructor(parameters: ParameterTree) {
    this.parameters = parameters;
  }

  /**
   * Evaluates a scalar loss and its gradients. Call it inside `tf.tidy`, which owns the gradients but for those that
   * change with the next call. An exception from the loss reaches the caller, and leaves no tensors behind.
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
    const weightOf = (i: number): number => weights?.[i] ?? 1;
    const seed = new Float32Array(size);
    for (let i = 0; i < size; i++) seed[i] = -weightOf(i) / size;
    const { values, gradients } = this.differentiate(logProb, tf.tensor1d(seed));
    let sum = 0;
    for (let i = 0; i < size; i++) sum -= weightOf(i) * (values[i] as number);
    return { loss: sum / size, gradients };
  }

  /** Frees what it keeps. */
  dispose(): void {
    this.trainer?.dispose();
    this.trainer = undefined;
  }

  private differentiate(
    compute: () => tf.Tensor,
    seed?: tf.Tensor,
  ): { readonly values: Float32Array; readonly gradients: ReadonlyMap<string, tf.Tensor> } {
    if (this.trainer?.isCurrent === false) this.dispose();
    this.trainer ??= currentExecutor()?.trainOnTape(this.parameters.values());
    const { trainer } = this;
    // The engine looks at this array when it has the value. Its time grows with the variables times the operations, and
    // only few of the variables may be on the tape.
    const variables = Array.from(this.parameters.values(), ({ variable }) => variable);
    const traced = (): tf.Tensor => {
      const value = trainer === undefined ? compute() : trainer.trace(compute);
      const read = pruneTape(value);
      variables.splice(0, variables.length, ...variables.filter((variable) => read.has(variable)));
      return value;
    };
    try {
      const { value, grads } = tf.engine().gradients(traced, variables, seed, true);
      const ofTape = new Map(variables.map((variable, i) => [variable, grads[i]]));
      return { values: value.dataSync() as Float32Array, gradients: this.named(ofTape, trainer?.gradients) };
    } catch (error) {
      releaseTape();
      throw error;
    }
  }

  private named(
    ofTape: ReadonlyMap<tf.Variable, tf.Tensor | null | undefined>,
    beside: ReadonlyMap<Parameter, readonly tf.Tensor[]> = new Map(),
  ): ReadonlyMap<string, tf.Tensor> {
    const gradients = new Map<string, tf.Tensor>();
    for (const [path, parameter] of this.parameters) {
      const all = beside.get(parameter) ?? [];
      const other = ofTape.get(parameter.variable);
      const terms = other === undefined || other === null ? all : [...all, other];
      const [first] = terms;
      if (first !== undefined) gradients.set(path, terms.length === 1 ? first : tf.addN([...terms]));
    }
    if (gradients.size > 0) return gradients;
    throw new OptionError(
      "fit: expected a loss that depends on a parameter that is trained, got one that depends on none.",
    );
  }
}

/** Throws unless a loss is one number. */
export function checkScalar(value: tf.Tensor): void {
  if (value.shape.length !== 0) {
    throw new ShapeError(
      `fit: expected a scalar loss, got shape ${formatShape(value.shape)}. Take its mean over the rows.`,
    );
  }
}
