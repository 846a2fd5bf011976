import { expect, test } from "vitest";
import { MESH } from "../../shared/bend-window.ts";
import { baseColor, ringOf, squeezes } from "./base-marks.ts";

const SIDE = MESH + 1;
const corners = Float32Array.from({ length: 2 * SIDE * SIDE }, (_, i) =>
  i % 2 === 0 ? (i >> 1) % SIDE : Math.floor((i >> 1) / SIDE),
);

test("a linear map has its log-determinant in every cell", () => {
  // The determinant of [[0.5, 1], [-0.2, 0.1]] is 0.25.
  const moved = corners.map((value, i) =>
    i % 2 === 0
      ? 0.5 * value + (corners[i + 1] as number)
      : -0.2 * (corners[i - 1] as number) + 0.1 * (corners[i] as number),
  );
  const found = squeezes(corners, moved);
  expect(found).toHaveLength(MESH * MESH);
  for (const value of found) expect(value).toBeCloseTo(Math.log(0.25), 3);
});

test("cells that are squeezed are below zero, and the others above", () => {
  // Cells get wider to the right: x² of the base.
  const moved = corners.map((value, i) => (i % 2 === 0 ? value ** 2 / 16 : value));
  const found = squeezes(corners, moved);
  expect(found[0]).toBeCloseTo(Math.log(1 / 16), 4);
  expect(found[MESH - 1]).toBeCloseTo(Math.log((2 * MESH - 1) / 16), 4);
  expect(ringOf(MESH)).toEqual([SIDE, SIDE + 1, 2 * SIDE + 1, 2 * SIDE]);
});

test("the hue is the direction, the lightness the distance; both themes differ", () => {
  const hue = (x: number, y: number): string | undefined => baseColor(x, y, "light").split(" ")[2];
  expect(hue(1, 0)).toBe(hue(3, 0.01));
  expect(new Set([hue(1, 0), hue(0, 1), hue(-1, 0), hue(0, -1)]).size).toBe(4);
  expect(new Set([0.5, 1.5, 2.5, 9].map((x) => baseColor(x, 0, "dark"))).size).toBe(3);
  expect(baseColor(0.5, 0, "light")).not.toBe(baseColor(0.5, 0, "dark"));
});
