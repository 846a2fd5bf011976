import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";
import { writePicture } from "../output/density-picture.ts";

const bench = new Workbench();
const ROWS = normalRows(80, 13);
const NAMES = Array.from({ length: 13 }, (_, j) => `c${j}`);

beforeAll(async () => {
  bench.write("data.csv", [
    [...NAMES, "kind", "dose"].join(),
    ...ROWS.map((row, i) => [...row, "uv"[i % 2], i / 10].join()),
  ]);
  bench.write("hole.csv", ["c0", "1", "NA", "2", "-1"]);
  bench.write("doses.csv", ["dose", "0", "4"]);
  bench.write("nine.csv", ["dose", ..."123456789"]);
  const fit = (name: string, count: number, context?: string) =>
    bench.fit([
      ...["data.csv", "--out", `${name}.st`, "--columns", NAMES.slice(0, count).join(), ...SMALL],
      ...(context === undefined ? [] : ["--context", context]),
    ]);
  await Promise.all([
    fit("one", 1),
    fit("two", 2),
    fit("five", 5),
    fit("all", 13),
    fit("kind", 3, "kind"),
    fit("dose", 2, "dose"),
    fit("level", 1, "dose"),
  ]);
});
afterAll(() => bench.remove());

async function plot(args: string): Promise<{ svg: string; stderr: string }> {
  const { code, stdout, stderr } = await bench.run(["plot", ...args.split(" "), "--out", "picture.svg"]);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: "" });
  return { svg: readFileSync(bench.path("picture.svg"), "utf8"), stderr };
}

describe.sequential("svg", () => {
  test("a curve for one column, with and without data", async () => {
    const { svg, stderr } = await plot("one.st");
    expect(stderr).toBe("picture: picture.svg\n");
    expect(svg).toMatch(/^<svg[^>]*>/);
    expect(svg).toContain("density of c0");
    expect(svg).toContain("density of c0 (1/c0)");
    const shown = (await plot("one.st --data data.csv --title curve")).svg;
    for (const text of ["curve", "data (n = 80)"]) expect(shown).toContain(text);
    expect(shown).not.toContain("samples (n");
  });

  test("contours for two", async () => {
    expect((await plot("two.st --data data.csv --aspect equal")).svg).toContain("density of c0, c1");
  });

  test("a pair plot for more, over the range of the data", async () => {
    const { svg } = await plot("five.st --data data.csv");
    expect(svg).toContain("samples (n = 80)");
    expect(svg).toContain("data (n = 80)");
  });

  test("twelve columns at most, which can be chosen", async () => {
    const { svg, stderr } = await plot("all.st");
    expect(stderr).toContain("the first 12 of 13 columns; --columns selects different columns\n");
    expect(svg).not.toContain("c12");
    expect((await plot("all.st --columns c12,c3")).svg).toContain("samples of c12, c3");
  });

  test("a color for each category", async () => {
    const { svg } = await plot("kind.st --data data.csv");
    for (const text of ["u (n = 1000)", "v (n = 1000)", "data (n = 80)", "given kind"]) expect(svg).toContain(text);
  });

  test("samples of a mixed table have the colors of its categories, with data and without", async () => {
    await bench.fit([
      "data.csv",
      "--out",
      "mixed.st",
      "--flow",
      "table",
      "--columns",
      "c0,c1,kind",
      "--members",
      "1",
      "--epochs",
      "2",
    ]);
    const colors = (svg: string): string[] => ["#0072b2", "#d55e00"].filter((color) => svg.includes(color));
    const { svg } = await plot("mixed.st --data data.csv");
    for (const text of ["kind u (n = ", "kind v (n = ", "data (n = 80)"]) expect(svg).toContain(text);
    expect(colors(svg)).toHaveLength(2);
    expect(colors((await plot("mixed.st")).svg)).toHaveLength(2);
  });

  test("a numeric context: that of the data, or given ones; contours for a single one", async () => {
    expect((await plot("dose.st --data data.csv")).svg).toContain("samples (n = 2000)");
    expect((await plot("dose.st --context doses.csv")).svg).toContain("dose 4 (n = 1000)");
    bench.write("single.csv", ["dose", "3"]);
    expect((await plot("dose.st --context single.csv")).svg).toContain("density of c0, c1 given dose 3");
  });

  test("quantile bands for a column given a number", async () => {
    const { svg } = await plot("level.st --data data.csv");
    for (const text of ["90 % of the model", "50 % of the model", "median", "data (n = 80)", "c0 given dose"]) {
      expect(svg).toContain(text);
    }
    expect((await plot("level.st --data data.csv")).svg).toBe(svg);
    expect((await plot("level.st --context nine.csv")).svg).not.toContain("data (n");
    expect((await plot("level.st --context single.csv")).svg).toContain("density of c0 given dose 3");
  });

  test("--missing drop", async () => {
    expect((await plot("one.st --data hole.csv --missing drop")).stderr).toContain(
      'rows with missing values left out: "c0" is missing in 1',
    );
  });

  test("the same seed draws the same picture", async () => {
    const { svg } = await plot("five.st");
    expect((await plot("five.st")).svg).toBe(svg);
    expect((await plot("five.st --seed 1")).svg).not.toBe(svg);
  });
});

test("png", async () => {
  expect((await bench.run(["plot", "five.st", "--out", "picture.PNG"])).code).toBe(0);
  const bytes = readFileSync(bench.path("picture.PNG"));
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  // The width of the header, twice that of the picture.
  expect(bytes.readUInt32BE(16)).toBeGreaterThan(1000);
  expect(bytes.subarray(-8, -4).toString("latin1")).toBe("IEND");
});

test("the letters of a png are drawn with the fonts of the package", async () => {
  const draw = async (text: string, name: string): Promise<Buffer> => {
    const label = `<text y="18" font-family="No Such Font">${text}</text>`;
    await writePicture(
      bench.path(name),
      `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">${label}</svg>`,
    );
    return readFileSync(bench.path(name));
  };
  const [none, letter, greek] = [await draw("", "0.png"), await draw("M", "1.png"), await draw("μ", "2.png")];
  expect(letter.length).toBeGreaterThan(none.length);
  expect(greek.length).toBeGreaterThan(none.length);
  expect(greek.equals(letter)).toBe(false);
});

test.each([
  ["one.st --out picture.jpg", 2, /^error: --out: expected a file that ends in \.svg or \.png, got "picture\.jpg"/],
  ["one.st", 2, /^error: required option '--out <picture>' not specified/],
  ["one.st --out no/x.svg", 1, /^error: --out no\/x\.svg: expected a folder "no"/],
  ["one.st --out x.svg --columns z", 1, /^error: one\.st: expected at most 12 of the columns "c0", got "z"/],
  ["one.st --out x.svg --context doses.csv", 1, /^error: one\.st: expected no --context/],
  ["one.st --out x.svg --data hole.csv", 1, /^error: hole\.csv line 3, row 2, column "c0": expected a value/],
  ["dose.st --out x.svg", 1, /^error: dose\.st: expected --data or --context with the columns dose, got neither/],
  ["dose.st --out nine.svg --context nine.csv", 0, /^picture: nine\.svg/],
])("plot %s", async (args, code, stderr) => {
  const outcome = await bench.run(["plot", ...args.split(" ")]);
  expect(outcome.stderr).toMatch(stderr);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(existsSync(bench.path("x.svg"))).toBe(false);
});
