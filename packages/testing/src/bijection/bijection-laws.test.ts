import { useBackend } from "@pushforward/backend";
import {
  type Bijection,
  ContextError,
  InverseNotAvailableError,
  type Parameter,
  type ParameterTree,
  type Registry,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import { parameter, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../test/deep.ts";
import { type BijectionCase, bijectionLaws, checkBijection } from "../index.ts";
import { failedLaws } from "../law/law-list.ts";

/** What a broken variant of the affine map does differently. */
interface Flaws {
  readonly logDetSign?: -1;
  readonly inverseShift?: number;
  readonly leak?: boolean;
  readonly ignoreContext?: boolean;
  readonly hideNan?: boolean;
  readonly keepLogDetAxis?: boolean;
  readonly returnInput?: boolean;
  readonly valueScale?: number;
  readonly acceptContext?: boolean;
  readonly plainShapeError?: boolean;
  readonly deadParameter?: boolean;
  readonly inverseKind?: "none";
  readonly mix?: boolean;
  readonly survivesDispose?: boolean;
  /** Inverts, although it says that it does not. */
  readonly hiddenInverse?: boolean;
  readonly logDetShift?: number;
  /** Cuts an array from the tape: right values, no gradient. */
  readonly cut?: "value" | "logDet" | "context" | "valueMethod";
  /** Right values; the gradient of a parameter has the wrong sign, or a gradient of the input is 5 % too large. */
  readonly wrongGradient?: "shift" | "logScale" | "input";
  /** What differs from one call to the next. */
  readonly memory?: "value" | "gradient" | "parameter" | "input";
  readonly wrongOnWasm?: boolean;
  readonly singleContext?: boolean;
  readonly infinite?: "value" | "gradient";
  readonly folds?: boolean;
}

/** The same values without a way back on the tape. */
function cutFromTape(tensor: tf.Tensor): tf.Tensor {
  return tf.tensor(tensor.dataSync().slice(), tensor.shape);
}

/** The same values; gradients are multiplied by a factor. */
function withGradientTimes(factor: number, tensor: tf.Tensor): tf.Tensor {
  const identity = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, factor),
  }));
  return identity(tensor);
}

// y = x·e^a + t + c with a context c of one number, or without one.
class TestAffine implements Bijection {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind: "analytic" | "none";
  readonly contextShape?: Shape;
  private readonly size: number;
  private readonly flaws: Flaws;
  private readonly shift: Parameter;
  private readonly logScale: Parameter;
  private readonly dead: Parameter;
  private calls = 0;

  constructor(size: number, context: boolean, flaws: Flaws) {
    this.size = size;
    this.flaws = flaws;
    this.inverseKind = flaws.inverseKind ?? "analytic";
    if (context) this.contextShape = [1];
    this.shift = parameter([size]);
    this.logScale = parameter([size]);
    this.dead = parameter([2]);
  }

  parameters(): ParameterTree {
    const parts = { shift: this.shift, logScale: this.logScale };
    return parameterTree(this.flaws.deadParameter ? { ...parts, dead: this.dead } : parts);
  }

  dispose(): void {
    if (this.flaws.survivesDispose) return;
    for (const p of [this.shift, this.logScale, this.dead]) p.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  forwardShape(shape: Shape): Shape {
    if (shape[shape.length - 1] !== this.size) {
      if (this.flaws.plainShapeError) throw new Error("wrong");
      throw new ShapeError(`TestAffine: expected [${this.size}], got [${shape}].`);
    }
    return shape;
  }

  inverseShape(shape: Shape): Shape {
    return this.forwardShape(shape);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    if (this.flaws.returnInput) return x;
    return tf.tidy(() => {
      const value = tf.mul(this.pair(x, context, true)[0], this.flaws.valueScale ?? 1);
      return this.flaws.cut === "valueMethod" ? cutFromTape(value) : value;
    });
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.inverseAndLogDet(y, context)[0]);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    if (this.flaws.leak) tf.keep(tf.scalar(1));
    return tf.tidy(() => this.pair(x, context, true));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    if (this.inverseKind === "none" && !this.flaws.hiddenInverse)
      throw new InverseNotAvailableError("TestAffine.inverse: none.");
    return tf.tidy(() => {
      const [x, logDet] = this.pair(y, context, false);
      return [
        this.flaws.inverseShift ? tf.add(x, this.flaws.inverseShift) : x,
        this.flaws.logDetSign ? tf.neg(logDet) : logDet,
      ];
    });
  }

