import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { codingOf } from "../../coding/coding-of.ts";
import { type ColumnRows, EncodedColumns } from "../encoded-columns.ts";
import { newNetwork } from "./column-network.ts";
import { type RegressionRows, ridgeRegression } from "./linear-start.ts";
import { type NetworkTask, networkTask } from "./network-task.ts";

const key = createKey(20261127);

beforeAll(() => useBackend("cpu"));

/** A group, a number, and one that follows from both up to noise. */
function rows(name: string, count: number, noise: number): Table {
  const [u, x, e] = [
    key.fold(name).uniform(count),
    key.fold(`${name}x`).normal(count),
    key.fold(`${name}e`).normal(count),
  ];
  return createTable([
    { name: "group", kind: "text", values: Array.from(u, (value) => (value < 0.5 ? "a" : "b")) },
    { name: "x", kind: "number", values: Float64Array.from(x) },
    {
      name: "y",
      kind: "number",
      values: Float64Array.from(x, (value, i) => value + ((u[i] as number) < 0.5 ? 1 : -1) + noise * (e[i] as number)),
    },
  ]);
}

function taskOf(noise: number): NetworkTask {
  const [train, validation] = [rows("train", 300, noise), rows("validation", 100, noise)];
  const codings = ["group", "x", "y"].map((name) => ({ name, coding: codingOf(train, name, {}, validation) }));
  const [own, held] = [train, validation].map((table) => new EncodedColumns(table, codings).of([0, 1, 2]));
  return networkTask({ index: 2, parents: [0, 1], codings }, own as ColumnRows, held as ColumnRows);
}

/** Raw means of the mixture for the validation rows, and the mean log-probability of these. */
function start(task: NetworkTask): { readonly means: number[]; readonly spread: number; readonly logProb: number } {
  using density = newNetwork(task, 16, key).density;
  const { cells, context, rows: count } = task.validation;
  return tf.tidy(() => {
    const contexts = tf.tensor2d(context, [count, context.length / count]);
    const heads = density.apply(contexts).arraySync() as number[][];
    const { codes, components } = density.head;
    const raw = heads.map((head) => head.slice(codes + components, codes + 2 * components));
    const logProb = density.given(contexts).logProb(tf.tensor2d(cells, [count, 5]));
    return {
      means: raw.map((all) => all.reduce((sum, value) => sum + value / all.length, 0)),
      spread: Math.max(...raw.map((all) => (all[0] as number) - (all.at(-1) as number))),
      logProb: tf.mean(logProb).arraySync() as number,
    };
  });
}

test("a network starts as a linear regression where that tells much, and narrower the more it tells", () => {
  const [exact, loose] = [start(taskOf(0.05)), start(taskOf(0.8))];
  const { cells } = taskOf(0.05).validation;
  const z = Array.from({ length: 100 }, (_, i) => cells[5 * i + 2]);
  const errors = exact.means.map((mean, i) => Math.abs(mean - (z[i] as number)));
  errors.sort((a, b) => a - b);
  expect(errors[50]).toBeLessThan(0.2);
  expect(exact.logProb).toBeGreaterThan(loose.logProb + 1);
  expect(exact.spread).toBeGreaterThan(loose.spread);
});

test("and as the frequencies where it tells nothing", () => {
  const { means } = start(taskOf(50));
  expect(Math.max(...means) - Math.min(...means)).toBe(0);
});

/** Rows of three regressors, of which two tell the target; the rest is noise. */
function ridgeRegressionRows(name: string, count: number, noise: number): RegressionRows {
  const regressors = Float64Array.from(key.fold(name).normal(3 * count));
  const errors = key.fold(`${name} errors`).normal(count);
  const targets = Float64Array.from(
    errors,
    (error, i) => 1.5 + 2 * (regressors[3 * i] as number) - 3 * (regressors[3 * i + 1] as number) + noise * error,
  );
  return { regressors, targets };
}

