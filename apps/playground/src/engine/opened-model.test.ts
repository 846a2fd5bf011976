import { layoutToJson } from "@pushforward/tables/extend";
import {
  type ConditionalFlow,
  createKey,
  encodeModel,
  maf,
  ndArray,
  nsf,
  type RowFlow,
  sampleRows,
  standardRegistry,
  trainEvents,
  useBackend,
} from "pushforward";
import { splitStandardization } from "pushforward/extend";
import { beforeAll, expect, test } from "vitest";
import { decodedModel, infoOfModel, openedInfo, openedModel } from "./opened-model.ts";

beforeAll(() => useBackend("cpu"));

const LAYOUT = {
  columns: ["x"],
  context: [
    { name: "species", kind: "category", categories: ["small", "large"] },
    { name: "year", kind: "number" },
  ],
} as const;

const ROWS = 400;

/** A model file that has learned samples around −50 for the first category, and around 50 for the second. */
async function conditionalFile(): Promise<Uint8Array> {
  const noise = createKey(2).normal(ROWS);
  const isLarge = (i: number): boolean => i % 2 === 1;
  const x = Float64Array.from(noise, (value, i) => (isLarge(i) ? 1 : -1) + value / 50);
  const context = Float64Array.from({ length: 3 * ROWS }, (_, i) => {
    const column = i % 3;
    return column === 2 ? 0 : Number(isLarge(Math.floor(i / 3)) === (column === 1));
  });
  const options = { features: 1, context: 3, transforms: 1, hidden: [8], key: createKey(1) } as const;
  using flow = maf({ ...options, standardize: { mean: [0], sd: [50] } });
  const data = { x: ndArray([ROWS, 1], x), context: ndArray([ROWS, 3], context) };
  const training = { key: createKey(3), maxEpochs: 60, batchSize: 100, learningRate: 0.02, threads: 1 };
  for await (const event of trainEvents(splitStandardization<ConditionalFlow>(flow).inner, data, training)) {
    if (event.type === "stop") expect(event.steps).toBeGreaterThan(50);
  }
  return encodeModel(flow, standardRegistry, { metadata: { table: layoutToJson(LAYOUT), fit: { flow: "maf" } } });
}

test("a conditional model without data is shown in a window that holds the samples of every category", async () => {
  const opened = openedModel("penguins.model", await decodedModel("penguins.model", await conditionalFile()));
  const rowFlow = opened.model.rowFlow as RowFlow;
  expect(openedInfo(opened, rowFlow)).toMatchObject({ file: "penguins.model", flow: "maf", layout: LAYOUT });
  const { ranges, rows, name, contextRanges } = infoOfModel(opened, rowFlow);
  expect([rows, name, contextRanges[0]]).toEqual([0, "penguins.model", [0, 1]]);
  const middles: number[] = [];
  for (const category of [0, 1]) {
    const context = ndArray([1, 3], Float64Array.of(1 - category, category, 0));
    const { data } = sampleRows(rowFlow.flow, createKey(5), 500, context);
    const inside = data.filter((value) => value >= (ranges[0]?.[0] as number) && value <= (ranges[0]?.[1] as number));
    expect(inside.length).toBeGreaterThan(490);
    middles.push(Array.from(data).sort((a, b) => a - b)[250] as number);
  }
  // The categories are far apart: a window of one of them would not hold the other.
  expect(Math.abs((middles[0] as number) - (middles[1] as number))).toBeGreaterThan(60);
  opened.model.module.dispose();
});

test("a model without a table has names of its own, and a bad one is refused with the name of the file", async () => {
  using flow = nsf({ features: 2, key: createKey(0), transforms: 1, hidden: [4] });
  const bytes = encodeModel(flow, standardRegistry);
  const opened = openedModel("plain.bin", await decodedModel("plain.bin", bytes));
  const rowFlow = opened.model.rowFlow as RowFlow;
  expect(rowFlow.layout).toEqual({ columns: ["x1", "x2"], context: [] });
  expect(infoOfModel(opened, rowFlow).ranges).toHaveLength(2);
  opened.model.module.dispose();
  const metadata = { table: { columns: ["a"], context: [] } };
  const misfit = await decodedModel("plain.bin", encodeModel(flow, standardRegistry, { metadata }));
  expect(() => openedModel("plain.bin", misfit)).toThrow(/^plain\.bin: expected as many/);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
  await expect(decodedModel("plain.bin", bytes)).rejects.toThrow(/^plain\.bin: .*damaged/);
});
