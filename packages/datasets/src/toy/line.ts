import { defineToyDataset, drawPoints, type ToyDataset } from "./toy-dataset.ts";

/** Points on the line y = x, x uniform on [−2.5, 2.5]. It has no area, and so no density in the plane. */
export function line(): ToyDataset {
  return onGraph("line", (x) => x);
}

/** Points on the curve y = 2.5 sin x, x uniform on [−2.5, 2.5]. It has no area, and so no density in the plane. */
export function cos(): ToyDataset {
  return onGraph("cos", (x) => 2.5 * Math.sin(x));
}

function onGraph(name: string, height: (x: number) => number): ToyDataset {
  return defineToyDataset({
    name,
    bounds: [-3, 3, -3, 3],
    draw: (key, count) =>
      drawPoints(key, count, 1, 0, ([u]) => {
        const x = 5 * (u as number) - 2.5;
        return [x, height(x)];
      }),
  });
}
