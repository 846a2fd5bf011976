import { useBackend } from "@pushforward/backend";
import {
  type Bijection,
  ContextError,
  type Json,
  type Module,
  type Parameter,
  type Registry,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import { parameter, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../test/deep.ts";
import { type BijectionCase, bijectionLaws, checkBijection } from "../index.ts";
import { failedLaws } from "../law/law-list.ts";

type Fn = (x: tf.Tensor) => tf.Tensor;

// A bijection of event rank 0 from its four formulas.
function elementwise(f: Fn, g: Fn, logF: Fn, logG: Fn): Bijection {
  const guard =
    <R extends tf.Tensor | ValueAndLogDet>(call: (x: tf.Tensor) => R) =>
    (x: tf.Tensor, context?: tf.Tensor): R => {
      if (context !== undefined) throw new ContextError("elementwise: expected no context, got one.");
      return tf.tidy(() => call(x));
    };
  return {
    eventRankIn: 0,
    eventRankOut: 0,
    inverseKind: "analytic",
    forwardShape: (shape: Shape) => shape,
    inverseShape: (shape: Shape) => shape,
    forward: guard(f),
    inverse: guard(g),
    forwardAndLogDet: guard((x): ValueAndLogDet => [f(x), logF(x)]),
    inverseAndLogDet: guard((y): ValueAndLogDet => [g(y), logG(y)]),
  };
}

const logit: Fn = (y) => tf.sub(tf.log(y), tf.log(tf.sub(1, y)));
const logDetLogit: Fn = (y) => tf.neg(tf.add(tf.log(y), tf.log(tf.sub(1, y))));
const logDetSigmoid: Fn = (x) => tf.sub(tf.neg(tf.abs(x)), tf.mul(2, tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(x)))))));
const unit = { low: 0, high: 1 };

const sigmoid: BijectionCase = {
  make: () => elementwise((x) => tf.sigmoid(x), logit, logDetSigmoid, logDetLogit),
  eventShape: [],
  range: unit,
};
const exponential: BijectionCase = {
  make: () =>
    elementwise(
      (x) => tf.exp(x),
      (y) => tf.log(y),
      (x) => tf.clone(x),
      (y) => tf.neg(tf.log(y)),
    ),
  eventShape: [3],
  range: { low: 0, high: Number.POSITIVE_INFINITY },
};
const logarithm: BijectionCase = {
  make: () =>
    elementwise(
      (x) => tf.log(x),
      (y) => tf.exp(y),
      (x) => tf.neg(tf.log(x)),
      (y) => tf.clone(y),
    ),
  eventShape: [2],
  domain: { low: 0, high: Number.POSITIVE_INFINITY },
};
const reciprocalOfNegative: BijectionCase = {
  make: () =>
    elementwise(
      (x) => tf.neg(tf.exp(x)),
      (y) => tf.log(tf.neg(y)),
      (x) => tf.clone(x),
      (y) => tf.neg(tf.log(tf.neg(y))),
    ),
  eventShape: [],
  range: { low: Number.NEGATIVE_INFINITY, high: 0 },
};

