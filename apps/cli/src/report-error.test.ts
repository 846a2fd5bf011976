import { DataError, ModelFileError } from "pushforward";
import { expect, test } from "vitest";
import { exitCodeOf, sentenceOf } from "./report-error.ts";
import { UsageError, UserError } from "./user-error.ts";

test("remedies name flags, not options of the library", () => {
  expect(sentenceOf(new DataError('a.csv: expected a value. Leave the row out (missing: "drop").'))).toBe(
    "error: a.csv: expected a value. Leave the row out (--missing drop).",
  );
  expect(
    sentenceOf(
      new DataError(
        'a.csv: expected a number, got "x". If the column holds text, say so (kinds: "text"). If "x" marks a missing value, say so (missingValues: ["x"]).',
      ),
    ),
  ).toBe(
    'error: a.csv: expected a number, got "x". If the column holds text, leave it out of --columns. If "x" marks a missing value, declare it with --na.',
  );
});

test("options that an import asks for are flags", () => {
  expect(
    sentenceOf(
      new UserError('a.st: expected option slope or version, because, got neither. Pass version: "1.4.1", say.'),
    ),
  ).toBe("error: a.st: expected --slope or --zuko-version, because, got neither. Pass --zuko-version 1.4.1, say.");
  expect(sentenceOf(new UserError("a.st: expected option tailBound, because, got none."))).toBe(
    "error: a.st: expected --tail-bound, because, got none.",
  );
});

test("a file that is no model is asked about; one that is damaged is not", () => {
  expect(sentenceOf(new ModelFileError("header", "a.csv: expected a header."))).toBe(
    "error: a.csv: expected a header. Is it a model file?",
  );
  expect(sentenceOf(new ModelFileError("checksum", "a.st: expected a checksum."))).toBe(
    "error: a.st: expected a checksum.",
  );
});

test("an error of the program shows where it came from; exit codes tell them apart", () => {
  expect(sentenceOf(new RangeError("boom"))).toMatch(/^internal error, please report it: RangeError: boom\n {4}at /);
  expect([exitCodeOf(new UsageError("x")), exitCodeOf(new DataError("x"))]).toEqual([2, 1]);
});
