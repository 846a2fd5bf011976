import { architectures } from "pushforward";
import { expect, test } from "vitest";
import { FOUND, OPTIONS } from "./options.ts";
import { formatSettings, parseSettings, roundPoint, type Settings, withData, withinLimits } from "./settings.ts";

test("an address without anything holds the defaults, which need no address", () => {
  expect(formatSettings(parseSettings(""))).toBe("");
  expect(parseSettings("").data).toBe("moons");
});

test("what differs from the defaults is in the address, and comes back", () => {
  const settings: Settings = {
    ...parseSettings("flow=maf"),
    ...{ data: "file", columns: ["a, b", "ü"], given: ["c&d"], dropMissing: true, backend: "cpu" },
    ...{ way: "table", kinds: [["zip, old", "category"]] },
    ...{ encoding: "windows-1252", header: "none", na: ["?", "not, asked"] },
    ...{ width: 32, rate: 0.0123, seed: 77 },
  };
  const address = formatSettings(settings);
  expect(parseSettings(`#${address}`)).toEqual(settings);
  expect(address).not.toContain("transforms");
});

test("each architecture has its own number of transforms", () => {
  for (const [flow, { transforms }] of Object.entries(architectures)) {
    expect(parseSettings(`flow=${flow}`).transforms).toBe(transforms);
    expect(formatSettings(parseSettings(`flow=${flow}`))).toBe(flow === "nsf" ? "" : `flow=${flow}`);
  }
});

test("drawn points come back bit for bit", () => {
  const points = [-4, 4, 0, 1.2345, -3.999, 2.5].map(roundPoint);
  const settings = { ...parseSettings("data=drawn"), points };
  expect(parseSettings(formatSettings(settings)).points).toEqual(points);
});

test("nonsense in an address is as if it were not there", () => {
  const settings = parseSettings(
    "#data=nothing&flow=glow&width=abc&depth=99&rate=-1&seed=1e400&columns=[1,2]&given={&kinds=[[1]]&way=3&encoding=ebcdic&header=last&na=[1]&points=AA!!BBCC&backend=gpu&__proto__=1",
  );
  expect(settings).toEqual({ ...parseSettings(""), depth: OPTIONS.depth.most, rate: OPTIONS.rate.least });
});

test("numbers are kept within their limits", () => {
  expect(withinLimits("bins", "1")).toBe(2);
  expect(withinLimits("bins", "7.6")).toBe(8);
  expect(withinLimits("rate", "0.02")).toBe(0.02);
  expect(withinLimits("steps", "")).toBe(OPTIONS.steps.initial);
  expect(withinLimits("steps", "NaN")).toBe(OPTIONS.steps.initial);
});

test("columns belong to their table, and those of a link to the file that is opened for it", () => {
  const linked = {
    ...parseSettings("data=file&missing=drop&encoding=utf-8&header=names"),
    na: ["?"],
    columns: ["a"],
    given: ["b"],
    kinds: [["a", "real"]] as const,
  };
  expect(withData(linked, { data: "file" }, true)).toEqual(linked);
  const plain = { ...linked, columns: [], given: [], kinds: [], dropMissing: false, ...FOUND };
  expect(withData(linked, { data: "file" }, false)).toEqual(plain);
  expect(withData(linked, { data: "moons" }, true)).toEqual({ ...plain, data: "moons" });
  expect(withData(linked, { columns: ["c"] }, false)).toEqual({ ...linked, columns: ["c"] });
});
