import { findVariables, parseCsv, type Variable } from "pushforward";
import { expect, test } from "vitest";
import { readGiven } from "./read-given.ts";

const CSV = "when,size,word\n01.03.2021,1.5,a\n17.03.2021,2.5,b\n05.04.2021,3.5,a\n06.04.2021,4.0,a\n";
const { variables } = findVariables(parseCsv(CSV, { kinds: "text", missing: "keep" }));
const [when, size, word] = variables as [Variable, Variable, Variable];

test("numbers are written as the file does, and read again", () => {
  expect(readGiven(size, 2.04)).toEqual({ column: "size", text: "2.0", cell: 2, value: 2 });
  const day = Date.UTC(2021, 2, 2) / 1000;
  expect(readGiven(when, day)).toEqual({ column: "when", text: "02.03.2021", cell: day, value: day });
});

test("dates are read, words stay as they are, and a missing cell has no text", () => {
  expect(readGiven(when, "05.04.2021").cell).toBe(Date.UTC(2021, 3, 5) / 1000);
  expect(readGiven(word, "b")).toEqual({ column: "word", text: "b", cell: "b" });
  expect(readGiven(size, null)).toEqual({ column: "size", text: "", cell: null });
});

test("what is no value of its column is refused", () => {
  expect(() => readGiven(when, "soon")).toThrow(
    "when: expected a value as the file writes it, for instance 01.03.2021, got “soon”.",
  );
});