  private pair(x: tf.Tensor, context: tf.Tensor | undefined, forward: boolean): ValueAndLogDet {
    this.forwardShape(x.shape);
    if (this.contextShape === undefined && context && !this.flaws.acceptContext) throw new ContextError("no context");
    if (this.contextShape && context?.shape[context.shape.length - 1] !== 1) throw new ContextError("context [1]");
    const input = this.flaws.hideNan ? tf.where(tf.isNaN(x), tf.zerosLike(x), x) : x;
    const seen = this.flaws.cut === "context" && context ? cutFromTape(context) : context;
    const used = this.contextShape && seen && !this.flaws.ignoreContext;
    const parameterOf = (name: "shift" | "logScale"): tf.Tensor =>
      this.flaws.wrongGradient === name ? withGradientTimes(-1, this[name].variable) : this[name].variable;
    const a = parameterOf("logScale");
    const t = used
      ? tf.add(parameterOf("shift"), this.flaws.singleContext ? tf.mean(seen) : seen)
      : parameterOf("shift");
    let value = forward ? tf.add(tf.mul(input, tf.exp(a)), t) : tf.mul(tf.sub(input, t), tf.exp(tf.neg(a)));
    if (this.flaws.mix) value = tf.add(value, tf.mul(1e-3, tf.reverse(value, -1)));
    if (this.flaws.folds) value = tf.abs(value);
    if (this.flaws.wrongOnWasm && tf.getBackend() === "wasm") value = tf.add(value, 1e-2);
    if (this.flaws.infinite === "value") value = tf.mul(value, tf.exp(tf.maximum(tf.mul(1e3, tf.sub(x, 0.5)), 0)));
    // √(v²) has no finite derivative at 0 in TensorFlow.js; elsewhere the sum is v.
    if (this.flaws.infinite === "gradient") value = tf.add(value, tf.mul(0, tf.sqrt(tf.abs(input))));
    const ones = tf.onesLike(tf.sum(value, -1, this.flaws.keepLogDetAxis));
    const total = tf.add(tf.sum(a), this.flaws.logDetShift ?? 0);
    return this.spoil(x, [value, tf.mul(ones, forward ? total : tf.neg(total))]);
  }

  // What is wrong with a pair although its numbers are right, at a first call at least.
  private spoil(x: tf.Tensor, [value, logDet]: ValueAndLogDet): ValueAndLogDet {
    const { cut, wrongGradient, memory } = this.flaws;
    const calls = this.calls++;
    if (memory === "parameter") this.shift.write(this.shift.read().map((v) => v * 1.001));
    if (memory === "input" && tf.getBackend() === "cpu") x.dataSync()[0] = 7;
    if (memory === "value") return [tf.add(value, 1e-4 * calls), logDet];
    if (memory === "gradient") return [withGradientTimes(1 + 1e-3 * calls, value), logDet];
    if (cut === "value") return [cutFromTape(value), logDet];
    if (cut === "logDet") return [value, cutFromTape(logDet)];
    if (wrongGradient === "input") return [withGradientTimes(1.05, value), logDet];
    return [value, logDet];
  }
}

function affine(flaws: Flaws = {}, context = false, more: Partial<BijectionCase> = {}): BijectionCase {
  return { make: () => new TestAffine(2, context, flaws), eventShape: [2], elementwise: true, ...more };
}

// A codec that restores another object: the log-det is off.
const forgetful: Registry = {
  encode: () => ({ type: "test/affine", version: 1, config: {} }),
  decode: () => new TestAffine(2, false, { logDetShift: 1 }),
  extend: () => forgetful,
};

