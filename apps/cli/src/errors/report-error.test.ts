import { mention } from "@pushforward/core/extend";
import { DataError, ModelFileError, OptionError, parseCsv } from "pushforward";
import { expect, test } from "vitest";
import { exitCodeOf, sentenceOf } from "./report-error.ts";
import { UsageError } from "./user-error.ts";

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, got none");
}

test("remedies name flags, not options of the library", () => {
  const told = (text: string): string => sentenceOf(errorOf(() => parseCsv(text, { file: "a.csv" })));
  expect(told("a,b\n1,\n")).toBe(
    'error: a.csv line 2, row 1, column "b": expected a value, got an empty field. Fill it in, or leave such rows out (--missing drop).',
  );
  expect(told("a,b\n1,2\n3,x\n5,6\n")).toBe(
    'error: a.csv line 3, row 2, column "b": expected a number, got "x". If the column holds text, leave it out of --columns. If "x" marks a missing value, declare it with --na.',
  );
  expect(told('a;b\n1;2\n3;"1,5"\n5;6\n')).toBe(
    'error: a.csv line 3, row 2, column "b": expected a number, got "1,5". Write decimals with a point, or pass --decimal ,.',
  );
  expect(told("1,2\n3,4\n")).toBe(
    "error: a.csv line 1: expected the names of columns, got numbers (1, 2). If the file has no header, pass --no-header; if these are names, pass --header.",
  );
});

test("options that an import asks for are flags", () => {
  expect(
    sentenceOf(
      new OptionError([
        ...["a.st: expected ", mention("slope", { words: "option slope" }), " or ", mention("version")],
        ...[", because, got neither. Pass ", mention("version", { value: "1.4.1" }), ", say."],
      ]),
    ),
  ).toBe("error: a.st: expected --slope or --zuko-version, because, got neither. Pass --zuko-version 1.4.1, say.");
  const tailBound = mention("tailBound", { words: "option tailBound" });
  expect(sentenceOf(new OptionError(["a.st: expected ", tailBound, ", because, got none."]))).toBe(
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
