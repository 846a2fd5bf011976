import { expect, test } from "vitest";
import { contourLabels } from "./contour-labels.ts";
import { PlotArea } from "./plot-area.ts";

const area = new PlotArea({ left: 40, top: 10, width: 400, height: 400 }, [-2, 2], [-2, 2]);

function circle(radius: number, x = 0): Float64Array {
  return Float64Array.from({ length: 200 }, (_, i) => {
    const angle = (2 * Math.PI * (i >> 1)) / 100;
    return i % 2 === 0 ? x + radius * Math.cos(angle) : radius * Math.sin(angle);
  });
}

test("each contour has its share on its line, away from the others", () => {
  const contours = [0.95, 0.8, 0.5, 0.2].map((mass, k) => ({ mass, rings: [circle(1.6 - 0.4 * k)] }));
  const labels = contourLabels(contours, area);
  expect(labels.map(({ text }) => text)).toEqual(["95%", "80%", "50%", "20%"]);
  for (const [k, { x, y }] of labels.entries()) {
    expect(Math.hypot(x - area.px(0), y - area.py(0)) / 100).toBeCloseTo(1.6 - 0.4 * k, 6);
    for (const other of labels.slice(k + 1)) expect(Math.hypot(other.x - x, other.y - y)).toBeGreaterThan(33);
  }
});

test("labels are inside of the picture, on the longest ring, and missing where there is no room", () => {
  const labels = contourLabels(
    [
      { mass: 0.95, rings: [circle(1, 1.9), circle(0.1).slice(0, 20)] },
      { mass: 0.5, rings: [circle(9)] },
      { mass: 0.2, rings: [] },
    ],
    area,
  );
  expect(labels).toHaveLength(1);
  expect(labels[0]?.x).toBeLessThan(422);
});
