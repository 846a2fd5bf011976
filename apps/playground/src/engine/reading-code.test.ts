import { expect, test } from "vitest";
import { parseSettings, type Settings } from "../shared/settings.ts";
import { readingEntries, readingFlags } from "./reading-code.ts";
import { readingOptions } from "./reading-options.ts";

const FILE = parseSettings("data=file");
const SAID: Settings = { ...FILE, encoding: "windows-1252", header: "none", na: ["?", "it's, so"] };

test("what nobody has said is neither an option nor a flag", () => {
  expect(readingOptions(FILE)).toEqual({});
  expect(readingFlags(FILE)).toEqual([]);
  expect(readingEntries(FILE)).toEqual([]);
  // A table of the library is read as it is.
  expect(readingFlags({ ...SAID, data: "penguins" })).toEqual([]);
});

test("what is said is the same as an option, a flag and an entry", () => {
  expect(readingOptions(SAID)).toMatchObject({ encoding: "windows-1252", header: false });
  expect(readingOptions(SAID).missingValues).toEqual(expect.arrayContaining(["", "NA", "?", "it's, so"]));
  expect(readingFlags(SAID)).toEqual([`--na '?,"it'\\''s, so"'`, "--no-header", "--encoding windows-1252"]);
  expect(readingEntries(SAID)).toEqual([
    `missingValues: [...MISSING_VALUES, "?", "it's, so"]`,
    "header: false",
    'encoding: "windows-1252"',
  ]);
  expect(readingFlags({ ...FILE, header: "names" })).toEqual(["--header"]);
});
