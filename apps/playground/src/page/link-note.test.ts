import { expect, test } from "vitest";
import { parseSettings } from "../shared/settings.ts";
import { linkNote } from "./link-note.ts";

const moons = parseSettings("");
const plain = { settings: moons, ran: moons, modelFile: undefined, isChanged: false };

test("a link to a data set of the page repeats the run, and does not promise the bits of another engine", () => {
  for (const ran of [moons, undefined]) {
    expect(linkNote({ ...plain, ran })).toMatch(
      /same result bit for bit on the same kind of browser and processor, and a slightly/,
    );
  }
});

test("a link does not hold a file of one's own", () => {
  const settings = parseSettings("data=file");
  const note = linkNote({ ...plain, settings, ran: settings });
  expect(note).toMatch(/not your file: whoever follows it must open the file again/);
  expect(note).toMatch(/With that file/);
});

test("nothing is promised that the link does not hold", () => {
  for (const note of [
    linkNote({ ...plain, modelFile: "penguins.model" }),
    linkNote({ ...plain, settings: parseSettings("width=32") }),
    linkNote({ ...plain, isChanged: true }),
  ]) {
    expect(note).not.toMatch(/bit for bit/);
  }
  expect(linkNote({ ...plain, modelFile: "penguins.model" })).toMatch(/keep penguins\.model beside it/);
});
