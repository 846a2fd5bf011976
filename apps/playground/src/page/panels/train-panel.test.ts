import { expect, test } from "vitest";
import { trainHint } from "../decisions.ts";

const nothing = { busy: "", rows: 0, modelFile: undefined, isTable: false, data: "moons", drawn: 0 };

test("a training that can't begin has a reason, and one that can has none", () => {
  expect(trainHint({ ...nothing, rows: 5 })).toBeUndefined();
  expect(trainHint({ ...nothing, busy: "Reading" })).toBeUndefined();
  expect(trainHint({ ...nothing, modelFile: "a.model" })).toBe(
    "a.model came without data. Choose data to train a new flow.",
  );
  expect(trainHint({ ...nothing, data: "file" })).toMatch(/Open a file/);
  expect(trainHint({ ...nothing, data: "drawn" })).toMatch(/Draw some points/);
  expect(trainHint({ ...nothing, data: "drawn", drawn: 2 })).toMatch(/a few more/);
  expect(trainHint(nothing)).toMatch(/no data/);
  expect(trainHint({ ...nothing, isTable: true })).toMatch(/No column can be learned/);
  expect(trainHint({ ...nothing, isTable: true, modelFile: "a.model" })).toMatch(/a\.model is open/);
});
