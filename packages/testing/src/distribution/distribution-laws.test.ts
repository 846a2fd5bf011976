import { useBackend } from "@pushforward/backend";
import {
  type ConditionalDistribution,
  createKey,
  type Distribution,
  type Key,
  type Parameter,
  type ParameterTree,
  type Registry,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, parameter, parameterTree, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../test/deep.ts";
import { checkDistribution, type DistributionCase, distributionLaws } from "../index.ts";
import { failedLaws } from "../law/law-list.ts";

/** What a broken variant of the normal distribution does differently. */
interface Flaws {
  readonly logProbShift?: number;
  readonly sampleScale?: number;
  readonly pairScale?: number;
  readonly pairShift?: number;
  readonly leak?: boolean;
  readonly hideNan?: boolean;
  readonly keepEventAxis?: boolean;
  readonly ignoreKey?: boolean;
  readonly noise?: boolean;
  readonly deadParameter?: boolean;
  readonly mixRows?: boolean;
  /** Right log-densities without a gradient for the mean, or one of the wrong sign for x. */
  readonly wrongGradient?: "mean" | "x" | "context";
  /** Another log-density at each call. */
  readonly drifts?: boolean;
  readonly survivesDispose?: boolean;
  readonly wrongOnWasm?: boolean;
  readonly infiniteGradient?: boolean;
  /** NaN where the square overflows. */
  readonly overflows?: boolean;
}

// N(mean, 1) for each element, at one mean or at a batch of them; 0 outside [−bound, bound] when there is a bound.
class TestNormal implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  private readonly flaws: Flaws;
  private readonly mean: Parameter;
  private readonly dead: Parameter;
  private readonly shift: tf.Tensor | undefined;
  private calls = 0;

  constructor(size: number, flaws: Flaws, mean: Parameter = parameter([size]), shift?: tf.Tensor) {
    this.eventShape = [size];
    this.batchShape = shift === undefined ? [] : shift.shape.slice(0, -1);
    this.flaws = flaws;
    this.mean = mean;
    this.dead = parameter([2]);
    this.shift = shift;
  }

  parameters(): ParameterTree {
    return parameterTree(this.flaws.deadParameter ? { mean: this.mean, dead: this.dead } : { mean: this.mean });
  }

  dispose(): void {
    if (this.flaws.survivesDispose) return;
    this.mean.dispose();
    this.dead.dispose();
  }

  logProb(x: TensorLike): tf.Tensor {
    if (this.flaws.leak) tf.keep(tf.scalar(1));
    return tf.tidy(() => {
      const tensor = asTensor(x, "TestNormal");
      const size = sizeOf(this.eventShape);
      if (tensor.shape[tensor.rank - 1] !== size) throw new ShapeError(`TestNormal: expected [${size}].`);
      const input = this.flaws.hideNan ? tf.where(tf.isNaN(tensor), tf.zerosLike(tensor), tensor) : tensor;
      const location = this.flaws.wrongGradient === "mean" ? cutFromTape(this.location()) : this.location();
      const d = tf.sub(this.flaws.wrongGradient === "x" ? cutFromTape(input) : input, location);
      const terms = tf.sub(tf.mul(-0.5, tf.square(d)), 0.5 * Math.log(2 * Math.PI) + (this.flaws.logProbShift ?? 0));
      const total = tf.sum(terms, -1, this.flaws.keepEventAxis);
      if (this.flaws.wrongOnWasm && tf.getBackend() === "wasm") return tf.add(total, 1e-2);
      // |x|^½ times 0: no value changes, and no gradient at 0 is finite.
      if (this.flaws.infiniteGradient) return tf.add(total, tf.mul(0, tf.sum(tf.sqrt(tf.mul(0, input)), -1)));
      if (this.flaws.overflows) return tf.add(total, tf.mul(0, tf.sum(tf.square(input), -1)));
      if (this.flaws.drifts) return tf.add(total, 1e-3 * this.calls++);
      return this.flaws.mixRows ? tf.add(total, tf.mul(0, tf.sum(total))) : total;
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return this.draw(key, sampleShape, this.flaws.sampleScale ?? 1);
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [tf.Tensor, tf.Tensor] {
    return tf.tidy(() => {
      const x = this.draw(key, sampleShape, this.flaws.pairScale ?? this.flaws.sampleScale ?? 1);
      return [x, tf.add(this.logProb(x), this.flaws.pairShift ?? 0)];
    });
  }

  private location(): tf.Tensor {
    if (this.shift === undefined) return this.mean.variable;
    const shift = this.flaws.wrongGradient === "context" ? cutFromTape(this.shift) : this.shift;
    return tf.add(this.mean.variable, shift);
  }

  private draw(key: Key, sampleShape: Shape, scale: number): tf.Tensor {
    const used = this.flaws.ignoreKey ? createKey(1) : this.flaws.noise ? key.fold(this.calls++) : key;
    const shape = [...sampleShape, ...this.batchShape, ...this.eventShape];
    return tf.tidy(() => tf.add(tf.mul(tf.tensor(used.normal(sizeOf(shape)), shape), scale), this.location()));
  }
}

/** The same values without a way back on the tape. */
function cutFromTape(tensor: tf.Tensor): tf.Tensor {
  return tf.tensor(tensor.dataSync().slice(), tensor.shape);
}

class TestConditional implements ConditionalDistribution {
  readonly contextShape: Shape = [1];
  private readonly mean: Parameter = parameter([1]);
  private readonly flaws: Flaws;

  constructor(flaws: Flaws = {}) {
    this.flaws = flaws;
  }

  parameters(): ParameterTree {
    return parameterTree({ mean: this.mean });
  }

  dispose(): void {
    this.mean.dispose();
  }

  given(context: TensorLike): Distribution {
    return new TestNormal(1, this.flaws, this.mean, context as tf.Tensor);
  }
}

function normal(size: number, flaws: Flaws = {}, more: Partial<DistributionCase> = {}): DistributionCase {
  return { make: () => new TestNormal(size, flaws), integrate: { low: -7, high: 7 }, ...more };
}

// A codec that restores another object: the density is off by a constant.
const forgetful: Registry = {
  encode: () => ({ type: "test/normal", version: 1, config: {} }),
  decode: () => new TestNormal(1, { logProbShift: 1 }),
  extend: () => forgetful,
};

const broken = (theCase: DistributionCase, registry?: Registry): Promise<string[]> =>
  failedLaws(distributionLaws("normal", theCase, registry && { registry }));

// Φ by its series, Marsaglia (2004).
function normalCdf(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a correct distribution keeps every law, in one, two and five dimensions, and leaves no tensor", async () => {
      const before = tf.memory().numTensors;
      const exact = { cdf: normalCdf, mean: 0, variance: 1 };
      for (const theCase of [normal(1), normal(1, {}, exact), normal(2), { make: () => new TestNormal(5, {}) }]) {
        const reports = await checkDistribution(theCase, { name: "normal" });
        expect(reports.every((report) => report.passed)).toBe(true);
      }
      await checkDistribution({ make: () => new TestConditional(), integrate: { low: -9, high: 9 } });
      expect(tf.memory().numTensors).toBe(before);
      expect(tf.getBackend()).toBe(backend);
    });

    const flaws: readonly [string, DistributionCase, readonly string[]][] = [
      ["a wrong constant", normal(1, { logProbShift: 0.002 }), ["integrates to 1"]],
      ["a wrong constant in two dimensions", normal(2, { logProbShift: 0.002 }), ["integrates to 1"]],
      ["a sampler of another scale", normal(1, { sampleScale: 1.05 }), ["samples follow the density"]],
      ["that in two dimensions", normal(2, { sampleScale: 1.05 }), ["samples follow the density"]],
      [
        "that by exact numbers",
        normal(1, { sampleScale: 1.05 }, { cdf: normalCdf, variance: 1 }),
        ["samples follow the cdf", "moments"],
      ],
      ["a density better than its entropy", normal(1, { sampleScale: 0.9 }), ["mean log-density is minus the entropy"]],
      ["a pair with other draws", normal(1, { pairScale: 1.001 }), ["sampleAndLogProb agrees with sample and logProb"]],
      [
        "a pair with another density",
        normal(1, { pairShift: 1e-3 }),
        ["sampleAndLogProb agrees with sample and logProb"],
      ],
      ["a leak", normal(1, { leak: true }), ["no leak"]],
      ["hidden NaN", normal(1, { hideNan: true }), ["NaN in, NaN out"]],
      ["NaN that spreads", normal(1, { mixRows: true }), ["NaN in, NaN out"]],
      ["an axis too many", normal(1, { keepEventAxis: true }), ["shapes"]],
      ["a key that does nothing", normal(1, { ignoreKey: true }), ["same key, same bits"]],
      ["draws that differ each time", normal(1, { noise: true }), ["same key, same bits"]],
      ["a parameter that learns nothing", normal(1, { deadParameter: true }), ["every parameter learns"]],
      ["a density outside the support", normal(1, {}, { outside: [[3]] }), ["-Infinity outside the support"]],
      ["a wrong exact mean", normal(1, {}, { mean: 0.1 }), ["moments"]],
      ["a mean cut from the tape", normal(1, { wrongGradient: "mean" }), ["gradients are slopes"]],
      ["an x cut from the tape", normal(2, { wrongGradient: "x" }), ["gradients are slopes"]],
      [
        "a context cut from the tape",
        { make: () => new TestConditional({ wrongGradient: "context" }) },
        ["gradients are slopes"],
      ],
      ["a density that drifts", normal(1, { drifts: true }), ["gradients are slopes"]],
      ["a dispose that frees nothing", normal(1, { survivesDispose: true }), ["dispose"]],
      ["another density on wasm", normal(1, { wrongOnWasm: true }), ["backends agree"]],
      ["a gradient that is infinite", normal(1, { infiniteGradient: true }), ["finite gradients"]],
      ["NaN far away", normal(1, { overflows: true }), ["far away is improbable"]],
      ["a codec that forgets", normal(1), ["codec round trip"]],
    ];
    test.each(flaws)("%s breaks its law", async (_, theCase, laws) => {
      const failed = await broken(theCase, laws.includes("codec round trip") ? forgetful : undefined);
      for (const law of laws) expect(failed).toContain(law);
    });

    test("every law is broken by something above", () => {
      const exact = { cdf: normalCdf, mean: 0, outside: [[3]] };
      const names = distributionLaws("normal", normal(1, {}, exact), { registry: forgetful }).map(({ name }) => name);
      const covered = new Set(flaws.flatMap(([, , laws]) => laws));
      expect(names.filter((name) => !covered.has(name))).toEqual([]);
    });
  });
}

test("a grid that does not fit is refused in words", async () => {
  await useBackend("cpu");
  const [, law] = distributionLaws("normal", normal(2, {}, { integrate: { low: -7, high: 7, points: 400 } }));
  expect(law?.name).toBe("integrates to 1");
  await expect(law?.run()).rejects.toThrow("integrate.points: expected 1 more than a multiple of 20, got 400.");
  const [, five] = distributionLaws("normal", normal(5));
  await expect(five?.run()).rejects.toThrow("expected events of one or two numbers to integrate over, got shape [5].");
});
