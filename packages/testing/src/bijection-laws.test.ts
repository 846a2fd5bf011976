import { useBackend } from "@pushforward/backend";
import {
  type Bijection,
  ContextError,
  InverseNotAvailableError,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type BijectionCase, bijectionLaws, checkBijection, LawError } from "./index.ts";

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
    return tf.tidy(() => tf.mul(this.pair(x, context, true)[0], this.flaws.valueScale ?? 1));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.inverseAndLogDet(y, context)[0]);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    if (this.flaws.leak) tf.keep(tf.scalar(1));
    return tf.tidy(() => this.pair(x, context, true));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    if (this.inverseKind === "none") throw new InverseNotAvailableError("TestAffine.inverse: none.");
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
    const a = this.logScale.variable;
    const used = this.contextShape && context && !this.flaws.ignoreContext;
    const t = used ? tf.add(this.shift.variable, context) : this.shift.variable;
    let value = forward ? tf.add(tf.mul(input, tf.exp(a)), t) : tf.mul(tf.sub(input, t), tf.exp(tf.neg(a)));
    if (this.flaws.mix) value = tf.add(value, tf.mul(1e-3, tf.reverse(value, -1)));
    const ones = tf.onesLike(tf.sum(value, -1, this.flaws.keepLogDetAxis));
    const total = tf.sum(a);
    return [value, tf.mul(ones, forward ? total : tf.neg(total))];
  }
}

function affine(flaws: Flaws = {}, context = false, more: Partial<BijectionCase> = {}): BijectionCase {
  return { make: () => new TestAffine(2, context, flaws), eventShape: [2], elementwise: true, ...more };
}

async function broken(theCase: BijectionCase): Promise<string[]> {
  const failed: string[] = [];
  for (const law of bijectionLaws("affine", theCase)) {
    try {
      await law.run();
    } catch (error) {
      expect(error).toBeInstanceOf(LawError);
      failed.push(law.name);
    }
  }
  return failed;
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a correct bijection keeps every law, with and without context, and leaves no tensor", async () => {
      const before = tf.memory().numTensors;
      for (const context of [false, true]) {
        const reports = await checkBijection(affine({}, context), { name: "affine" });
        expect(reports.every((report) => report.passed)).toBe(true);
        expect(reports.length).toBeGreaterThanOrEqual(15);
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
    ];
    test.each(flaws)("%s breaks its law", async (_, theCase, laws) => {
      const failed = await broken(theCase);
      for (const law of laws) expect(failed).toContain(law);
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
