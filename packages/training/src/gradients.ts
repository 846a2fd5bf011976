import { formatShape, OptionError, type ParameterTree, ShapeError } from "@pushforward/core";
import { releaseTape } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** A loss and its gradients by path; a parameter that the loss does not depend on has none. */
export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
}

/**
 * Evaluates a scalar loss and its gradients. Call it inside `tf.tidy`, which owns the gradients. An exception from the
 * loss reaches the caller, and leaves no tensors behind.
 */
export function lossAndGradients(loss: () => tf.Tensor, parameters: ParameterTree): LossAndGradients {
  const variables = Array.from(parameters.values(), ({ variable }) => variable);
  let connected = false;
  const traced = (): tf.Scalar => {
    const value = loss();
    checkScalar(value);
    connected = true;
    return value as tf.Scalar;
  };
  try {
    const { value, grads } = tf.variableGrads(traced, variables);
    const gradients = new Map<string, tf.Tensor>();
    for (const [path, { variable }] of parameters) {
      const gradient = grads[variable.name];
      if (gradient !== undefined && gradient !== null) gradients.set(path, gradient);
    }
    return { loss: value.dataSync()[0] as number, gradients };
  } catch (error) {
    const tape = releaseTape();
    if (connected && !tape) {
      throw new OptionError(
        "fit: expected a loss that depends on a parameter that is trained, got one that depends on none.",
        { cause: error },
      );
    }
    throw error;
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
