import { createKey } from "@pushforward/core";
import { createTable } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import { mutualInformation } from "./column-shapes.ts";

const ROWS = 20_000;
const key = createKey(5);

test("agrees with the formula of correlated normals, and is 0 of independent columns", () => {
  const [x, z] = [key.fold("x").normal(ROWS), key.fold("z").normal(ROWS)];
  const table = createTable([
    { name: "x", kind: "number", values: Float64Array.from(x) },
    { name: "y", kind: "number", values: Float64Array.from(x, (value, i) => 0.8 * value + 0.6 * (z[i] as number)) },
    { name: "coin", kind: "text", values: Array.from(key.fold("coin").uniform(ROWS), (u) => (u < 0.5 ? "a" : "b")) },
    { name: "sign", kind: "text", values: Array.from(x, (value) => (value < 0 ? "-" : "+")) },
  ]);
  const pairs = mutualInformation(table);
  const of = Object.fromEntries(pairs.map(({ names, information }) => [names.join(), information]));
  // −½ log(1 − ρ²) = 0.511; 16 bins lose some of it.
  expect(of["x,y"]).toBeGreaterThan(0.46);
  expect(of["x,y"]).toBeLessThan(0.511);
  // The sign follows from the number: the information is its entropy, but for one bin that holds both.
  expect(of["x,sign"]).toBeGreaterThan(0.66);
  expect(of["x,coin"]).toBeLessThan(0.002);
  expect(of["coin,sign"]).toBeLessThan(0.001);
  expect(pairs.map(({ information }) => information)).toEqual(
    pairs.map(({ information }) => information).sort((a, b) => b - a),
  );
});

test("a missing cell is a value", () => {
  const table = createTable([
    { name: "gap", kind: "number", values: Float64Array.from({ length: 1000 }, (_, i) => (i % 2 ? Number.NaN : 1)) },
    { name: "word", kind: "text", values: Array.from({ length: 1000 }, (_, i) => (i % 2 ? "a" : "b")) },
  ]);
  expect(mutualInformation(table)[0]?.information).toBeCloseTo(Math.LN2, 2);
});
