import { nestedGradients } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { Rates, Stage, Trajectory } from "./integrate.ts";
import { integrateBackward } from "./integrate-backward.ts";
import type { VelocityField } from "./velocity-field.ts";

/** Numbers of each row of a batch. A tensor would not live until the backward pass. */
interface Rows {
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** A velocity field at rows of a batch, each with its context and its probe. */
export class Points {
  private readonly field: VelocityField;
  private readonly context: Rows | undefined;
  private readonly probe: Rows | undefined;
  private readonly withLogDet: boolean;

  constructor(field: VelocityField, context: tf.Tensor | undefined, probe: tf.Tensor | undefined, withLogDet: boolean) {
    this.field = field;
    this.context = context && hostRows(context);
    this.probe = probe && hostRows(probe);
    this.withLogDet = withLogDet;
  }

  rates(stage: Stage): Rates {
    let found: Rates = { velocity: [] };
    tf.tidy(() => {
      const [velocity, divergence] = this.evaluate(stage, this.pointsOf(stage), rowsOf(this.context, stage.rows));
      found = { velocity: (velocity as tf.Tensor).dataSync(), divergence: divergence?.dataSync() };
    });
    return found;
  }

  /** The gradients by the start, the context and the parameters, from that by the end `[n, d]` or, with log-dets, `[n, d + 1]`. */
  gradients(trajectory: Trajectory, dy: tf.Tensor, [start, ...inputs]: readonly tf.Tensor[]): tf.Tensor[] {
    const { context } = this;
    const [count, width] = (start as tf.Tensor).shape as [number, number];
    const [ofX, ofLogDet] = split(dy.dataSync(), count, width);
    const parameters = context === undefined ? inputs : inputs.slice(1);
    const ofContext = new Float64Array(context?.values.length ?? 0);
    let sums: tf.Tensor[] = [];
    const ofStart = integrateBackward(trajectory, ofX, ofLogDet, (stage, ofVelocity, ofDivergence) => {
      let ofPoints: ArrayLike<number> = [];
      const next = tf.tidy(() => {
        const x = this.pointsOf(stage);
        const given = rowsOf(context, stage.rows);
        const seeds = [tf.tensor2d(ofVelocity, [stage.rows.length, width]), tf.tensor1d(ofDivergence)];
        const sources = [x, ...(given ? [given] : []), ...parameters];
        const found = nestedGradients(() => this.evaluate(stage, x, given), sources, seeds);
        ofPoints = (found[0] as tf.Tensor).dataSync();
        if (given !== undefined) addRows(ofContext, (found[1] as tf.Tensor).dataSync(), stage.rows);
        const ofParameters = found.slice(sources.length - parameters.length);
        return sums.length === 0 ? ofParameters : ofParameters.map((one, i) => tf.add(one, sums[i] as tf.Tensor));
      });
      tf.dispose(sums);
      sums = next;
      return ofPoints;
    });
    const whole = (values: Float64Array, shape: number[]): tf.Tensor => tf.tensor(new Float32Array(values), shape);
    return [
      whole(ofStart, [count, width]),
      ...(context ? [whole(ofContext, [context.count, context.width])] : []),
      ...(sums.length > 0 ? sums : parameters.map((parameter) => tf.zerosLike(parameter))),
    ];
  }

  private pointsOf({ rows, x }: Stage): tf.Tensor {
    return tf.tensor2d(x, [rows.length, this.field.features]);
  }

  private evaluate({ rows, t }: Stage, x: tf.Tensor, context: tf.Tensor | undefined): readonly tf.Tensor[] {
    const times = tf.tensor2d(t, [rows.length, 1]);
    if (!this.withLogDet) return [this.field.velocity(times, x, context)];
    return this.field.velocityAndDivergence(times, x, context, rowsOf(this.probe, rows));
  }
}

function hostRows(tensor: tf.Tensor): Rows {
  const [count, width] = tensor.shape as [number, number];
  return { values: tensor.dataSync().slice() as Float32Array, count, width };
}

function rowsOf(all: Rows | undefined, rows: Int32Array): tf.Tensor | undefined {
  if (all === undefined) return undefined;
  const { values, count, width } = all;
  // Rows keep their order, so that as many are all of them.
  if (rows.length === count) return tf.tensor2d(values, [count, width]);
  const some = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) some.set(values.subarray(row * width, (row + 1) * width), i * width);
  return tf.tensor2d(some, [rows.length, width]);
}

function addRows(sums: Float64Array, values: ArrayLike<number>, rows: Int32Array): void {
  const width = values.length / rows.length;
  for (const [i, row] of rows.entries()) {
    for (let k = 0; k < width; k++) {
      sums[row * width + k] = (sums[row * width + k] as number) + (values[i * width + k] as number);
    }
  }
}

/** The columns of the coordinates, and that of the log-determinants, 0 where there is none. */
function split(
  values: ArrayLike<number>,
  count: number,
  width: number,
): readonly [ofX: Float64Array, ofLogDet: Float64Array] {
  const columns = values.length / count;
  const ofX = new Float64Array(count * width);
  const ofLogDet = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < width; k++) ofX[row * width + k] = values[row * columns + k] as number;
    if (columns > width) ofLogDet[row] = values[row * columns + width] as number;
  }
  return [ofX, ofLogDet];
}
