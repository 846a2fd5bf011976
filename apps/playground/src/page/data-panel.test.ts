import { expect, test } from "vitest";
import { csvName } from "../shared/options.ts";
import { parseMarkers } from "./decisions.ts";

test.each([
  ["", []],
  [" , ,", []],
  ["?", ["?"]],
  ["?, -99 ,n/a", ["?", "-99", "n/a"]],
  ["?,?", ["?"]],
  ['"not, asked", "a ""b""",c d', ["not, asked", 'a "b"', "c d"]],
  ['"never closed, x', ['"never closed', "x"]],
])("%j", (text, markers) => {
  expect(parseMarkers(text)).toEqual(markers);
  expect(parseMarkers(markers.map(csvName).join(", "))).toEqual(markers);
});
