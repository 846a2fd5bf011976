import { useBackend } from "@pushforward/backend";
import { createKey, DomainError, OptionError, ShapeError } from "@pushforward/core";
import { currentExecutor, makePlan } from "@pushforward/core/extend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { BoxConstraint, SoftClip } from "./box-constraint.ts";

const UP = Number.POSITIVE_INFINITY;
const DOWN = Number.NEGATIVE_INFINITY;

/** Float64 from the formulas. */
function reference(u: number, low: number, high: number, sharpness: number): [x: number, logSlope: number] {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  if (low > DOWN && high < UP) {
    const s = sigmoid(u);
    if (sharpness === 0) return [low + (high - low) * s, Math.log((high - low) * s * (1 - s))];
    const k = sharpness / (high - low);
    const softplus = (x: number): number => Math.log(1 + Math.exp(x));
    return [
      low + (softplus(k * (u - low)) - softplus(k * (u - high))) / k,
      Math.log(sigmoid(k * (u - low)) - sigmoid(k * (u - high))),
    ];
  }
  if (low > DOWN) return [low + Math.exp(u), u];
  return high < UP ? [high - Math.exp(u), u] : [u, 0];
}

describe.each(BACKENDS)("BoxConstraint on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  it.each([0, 1, 30])("has the values and the slopes of its formulas, and comes back (sharpness %d)", (sharpness) => {
    const ends = { low: [-3, 0, DOWN, DOWN], high: [7, UP, 2, UP] };
    const boxConstraint = new BoxConstraint({ ...ends, sharpness });
    const u = createKey(1)
      .normal(400)
      .map((z) => 2 * z);
    tf.tidy(() => {
      const [x, logDet] = boxConstraint.forwardAndLogDet(tf.tensor2d(u, [100, 4]));
      const values = x.dataSync();
      const logDets = logDet.dataSync();
      const [back, backLogDet] = boxConstraint.inverseAndLogDet(x);
      const there = back.dataSync();
      const backLogDets = backLogDet.dataSync();
      for (let r = 0; r < 100; r++) {
        let sum = 0;
        for (let j = 0; j < 4; j++) {
          const at = 4 * r + j;
          const [value, slope] = reference(u[at] as number, ends.low[j] as number, ends.high[j] as number, sharpness);
          sum += slope;
          expect(Math.abs((values[at] as number) - value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
          expect(Math.abs((there[at] as number) - (u[at] as number))).toBeLessThan(2e-4);
        }
        expect(logDets[r] as number).toBeCloseTo(sum, 4);
        expect(backLogDets[r] as number).toBeCloseTo(-sum, 3);
      }
    });
  });

  it.each([0, 30, 1000])("never leaves the box, however far out it starts (sharpness %d)", (sharpness) => {
    const [low, high] = [0.1, 0.7];
    const boxConstraint = new BoxConstraint({ low: [low], high: [high], sharpness });
    tf.tidy(() => {
      const u = Array.from({ length: 4001 }, (_, i) => [(i - 2000) / 20]);
      const x = [...boxConstraint.forward(tf.tensor2d(u)).dataSync()];
      expect(x.filter((value) => !(value >= Math.fround(low) && value <= Math.fround(high)))).toEqual([]);
    });
  });

  it("has a finite density on the ends, none outside, and keeps NaN", () => {
    const boxConstraint = new BoxConstraint({ low: [0, 0], high: [1, UP] });
    tf.tidy(() => {
      const at = [
        [0, 1],
        [1, 0],
        [-1e-6, 1],
        [0.5, -1],
        [1.5, 1],
        [Number.NaN, 1],
      ];
      const [u, logDet] = boxConstraint.inverseAndLogDet(tf.tensor2d(at));
      const found = logDet.dataSync();
      expect(Number.isFinite(found[0])).toBe(true);
      expect(Number.isFinite(found[1])).toBe(true);
      expect(Array.from(found.slice(2, 5))).toEqual([DOWN, DOWN, DOWN]);
      expect(found[5]).toBeNaN();
      const values = u.dataSync();
      expect(values.slice(0, 10).every((v) => Number.isFinite(v))).toBe(true);
      expect(values[10]).toBeNaN();
    });
  });

  it.each([0, 3])("lowers to a step with the numbers and gradients of its tensors (sharpness %d)", (sharpness) => {
    const boxConstraint = new BoxConstraint({ low: [-3, 0, DOWN, DOWN], high: [7, UP, 2, UP], sharpness });
    const executor = currentExecutor();
    for (const direction of ["forward", "inverse"] as const) {
      const { plan } = makePlan([4], (builder, [value]) => {
        const lowered = boxConstraint.lower(builder, direction, value as never);
        return [lowered.value, ...lowered.logDets];
      });
      expect(plan).toBeDefined();
      tf.tidy(() => {
        const u = tf.tensor2d(createKey(2).normal(80), [20, 4]);
        const input = direction === "forward" ? u : boxConstraint.forward(u);
        const planned = (x: tf.Tensor): tf.Tensor[] => executor?.runOnTape(plan as never, [x]) as tf.Tensor[];
        const weights = tf.tensor2d(createKey(3).normal(80), [20, 4]);
        const byPlan = tf.grad((x) => {
          const [value, logDets] = planned(x) as [tf.Tensor, tf.Tensor];
          return tf.add(tf.sum(tf.mul(value, weights)), tf.sum(logDets));
        })(input);
        const byTensors = tf.grad((x) => {
          const [value, logDet] = boxConstraint[`${direction}AndLogDet`](x);
          return tf.add(tf.sum(tf.mul(value, weights)), tf.sum(logDet));
        })(input);
        const [a, b] = [byPlan.dataSync(), byTensors.dataSync()];
        for (const [i, value] of a.entries()) {
          expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
        }
      });
    }
  });
});

