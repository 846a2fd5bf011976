import { expect, test } from "vitest";
import { dotsPath, linesPath, ringsPath } from "./paths.ts";

test("lines are relative steps in tenths; a single point becomes a dot", () => {
  expect(linesPath([[0, 0, 10, 5, 20, 0.04]])).toBe("M0 0l10 5l10-5");
  expect(linesPath([[1, 2, 1, 7, 9, 7]])).toBe("M1 2v5h8");
  expect(linesPath([[1.26, -3]])).toBe("M1.3-3h0");
  expect(linesPath([[]])).toBe("");
});

test("points on a line are left out, rings too small to see too", () => {
  expect(linesPath([[0, 0, 5, 0.05, 10, 0, 10, 10]])).toBe("M0 0h10v10");
  expect(ringsPath([[0, 0, 5, 0, 10, 0, 10, 10, 0, 10]])).toBe("M0 0h10v10h-10z");
  expect(ringsPath([[0, 0, 0.05, 0, 0, 0.05]])).toBe("");
});

test("no rounding error adds up along a path", () => {
  const points = Array.from({ length: 400 }, (_, i) => [i * 0.77, 20 * Math.sin(i)]).flat();
  let [x, y] = [0, 0];
  for (const [, command, rest] of linesPath([points]).matchAll(/([Mlhv])([^Mlhv]*)/g)) {
    const [a = 0, b = 0] = [...(rest as string).matchAll(/-?\d*\.?\d+/g)].map(Number);
    if (command === "M") [x, y] = [a, b];
    else if (command === "l") [x, y] = [x + a, y + b];
    else if (command === "h") x += a;
    else y += a;
  }
  expect(x).toBeCloseTo(399 * 0.77, 1);
  expect(Math.abs(y - 20 * Math.sin(399))).toBeLessThan(0.06);
});

test("dots on the same spot are drawn once", () => {
  expect(dotsPath([1, 1, 1.01, 1, 2, 2])).toBe("M1 1h0M2 2h0");
});
