import type { Distribution, Key } from "@pushforward/core";
import { isConditionalDistribution, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import {
  alongDirection,
  compareParameterGradients,
  compareRowSlopes,
  compareSummedSlopes,
  directionFrom,
  type Gradients,
  hostGradients,
  moved,
  type RowFunctions,
  slopesAtZero,
} from "../gradients.ts";
import { Comparison, formatNumber, formatValues, hostCopy, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import { contextNumbers, type DistributionTrial, distributionAt } from "./distribution-trial.ts";

/** Samples per context, and contexts. */
const SAMPLES = 8;
const CONTEXTS = 2;

/** Rounding of a log-density, relative: it is a sum of terms larger than itself. */
const ROUNDING = 2 ** -20;

/**
 * Gradients of the log-density for x, the context and each trainable parameter agree with central differences, and the
 * same rows have the same log-density and the same gradients at a second call.
 */
export function logDensityGradientsAreSlopes(trial: DistributionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.gradients);
  const density = new LogDensity(trial);
  const first = density.gradients("logProb");
  const values = density.evaluate();
  const quick = trial.quick ? density : undefined;
  const ofX = slopesAtZero((steps) => density.evaluateAlongX(steps), density.rounding, quick);
  const got = alongDirection(first.x, density.wayOfX, density.rows);
  compareRowSlopes(comparison, got, ofX, density.name("logProb", "x"), (row) => density.describe(row));
  const { contexts, wayOfContext } = density;
  if (contexts !== undefined && trial.theCase.discreteContext !== true) {
    const slopes = slopesAtZero(
      (steps) => steps.map((h) => density.evaluate({ contexts: moved(contexts, wayOfContext, h) })),
      density.rounding,
      quick,
    );
    const along = (rows: Float64Array): number =>
      alongDirection(density.gradients("logProb", rows).context, wayOfContext, 1)[0] as number;
    compareSummedSlopes(comparison, along, slopes, density.name("logProb", "the context"));
  }
  compareParameterGradients(comparison, density, trial.parameters, trial);
  requireSame("log-density", values, density.evaluate());
  requireSame("gradient of the log-density for x", first.x, density.gradients("logProb").x);
  return comparison.result();
}

/** The log-densities of a few samples of the distribution itself, at a few contexts. */
class LogDensity implements RowFunctions<"logProb"> {
  readonly parts = ["logProb"] as const;
  readonly rows: number;
  readonly rounding: Float64Array;
  readonly x: Float32Array;
  readonly contexts: Float32Array | undefined;
  readonly wayOfX: Float32Array;
  readonly wayOfContext: Float32Array;
  private readonly trial: DistributionTrial;

  constructor(trial: DistributionTrial) {
    this.trial = trial;
    const { value, theCase, key } = trial;
    this.contexts = contextNumbers(value, theCase, key, CONTEXTS);
    this.x = inTidy(() =>
      hostCopy(distributionAt(value, theCase, key, CONTEXTS).sample(key.fold("points"), [SAMPLES])),
    );
    this.wayOfX = directionFrom(key.fold("x"), this.x);
    this.wayOfContext = directionFrom(key.fold("along"), this.contexts ?? new Float32Array());
    const values = this.evaluate();
    this.rows = values.length;
    this.rounding = values.map((v) => ROUNDING * (1 + Math.abs(v)));
  }

  evaluate({ x = this.x, contexts = this.contexts }: Moved = {}): Float64Array {
    return inTidy(() => {
      const distribution = this.distribution(contexts && this.contextTensor(contexts));
      return Float64Array.from(hostCopy(distribution.logProb(this.xTensor(distribution, x))));
    });
  }

  /** Log-densities with the samples moved by each of some steps, in one evaluation: more samples of each context. */
  evaluateAlongX(steps: readonly number[]): Float64Array[] {
    const size = this.x.length;
    const x = new Float32Array(steps.length * size);
    for (const [k, step] of steps.entries()) x.set(moved(this.x, this.wayOfX, step), k * size);
    const all = this.evaluate({ x });
    return steps.map((_, k) => all.subarray(k * this.rows, (k + 1) * this.rows));
  }

  gradients(_: "logProb", rows?: Float64Array): Gradients {
    return inTidy(() => {
      const context = this.contexts && this.contextTensor(this.contexts);
      const x = this.xTensor(this.distribution(context), this.x);
      const loss = (): tf.Scalar => {
        const logProb = this.distribution(context).logProb(x);
        const weights = rows === undefined ? tf.onesLike(logProb) : tf.tensor(Float32Array.from(rows), logProb.shape);
        return tf.sum(tf.mul(logProb, weights)) as tf.Scalar;
      };
      return hostGradients(loss, { x, context }, this.trial.parameters);
    });
  }

  name(_: "logProb", source: string): string {
    return `log-density along ${source}`;
  }

  describe(row: number): string {
    const size = this.x.length / this.rows;
    return formatValues(this.x.subarray(row * size, (row + 1) * size));
  }

  private distribution(context: tf.Tensor | undefined): Distribution {
    const { value } = this.trial;
    return isConditionalDistribution(value) ? value.given(context as tf.Tensor) : value;
  }

  private contextTensor(contexts: Float32Array): tf.Tensor {
    const { value } = this.trial;
    const shape = isConditionalDistribution(value) ? value.contextShape : [];
    return tf.tensor(contexts, [contexts.length / sizeOf(shape), ...shape], "float32");
  }

  private xTensor({ batchShape, eventShape }: Distribution, x: Float32Array): tf.Tensor {
    return tf.tensor(x, [(SAMPLES * x.length) / this.x.length, ...batchShape, ...eventShape], "float32");
  }
}

/** Values that replace the samples and contexts in an evaluation. */
interface Moved {
  readonly x?: Float32Array;
  readonly contexts?: Float32Array | undefined;
}

function requireSame(what: string, expected: ArrayLike<number> | undefined, got: ArrayLike<number> | undefined): void {
  const i = Array.from(got ?? []).findIndex((v, at) => !Object.is(v, expected?.[at]));
  if (i < 0) return;
  throw new Violation(
    `the same ${what} at a second call, ${formatNumber(expected?.[i] ?? Number.NaN)}`,
    formatNumber(got?.[i] ?? Number.NaN),
  );
}

/** Gradients of the mean log-density for x and the trainable parameters, at samples of the distribution itself. */
export function gradients(trial: DistributionTrial): Gradients {
  return inTidy(() => {
    const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
    const x = tf.tensor(
      drawnOnce(distribution, trial.key),
      [64, ...distribution.batchShape, ...distribution.eventShape],
      "float32",
    );
    return hostGradients(() => tf.mean(distribution.logProb(x)), { x }, trial.parameters);
  });
}

function drawnOnce(distribution: Distribution, key: Key): Float32Array {
  return inTidy(() => hostCopy(distribution.sample(key.fold("points"), [64])));
}
