import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { maf } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { trainingThreads } from "./fit-setup.ts";

const key = createKey(3);
const values = key.normal(2000);
const rows = Array.from({ length: 1000 }, (_, i) => [values[2 * i] as number, values[2 * i + 1] as number]);

beforeAll(() => useBackend("wasm"));

test("the threads of a fit: as many as are asked for and have a block of rows, one without a plan", () => {
  using model = maf({ features: 2, key, transforms: 1, hidden: [8] });
  const options = { key, batchSize: 128, validation: 0 };
  expect(trainingThreads(model, rows, { ...options, maxEpochs: 1 }), "a short fit").toBe(1);
  expect(trainingThreads(model, rows, { ...options, threads: 3 })).toBe(3);
  expect(trainingThreads(model, rows.slice(0, 12), { ...options, threads: 3 })).toBe(2);
  const loss = (): never => {
    throw new Error("not asked");
  };
  expect(trainingThreads(model, rows, { ...options, threads: 3, loss })).toBe(1);
  expect(() => trainingThreads(model, rows, { ...options, threads: 0 })).toThrow(OptionError);
});
