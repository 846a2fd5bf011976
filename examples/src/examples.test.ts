import { useBackend } from "pushforward";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../packages/testing/test/deep.ts";
import { experiments } from "./experiments.ts";
import { Lab } from "./lab.ts";
import { formatTable } from "./table.ts";

describe("every experiment runs in its short form", () => {
  beforeAll(() => useBackend("wasm"));

  test.each(
    (DEEP ? experiments : experiments.filter((_, i) => i % 8 === 0)).map(
      (experiment) => [experiment.id, experiment] as const,
    ),
  )("%s", { timeout: 120_000 }, async (id, { title, run }) => {
    const saved = new Map<string, string>();
    const lab = new Lab({ seeds: 1, quick: true, save: (name, svg) => saved.set(name, svg), log: () => {} });
    await run(lab);
    for (const { ours, faithful, quantity } of lab.rows) {
      for (const value of [...(ours ?? []), ...(faithful ?? [])]) expect(value, quantity).toBeTypeOf("number");
      expect(ours ?? faithful, quantity).toHaveLength(1);
    }
    for (const svg of saved.values()) expect(svg).toMatch(/^<svg /);
    expect(lab.pictures).toEqual([...saved.keys()]);
    const table = formatTable([{ id, title, rows: lab.rows, notes: lab.notes, pictures: lab.pictures }]);
    expect(table.split("\n")).toHaveLength(2 + lab.rows.length);
    expect(table).not.toMatch(/NaN|undefined/);
  });
});

test("the experiments are those of the notebooks, each once", () => {
  expect(experiments.map(({ id }) => id)).toEqual(
    "a1 a2 a3 a4 a5 a6 a7 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 c d1 d2 d3 d4".split(" "),
  );
});
