import { isConditionalDistribution, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { expectNoLeak } from "../expect-no-leak.ts";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { gradients } from "./log-prob-gradients.ts";

export function noLeak(trial: DistributionTrial): Measurement {
  const { value, key, theCase } = trial;
  const distribution = distributionAt(value, theCase, key, 2);
  const x = distribution.sample(key, [3]);
  const wrong = tf.zeros([3, ...distribution.batchShape, ...distribution.eventShape.map((axis) => axis + 1)]);
  const numbers = x.arraySync();
  const calls: readonly [string, () => unknown][] = [
    ["logProb", () => distribution.logProb(x)],
    ["logProb of plain numbers", () => distribution.logProb(numbers)],
    ["sample", () => distribution.sample(key, [3])],
    ["sampleAndLogProb", () => distribution.sampleAndLogProb(key, [3])],
    ["gradient of logProb", () => void gradients(trial)],
    ["logProb of a wrong shape", () => tolerant(() => distribution.logProb(wrong))],
  ];
  for (const [what, call] of calls) {
    expectNoLeak(call, what);
    if (x.isDisposed) throw new Violation(`${what} to borrow its input`, "a disposed input");
  }
  if (isConditionalDistribution(value)) {
    const numbersOfContexts = theCase.contexts?.(key, 3) ?? new Float32Array(3 * sizeOf(value.contextShape));
    const context = tf.tensor(Float32Array.from(numbersOfContexts), [3, ...value.contextShape], "float32");
    expectNoLeak(() => void value.given(context), "given");
    expectNoLeak(() => value.given(context).sample(key), "sample of given");
    if (context.isDisposed) throw new Violation("given to borrow its context", "a disposed context");
  }
  return KEPT;
}

function tolerant(call: () => tf.Tensor): tf.Tensor | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
