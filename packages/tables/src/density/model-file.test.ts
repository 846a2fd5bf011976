import { readFileSync } from "node:fs";
import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey } from "@pushforward/core";
import { decodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import { expect, test } from "vitest";
import { oldRows } from "../../test/old-rows.ts";
import { tablesCodecs } from "../codecs.ts";
import type { TableDensity } from "./table-density.ts";

const file = (name: string): Buffer => readFileSync(new URL(`../../test/${name}`, import.meta.url));

test("a file from before columns had domains, cycles and orders gives the same densities and samples", async () => {
  await useBackend("wasm");
  const registry = createRegistry(...conditionersCodecs, ...tablesCodecs);
  const { model } = decodeModel<TableDensity>(file("table-density-v1.safetensors"), registry);
  const known = JSON.parse(file("table-density-v1.json").toString()) as { logProb: number[]; sample: unknown[][] };
  expect(model.columns.filter(({ members }) => members.length > 0)).toHaveLength(2);
  const logProb = model.logProb(oldRows());
  for (const [row, value] of known.logProb.entries()) expect(logProb[row]).toBeCloseTo(value, 5);
  const drawn = model.sample(createKey(1), 4);
  // Only "twice", 2n + 1, is no longer rounded to even numbers. The last digits of a number are those of the functions that it is computed with.
  const near = known.sample.map((column) =>
    column.map((value) => (typeof value === "number" ? expect.closeTo(value, 10) : value)),
  );
  expect(drawn.columns.map(({ values }) => [...values])).toEqual(near);
  model.dispose();
});
