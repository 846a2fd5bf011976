import { PushforwardError } from "@pushforward/core";
import { expect, test } from "vitest";
import { LawError } from "../index.ts";
import { Comparison, KEPT, Violation } from "./comparison.ts";
import { checkLaws, defineLaw } from "./law.ts";

function measured(got: number, tolerance = 0.1): () => ReturnType<Comparison["result"]> {
  return () => {
    const comparison = new Comparison(tolerance);
    comparison.add(2, 2, () => "[0]");
    comparison.add(got, 2, () => "[1, -0.5]");
    return comparison.result();
  };
}

test("a kept law is silent and reports its largest error", async () => {
  const law = defineLaw("round trip", "Affine", [], measured(2.1));
  await expect(law.run()).resolves.toBeUndefined();
  const { worst, ...rest } = await law.report();
  expect(worst).toBeCloseTo(0.05, 12);
  expect(rest).toEqual({ law: "round trip", passed: true, tolerance: 0.1 });
});

test("a broken law names law, case, expected, got and the worst input", async () => {
  const law = defineLaw("round trip", "Affine", [], measured(3));
  const message = "round trip of Affine: expected 2, got 3 at [1, -0.5] (error 0.5, tolerance 0.1).";
  await expect(law.run()).rejects.toThrow(message);
  await expect(law.run()).rejects.toBeInstanceOf(PushforwardError);
  await expect(law.run()).rejects.toMatchObject({ name: "LawError", code: "ERR_LAW", detail: { caseName: "Affine" } });
  expect(await law.report()).toEqual({ law: "round trip", passed: false, worst: 0.5, tolerance: 0.1, message });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d for a number is an infinite error", async (got) => {
  expect((await defineLaw("l", "c", [], measured(got)).report()).worst).toBe(Number.POSITIVE_INFINITY);
});

test("NaN for NaN and equal infinities are no error; opposite ones are", () => {
  const comparison = new Comparison(0);
  for (const v of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) comparison.add(v, v, () => "");
  comparison.add(0, -0, () => "");
  expect(comparison.result().worst).toBe(0);
  comparison.add(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, () => "");
  expect(comparison.result().worst).toBe(Number.POSITIVE_INFINITY);
});

test("slack is excused first, scale divides the rest", () => {
  const comparison = new Comparison(0);
  comparison.add(15, 10, () => "", { slack: 1, scale: 100 });
  expect(comparison.result().worst).toBeCloseTo(0.04, 12);
});

test("violations and strange errors become LawErrors", async () => {
  const violation = defineLaw("shapes", "Affine", [], () => {
    throw new Violation("[3]", "[2]", "[1]");
  });
  await expect(violation.run()).rejects.toThrow("shapes of Affine: expected [3], got [2] at [1].");
  const cause = new TypeError("x is undefined");
  const strange = defineLaw("shapes", "Affine", [], async () => {
    throw cause;
  });
  await expect(strange.run()).rejects.toThrow("shapes of Affine: expected no error, got TypeError: x is undefined");
  await expect(strange.run()).rejects.toMatchObject({ name: "LawError", cause });
});

test("a known limit lets a law fail, and is reported when the law holds again", async () => {
  const limits = [{ law: "round trip", reason: "float32 saturates" }];
  await expect(defineLaw("round trip", "Tanh", limits, measured(3)).run()).resolves.toBeUndefined();
  expect(await defineLaw("round trip", "Tanh", limits, measured(3)).report()).toMatchObject({
    passed: true,
    worst: 0.5,
  });
  await expect(defineLaw("round trip", "Tanh", limits, measured(2)).run()).rejects.toThrow(
    'round trip of Tanh: expected the known limit "float32 saturates", got a pass. Remove it from knownLimits.',
  );
  await expect(defineLaw("other", "Tanh", limits, measured(3)).run()).rejects.toThrow(LawError);
});

test("checkLaws runs all and lists every broken one", async () => {
  const good = defineLaw("a", "Affine", [], () => KEPT);
  expect(await checkLaws("Affine", [good])).toHaveLength(1);
  const bad = ["b", "c"].map((name) => defineLaw(name, "Affine", [], measured(3)));
  await expect(checkLaws("Affine", [good, ...bad])).rejects.toThrow(
    [
      "Affine: expected 3 laws to hold, got 2 broken.",
      "- b of Affine: expected 2, got 3 at [1, -0.5] (error 0.5, tolerance 0.1).",
      "- c of Affine: expected 2, got 3 at [1, -0.5] (error 0.5, tolerance 0.1).",
    ].join("\n"),
  );
});