const broken = (theCase: BijectionCase, registry?: Registry): Promise<string[]> =>
  failedLaws(bijectionLaws("affine", theCase, registry && { registry }));

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a correct bijection keeps every law, with and without context, and leaves no tensor", async () => {
      const before = tf.memory().numTensors;
      for (const context of [false, true]) {
        const reports = await checkBijection(affine({}, context), { name: "affine" });
        expect(reports.every((report) => report.passed)).toBe(true);
        expect(reports.length).toBeGreaterThanOrEqual(17);
      }
      expect(tf.memory().numTensors).toBe(before);
      expect(tf.getBackend()).toBe(backend);
    });

    const flaws: readonly [string, BijectionCase, readonly string[]][] = [
      [
        "the sign of a log-det",
        affine({ logDetSign: -1 }),
        ["log-dets are negatives", "inverse log-det is that of the Jacobian"],
      ],
      ["a wrong inverse", affine({ inverseShift: 1e-3 }), ["round trip from x", "round trip from y"]],
      ["a leak", affine({ leak: true }), ["no leak"]],
      ["an ignored context", affine({ ignoreContext: true }, true), ["context errors"]],
      ["hidden NaN", affine({ hideNan: true }), ["NaN in, NaN out"]],
      ["a log-det with an axis too many", affine({ keepLogDetAxis: true }), ["batch axes", "shapes"]],
      ["its input returned", affine({ returnInput: true }), ["no leak", "value methods agree with the pairs"]],
      ["a value method of its own", affine({ valueScale: 1.001 }), ["value methods agree with the pairs"]],
      ["an accepted context", affine({ acceptContext: true }), ["context errors"]],
      ["an error that is not typed", affine({ plainShapeError: true }), ["shapes"]],
      ["a parameter that learns nothing", affine({ deadParameter: true }), ["every parameter learns"]],
      ["a dispose that frees nothing", affine({ survivesDispose: true }), ["dispose"]],
      ["elements that mix", affine({ mix: true }), ["log-det is that of the Jacobian"]],
      [
        "a triangle that is not one",
        affine({ mix: true }, false, { elementwise: false, triangular: [0, 1] }),
        ["log-det is that of the Jacobian"],
      ],
      ["a log-det cut from the tape", affine({ cut: "logDet" }), ["gradients are slopes"]],
      ["a value cut from the tape", affine({ cut: "value" }), ["gradients are slopes", "finite gradients"]],
      ["a value method cut from the tape", affine({ cut: "valueMethod" }), ["gradients are slopes"]],
      ["a context cut from the tape", affine({ cut: "context" }, true), ["gradients are slopes"]],
      ["a shift with a gradient of the wrong sign", affine({ wrongGradient: "shift" }), ["gradients are slopes"]],
      ["a scale with a gradient of the wrong sign", affine({ wrongGradient: "logScale" }), ["gradients are slopes"]],
      ["an input gradient 5 % too large", affine({ wrongGradient: "input" }), ["gradients are slopes"]],
      ["a value that differs from call to call", affine({ memory: "value" }), ["a second call gives the same"]],
      ["a gradient that differs from call to call", affine({ memory: "gradient" }), ["a second call gives the same"]],
      ["a call that changes a parameter", affine({ memory: "parameter" }), ["a second call gives the same"]],
      ["a log-det off by a constant", affine({ logDetShift: 0.02 }), ["log-det is that of the Jacobian"]],
      [
        "that, for a single number",
        {
          ...affine({ logDetShift: 0.02 }),
          make: () => new TestAffine(1, false, { logDetShift: 0.02 }),
          eventShape: [1],
        },
        ["change of measure"],
      ],
      ["one context for all rows", affine({ singleContext: true }, true), ["context axes"]],
      ["another value on wasm", affine({ wrongOnWasm: true }), ["backends agree"]],
      ["values that overflow", affine({ infinite: "value" }), ["finite values"]],
      ["a gradient that is infinite at 0", affine({ infinite: "gradient" }), ["finite gradients"]],
      ["a map that folds", affine({ folds: true }), ["round trip from x"]],
      ["an inverse that should not be", affine({ inverseKind: "none", hiddenInverse: true }), ["no inverse"]],
      ["a codec that forgets", affine(), ["codec round trip"]],
    ];
    test.each(flaws)("%s breaks its law", async (_, theCase, laws) => {
      const failed = await broken(theCase, laws.includes("codec round trip") ? forgetful : undefined);
      for (const law of laws) expect(failed).toContain(law);
    });

    test("an input that is written to breaks its law on cpu, where it can be", async () => {
      const failed = await broken(affine({ memory: "input" }));
      expect(failed.includes("a second call gives the same")).toBe(backend === "cpu");
    });

    test("every law is broken by something above", () => {
      const one = { ...affine({}, true), make: () => new TestAffine(1, true, {}), eventShape: [1] };
      const names = [
        ...bijectionLaws("one", one, { registry: forgetful }),
        ...bijectionLaws("none", affine({ inverseKind: "none" })),
      ].map(({ name }) => name);
      const covered = new Set(flaws.flatMap(([, , laws]) => laws));
      expect([...new Set(names)].filter((name) => !covered.has(name))).toEqual([]);
    });

    test("a bijection without an inverse is asked for its error instead", async () => {
      const reports = await checkBijection(affine({ inverseKind: "none" }));
      const names = reports.map((report) => report.law);
      expect(names).toContain("no inverse");
      expect(names.filter((name) => name.includes("round trip") || name.includes("inverse log-det"))).toEqual([]);
    });
  });
}

test("messages tell law, case, numbers and input", async () => {
  await useBackend("cpu");
  const law = bijectionLaws("broken affine", affine({ logDetSign: -1 })).find(
    (l) => l.name === "log-dets are negatives",
  );
  await expect(law?.run()).rejects.toThrow(
    /^log-dets are negatives of broken affine: expected \S+, got \S+ at \[\S+, \S+\] \(error \S+, tolerance 0\.00001\)\.$/,
  );
});