test("finds the linear function that the rows follow, and the error that is left", () => {
  const { weights, intercept, error } = ridgeRegression(
    ridgeRegressionRows("train", 400, 0.1),
    ridgeRegressionRows("validation", 200, 0.1),
  );
  expect(weights[0]).toBeCloseTo(2, 1);
  expect(weights[1]).toBeCloseTo(-3, 1);
  expect(weights[2]).toBeCloseTo(0, 1);
  expect(intercept).toBeCloseTo(1.5, 1);
  expect(error).toBeGreaterThan(0.008);
  expect(error).toBeLessThan(0.013);
});

test("with one regressor it is the closed form Σxy/(Σx² + λ) of some penalty", () => {
  const x = Float64Array.from(key.fold("x").normal(50));
  const targets = x.map((value, i) => 0.7 * value + Math.sin(i));
  const { weights } = ridgeRegression({ regressors: x, targets }, { regressors: x, targets });
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value / values.length, 0);
  const [mx, my] = [mean(x), mean(targets)];
  const xx = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const xy = x.reduce((sum, value, i) => sum + (value - mx) * ((targets[i] as number) - my), 0);
  // Its own rows choose the least penalty.
  expect(weights[0]).toBeCloseTo(xy / (xx + 0.1), 10);
});

test("more regressors than rows are no problem, and noise gets a high penalty", () => {
  const noise = (name: string): RegressionRows => ({
    regressors: Float64Array.from(key.fold(name).normal(20 * 40)),
    targets: Float64Array.from(key.fold(`${name} y`).normal(20)),
  });
  const { weights, error } = ridgeRegression(noise("a"), noise("b"));
  expect(weights.every(Number.isFinite)).toBe(true);
  expect(Math.max(...weights.map(Math.abs))).toBeLessThan(0.1);
  expect(error).toBeLessThan(2.5);
});

/** The tasks of integers that follow from a category of many values, or from the sine of a number, up to noise. */
function codesTask(by: "category" | "wave"): NetworkTask {
  const make = (name: string, count: number): Table => {
    const [u, e] = [key.fold(name).uniform(count), key.fold(`${name} e`).normal(count)];
    const word = Array.from(u, (x) => `${Math.floor(20 * x)}`);
    const mean = (row: number): number =>
      by === "category" ? (7 * Number(word[row])) % 20 : 10 + 9 * Math.sin(2 * Math.PI * (u[row] as number));
    const y = Float64Array.from(e, (z, row) => Math.min(24, Math.max(0, Math.round(mean(row) + z))));
    const x: Column =
      by === "category"
        ? { name: "x", kind: "text", values: word }
        : { name: "x", kind: "number", values: Float64Array.from(u) };
    return createTable([x, { name: "y", kind: "number", values: y }]);
  };
  const [train, validation] = [make("train", 2400), make("validation", 200)];
  const codings = ["x", "y"].map((name) => ({ name, coding: codingOf(train, name, {}, validation) }));
  const [own, held] = [train, validation].map((table) => new EncodedColumns(table, codings).of([0, 1]));
  return networkTask({ index: 1, parents: [0], codings }, own as ColumnRows, held as ColumnRows);
}

test.each(["category", "wave"] as const)("codes start near a normal around the regression on a %s", (by) => {
  const task = codesTask(by);
  const logProbOf = (mayStartLinear: boolean): number => {
    const { density, isRegression } = newNetwork(task, 16, key, mayStartLinear);
    expect(isRegression).toBe(mayStartLinear);
    const { cells, context, rows: count } = task.validation;
    const logProb = tf.tidy(() => {
      const contexts = tf.tensor2d(context, [count, context.length / count]);
      return tf.mean(density.given(contexts).logProb(tf.tensor2d(cells, [count, 5]))).arraySync() as number;
    });
    density.dispose();
    return logProb;
  };
  expect(task.form.head.components).toBe(0);
  // The entropy of the noise, on integers: ½ log 2πe.
  expect(logProbOf(true)).toBeGreaterThan(-1.42 - 0.5);
  expect(logProbOf(true)).toBeGreaterThan(logProbOf(false) + 0.8);
});