describe("BoxConstraint", () => {
  it("refuses ends that make no box", () => {
    expect(() => new BoxConstraint({ low: [0], high: [1, 2] })).toThrow(ShapeError);
    expect(() => new BoxConstraint({ low: [], high: [] })).toThrow(OptionError);
    expect(() => new BoxConstraint({ low: [1], high: [1 + 1e-9] })).toThrow(DomainError);
    expect(() => new BoxConstraint({ low: [Number.NaN], high: [1] })).toThrow(/BoxConstraint: expected low\[0\]/);
    expect(() => new BoxConstraint({ low: [UP], high: [UP] })).toThrow(OptionError);
    expect(() => new BoxConstraint({ low: [0], high: [1], sharpness: -1 })).toThrow(
      /BoxConstraint: expected a sharpness from 0/,
    );
    expect(() => new BoxConstraint({ low: [-3e38], high: [3e38] })).toThrow(DomainError);
  });
});

beforeAll(() => useBackend("cpu"));

test("values, ends and what lies outside", () => {
  using map = new SoftClip({ bound: 11 });
  const x = [-1e6, -3, 0, 0.5, 11];
  const [y, logDet] = map.forwardAndLogDet(tf.tensor1d(x));
  const slopes = x.map((v) => -2 * Math.log1p(Math.abs(v / 11)));
  expect(
    maxError(
      y,
      x.map((v) => v / (1 + Math.abs(v / 11))),
    ),
  ).toBeLessThan(1e-6);
  expect(maxError(logDet, slopes)).toBeLessThan(1e-6);
  const [back, inverseLogDet] = map.inverseAndLogDet(tf.tensor1d([11, 5.5, -11.01]));
  expect(maxError(back, [11 * (2 ** 24 - 1), 11, -11 * (2 ** 24 - 1)])).toBeLessThan(1e-6);
  expect([...inverseLogDet.dataSync()].map(Number.isFinite)).toEqual([true, true, false]);
  expect(() => new SoftClip({ bound: 0 })).toThrow("expected bound to be a positive number, got 0");
});
