import { defineToyDataset, drawPoints, type ToyDataset } from "./toy-dataset.ts";

/** Uniform on eight squares of side 2, the dark squares of a board over [−4, 4]². */
export function checkerboard(): ToyDataset {
  return defineToyDataset({
    name: "checkerboard",
    bounds: [-4.5, 4.5, -4.5, 4.5],
    entropy: Math.log(32),
    draw: (key, count) =>
      drawPoints(key, count, 3, 0, ([ux, uy, row]) => {
        const column = 4 * (ux as number) - 2;
        const low = (row as number) < 0.5 ? 0 : -2;
        return [2 * column, 2 * ((uy as number) + low + parity(column))];
      }),
    density: () => (x, y) => {
      const column = x / 2;
      if (column < -2 || column >= 2) return Number.NEGATIVE_INFINITY;
      const height = y / 2 - parity(column);
      const inside = (height >= 0 && height < 1) || (height >= -2 && height < -1);
      return inside ? -Math.log(32) : Number.NEGATIVE_INFINITY;
    },
  });
}

function parity(column: number): number {
  return Math.abs(Math.floor(column) % 2);
}
