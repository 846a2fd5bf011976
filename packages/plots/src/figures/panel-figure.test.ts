import { expect, test } from "vitest";
import { pairHeatPlot } from "./panel-figure.ts";

/** Paths of the cells of each panel, and how many cells they have. */
function panels(svg: string): readonly { readonly fills: readonly string[]; readonly cells: number }[] {
  return [...svg.matchAll(/<svg x="[^"]*" y="[^"]*"[^>]*?(?:\/>|>(.*?)<\/svg>)/g)].map(([, inside = ""]) => ({
    fills: [...inside.matchAll(/fill="(#[0-9a-f]+)"/g)].map(([, fill]) => fill as string),
    cells: inside.match(/M/g)?.length ?? 0,
  }));
}

const words = ["red", "blue"];

test("a cell is drawn where there are rows, and the same share has the same color in all panels", () => {
  const svg = pairHeatPlot({
    columns: ["color", "size"],
    sets: [
      {
        name: "real",
        values: [
          [0, 0, 0, 1],
          [1, 1, 1, 2],
        ],
      },
      {
        name: "synthetic",
        values: [
          [0, 0, 0, 0, 0, 0, 1, 1],
          [1, 1, 1, 1, 1, 1, 2, 2],
        ],
      },
      { name: "other", values: [[1], [1]] },
    ],
    categories: [words, undefined],
  });
  const [real, synthetic, other] = panels(svg);
  expect(real?.cells).toBe(2);
  expect(synthetic).toEqual(real);
  expect(other?.cells).toBe(1);
  // All of its rows are in one cell: it has the strongest color, the others half and three quarters of its share.
  expect(real?.fills).toHaveLength(2);
  expect(real?.fills).not.toContain(other?.fills[0]);
  expect(svg).toContain("real, 4 rows; synthetic, 8 rows; other, 1 rows");
});

test("rows without a value or outside of the limits are left out", () => {
  const svg = pairHeatPlot({
    columns: ["a", "b"],
    sets: [
      {
        name: "s",
        values: [
          [0.5, 1.5, Number.NaN, 99],
          [0.5, Number.NaN, 1, 1],
        ],
      },
    ],
    limits: [
      [0, 2],
      [0, 2],
    ],
  });
  expect(panels(svg)).toMatchObject([{ cells: 1 }]);
});

test("cells of integers hold equally many of them", () => {
  const ages = Array.from({ length: 73 }, (_, i) => 17 + i);
  const svg = pairHeatPlot({ columns: ["age", "one"], sets: [{ name: "s", values: [ages, ages.map(() => 0)] }] });
  // 19 cells of 4: all have 4 rows but the last, which has 1.
  expect(panels(svg)).toMatchObject([{ cells: 19 }]);
  expect(panels(svg)[0]?.fills).toHaveLength(2);
});

test("empty sets and constants are drawn, and the wrong number of columns is refused", () => {
  const of = (values: readonly (readonly number[])[]): string =>
    pairHeatPlot({ columns: ["a", "b"], sets: [{ name: "s", values }] });
  expect(panels(of([[], []]))).toMatchObject([{ cells: 0 }]);
  expect(
    panels(
      of([
        [5, 5],
        [0.1, 0.1],
      ]),
    ),
  ).toMatchObject([{ cells: 1 }]);
  expect(() => of([[1]])).toThrow(/expected 2 columns in set "s", got 1/);
  expect(() => of([[1], [1, 2]])).toThrow(/expected 1 rows/);
  expect(() => pairHeatPlot({ columns: ["a", "b"], sets: [] })).toThrow(/expected 1 to 4 sets, got 0/);
  expect(() => pairHeatPlot({ columns: ["a", "b"], sets: [{ name: "s", values: [[1], [1]] }], width: 100 })).toThrow(
    /at least 24 pixels/,
  );
});
