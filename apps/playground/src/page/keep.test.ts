import { createKey, encodeModel, maf, standardRegistry, useBackend } from "pushforward";
import { expect, test } from "vitest";
import type { DensityFrame } from "../shared/protocol.ts";
import { parseSettings } from "../shared/settings.ts";
import { fileKind, linkNote, withFrame } from "./decisions.ts";

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
  expect(note).toMatch(/not your file: open the file again after following the link/);
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
  expect(linkNote({ ...plain, modelFile: "penguins.model" })).toMatch(/keep penguins\.model with it/);
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const kindOf = (bytes: Uint8Array): ReturnType<typeof fileKind> => fileKind(bytes.slice(0, 4096), bytes.length);

test("a model is known by its content", async () => {
  await useBackend("cpu");
  using flow = maf({ features: 1, key: createKey(0), transforms: 1, hidden: [4] });
  const bytes = encodeModel(flow, standardRegistry);
  expect(kindOf(bytes)).toBe("model");
  // A header that is longer than the file is not one.
  expect(kindOf(bytes.slice(0, 40))).toBe("other");
});

test.each(["a,b\n1,2\n", "x", "", "{}\n", "name\tü\r\n1\t2\r\n", '12345678{"a":1}\n', "\u001b[1mbold"])(
  "text may be a table: %j",
  (text) => expect(kindOf(bytesOf(text))).toBe("table"),
);

test("UTF-16 goes to the reader of CSV files, which says how to save it", () => {
  expect(kindOf(Uint8Array.of(0xff, 0xfe, 0x61, 0))).toBe("table");
});

test.each(["PAR1\u0015", "ARROW1\0\0"])("a Parquet or Arrow file is a table: %j", (head) => {
  expect(kindOf(bytesOf(head))).toBe("table");
});

test.each([
  ["PNG", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]],
  ["JPEG", [0xff, 0xd8, 0xff, 0xe0, 0, 0x10]],
  ["spreadsheet", [0x50, 0x4b, 0x03, 0x04, 0x14, 0x20]],
  ["PDF", [0x25, 0x50, 0x44, 0x46, 0x2d]],
])("a %s is neither", (_, bytes) => {
  expect(kindOf(Uint8Array.from(bytes))).toBe("other");
});

test("pictures of a training: the first, the last and the chosen one stay, and the early ones are not thinned out", () => {
  const view = { pair: [0, 1], x: [-1, 1], y: [-1, 1], context: [], theme: "light" } as const;
  const frame = (step: number, theme: "light" | "dark" = "light"): DensityFrame => ({
    ...{ step, view: { ...view, theme }, size: 0, logDensity: new Float32Array(), contours: [], scale: [] },
    ...{ samples: new Float64Array(), marginal: false },
  });
  const early = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256];
  let frames: readonly DensityFrame[] = [];
  for (const step of early) frames = withFrame(frames, frame(step));
  const chosen = frame(301);
  frames = withFrame(frames, chosen, chosen);
  for (let step = 302; step < 3000; step += 7) frames = withFrame(frames, frame(step), chosen);
  expect(frames.length).toBe(40);
  const steps = frames.map(({ step }) => step);
  expect(steps.slice(0, 10)).toEqual(early);
  expect(steps.at(-1)).toBe(2997);
  expect(frames).toContain(chosen);
  // The later ones are spread over the whole time.
  const gaps = steps.slice(11).map((step, i) => step / (steps[10 + i] as number));
  expect(Math.max(...gaps)).toBeLessThan(1.35);
  // The full picture of a step takes the place of its coarse one; a new run or another window begins anew.
  const last = frame(2997);
  expect(withFrame(frames, last).at(-1)).toBe(last);
  expect(withFrame(frames, last).length).toBe(40);
  expect(withFrame(frames, frame(0)).length).toBe(1);
  expect(withFrame(frames, frame(3001, "dark")).length).toBe(1);
});