const broken = (theCase: BijectionCase): Promise<string[]> => failedLaws(bijectionLaws("scalar", theCase));

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each([
      ["sigmoid onto (0, 1)", sigmoid],
      ["exp onto the positive numbers", exponential],
      ["log from the positive numbers", logarithm],
      ["−exp onto the negative numbers", reciprocalOfNegative],
    ])("%s keeps every law", async (name, theCase) => {
      const reports = await checkBijection(theCase, { name });
      expect(reports.map((report) => report.law)).toContain("change of measure");
      expect(reports.every((report) => report.passed)).toBe(true);
    });

    test.each([
      [
        "a log-det that is off by 1 %",
        elementwise(
          (x) => tf.exp(x),
          (y) => tf.log(y),
          (x) => tf.add(x, 0.01),
          (y) => tf.sub(-0.01, tf.log(y)),
        ),
        ["change of measure", "log-det is that of the Jacobian", "inverse log-det is that of the Jacobian"],
      ],
      [
        "a map that turns back",
        elementwise(
          (x) => tf.square(x),
          (y) => tf.sqrt(y),
          (x) => tf.log(tf.abs(tf.mul(2, x))),
          (y) => tf.log(tf.div(0.5, tf.sqrt(y))),
        ),
        ["round trip from x", "change of measure"],
      ],
      [
        "an inverse that is garbage",
        elementwise(
          (x) => tf.exp(x),
          (y) => tf.mul(1e7, y),
          (x) => tf.clone(x),
          (y) => tf.neg(tf.log(y)),
        ),
        ["round trip from x", "round trip from y"],
      ],
      [
        "an infinite gradient",
        elementwise(
          (x) => tf.add(x, tf.mul(0, tf.sqrt(tf.abs(x)))),
          (y) => tf.clone(y),
          (x) => tf.zerosLike(x),
          (y) => tf.zerosLike(y),
        ),
        ["finite gradients"],
      ],
    ] as const)("%s breaks its law", async (_, bijection, laws) => {
      const failed = await broken({ make: () => bijection, eventShape: [], range: exponential.range ?? unit });
      for (const law of laws) expect(failed).toContain(law);
    });

    test("a case may declare what it cannot keep, and nothing else", async () => {
      const knownLimits = [{ law: "NaN in, NaN out", reason: "hides NaN" }];
      const hide =
        (call: Fn): Fn =>
        (x) =>
          call(tf.where(tf.isNaN(x), tf.onesLike(x), x));
      const make = (): Bijection =>
        elementwise(
          hide((x) => tf.mul(2, x)),
          hide((y) => tf.div(y, 2)),
          (x) => tf.fill(x.shape, Math.LN2),
          (y) => tf.fill(y.shape, -Math.LN2),
        );
      expect(await broken({ make, eventShape: [] })).toEqual(["NaN in, NaN out"]);
      expect(await broken({ make, eventShape: [], knownLimits })).toEqual([]);
      expect(await broken({ ...sigmoid, knownLimits })).toEqual(["NaN in, NaN out"]);
      const misspelt = { ...sigmoid, knownLimits: [{ law: "NaN", reason: "none" }] };
      expect(() => bijectionLaws("sigmoid", misspelt)).toThrow(
        /^knownLimits of sigmoid: expected one of .*, got "NaN"\.$/,
      );
    });

    test("a codec that loses a value or a parameter breaks its law", async () => {
      // y = x·scale + shift, the scale in the config.
      const scaled = (scale: number, name = "shift"): Bijection & Module & { readonly scale: number } => {
        const shift: Parameter = parameter([]);
        return {
          ...elementwise(
            (x) => tf.add(tf.mul(x, scale), shift.variable),
            (y) => tf.div(tf.sub(y, shift.variable), scale),
            (x) => tf.fill(x.shape, Math.log(scale)),
            (y) => tf.fill(y.shape, -Math.log(scale)),
          ),
          scale,
          parameters: () => parameterTree({ [name]: shift }),
          dispose: () => shift.dispose(),
          [Symbol.dispose]: () => shift.dispose(),
        };
      };
      const registryOf = (decode: (scale: number) => object): Registry => {
        const registry: Registry = {
          extend: () => registry,
          encode: (value) => ({ type: "me/scaled", version: 1, config: { scale: (value as { scale: number }).scale } }),
          decode: (node: Json) => decode((node as { config: { scale: number } }).config.scale),
        };
        return registry;
      };
      const theCase: BijectionCase = { make: () => scaled(1.1), eventShape: [] };
      const run = async (decode: (scale: number) => object): Promise<unknown> => {
        const laws = bijectionLaws("scaled", theCase, { registry: registryOf(decode) });
        return laws.find((law) => law.name === "codec round trip")?.run();
      };
      await expect(run((scale) => scaled(scale))).resolves.toBeUndefined();
      await expect(run((scale) => scaled(Math.fround(scale + 1e-6)))).rejects.toThrow("to be bit-identical");
      await expect(run((scale) => scaled(scale, "moved"))).rejects.toThrow("to have the parameters shift, got moved");
    });
  });
}
