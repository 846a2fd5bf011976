import { FlowModel, layoutFromJson, layoutToJson, meanNll, sampleColumns, tableRows } from "@pushforward/tables/extend";
import { architectureNames, createKey, formatCsv, maf, parseCsv, sampleRows, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { compilerComplaints, printed } from "../../test/programs.ts";
import { parseSettings, type Settings } from "../shared/settings.ts";
import { chooseLayout, readData, readingOptions } from "./data/read-data.ts";
import { newModel } from "./data/shown-model.ts";
import { dataInfo, holdOutRows } from "./data/trainer-data.ts";
import { TrainingRun } from "./runs/training-run.ts";
import { contextTable, readingEntries, readingFlags, samplesCsv, typescriptCode } from "./typescript-code.ts";

beforeAll(() => useBackend("cpu"));

/** The program of a run, its data as CSV, and the figures that the page reaches. */
interface Coded {
  readonly code: string;
  readonly csv: string;
  readonly steps: number;
  readonly nll: number;
}

async function coded(settings: Settings, file?: File): Promise<Coded> {
  const read = await readData(settings, file);
  const layout = chooseLayout(read.table, settings);
  const rows = tableRows(read.table, layout);
  const { train, validation } = holdOutRows(read.table, rows, settings.seed);
  const model = await newModel(settings, train, validation);
  const code = typescriptCode(settings, dataInfo(read, layout, rows, settings), {
    trainRows: train.x.shape[0] as number,
    validationRows: validation.x.shape[0] as number,
    bound: model.bound,
  });
  const hooks = { progress: () => {}, stepped: () => undefined, checkpoint: () => {}, paused: () => {} };
  const { step } = await new TrainingRun(model, settings, hooks).run();
  const nll = meanNll(model.flow, validation);
  model.flow.dispose();
  return { code, csv: (await file?.text()) ?? formatCsv(read.table), steps: step, nll };
}

const SMALL = "rows=300&width=8&depth=1&transforms=2&steps=40&batch=60&backend=cpu";
const GIVEN = `data=penguins&${SMALL}&given=${encodeURIComponent('["species","flipper_length_mm"]')}&columns=${encodeURIComponent('["bill_length_mm","body_mass_g"]')}`;
/** Their samples take the cpu backend most of a minute; their programs differ from others by a name alone. */
const SLOW: ReadonlySet<string> = new Set(["unaf", "cnf"]);

const CASES = [
  `${SMALL}&flow=nsf&seed=3`,
  `${SMALL}&flow=nsf-coupling&data=pinwheel`,
  `${SMALL}&flow=realNvp&data=earthquakes&missing=drop`,
  `${SMALL}&flow=maf&data=penguins&depth=2`,
  `${GIVEN}&flow=maf`,
  `${GIVEN}&flow=nsf&bins=4`,
  ...architectureNames.filter((flow) => !SLOW.has(flow)).map((flow) => `${SMALL}&flow=${flow}&seed=5`),
];

const made = new Map<string, Promise<Coded>>();

/** {@link coded} of an address, trained once. */
function codedOnce(address: string): Promise<Coded> {
  const known = made.get(address) ?? coded(parseSettings(address));
  made.set(address, known);
  return known;
}

// The first cases have the forms of all programs; the others differ in the name of the architecture.
test.each(DEEP ? CASES : CASES.slice(0, 4))("the program of %s gives the result of the page", async (address) => {
  const { code, csv, steps, nll } = await codedOnce(address);
  expect(await printed(code, csv)).toEqual([`${steps} steps`, String(nll)]);
});

const READ = {
  ...parseSettings(`data=file&missing=drop&header=none&encoding=utf-8&${SMALL}&flow=maf`),
  na: ["-99", 'a "b"'],
};
const HEADLESS = Array.from({ length: 90 }, (_, i) => `${i % 13},${i % 9 === 0 ? -99 : (i * i) % 17}\n`).join("");

test("the program of a file that is read as the visitor says gives the result of the page", async () => {
  const { code, csv, steps, nll } = await coded(READ, new File([HEADLESS], "data.csv"));
  expect(code).toContain(
    '{ columns: ["column1", "column2"], missing: "drop", missingValues: [...MISSING_VALUES, "-99", "a \\"b\\""], header: false, encoding: "utf-8" }',
  );
  expect(await printed(code, csv)).toEqual([`${steps} steps`, String(nll)]);
});

test.runIf(DEEP)("the programs compile under strict options", { timeout: 120_000 }, async () => {
  const programs = await Promise.all(CASES.map(async (address) => (await codedOnce(address)).code));
  const { code } = await coded(READ, new File([HEADLESS], "data.csv"));
  expect(await compilerComplaints([...programs, code])).toBe("");
});

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

beforeAll(() => useBackend("cpu"));

test("samples of a column in tenths are tenths, also after the model was saved and opened again", () => {
  const stored = layoutToJson({ columns: ["tenths", "real"], context: [], integers: ["tenths"], steps: [0.1] });
  const layout = layoutFromJson(stored);
  const flow = maf({ features: 2, transforms: 1, hidden: [4], key: createKey(1) });
  const [tenths, real] = parseCsv(samplesCsv(new FlowModel({ flow, layout }), { count: 50, seed: 3 })).columns;
  const values = [...(tenths?.values ?? [])].map(Number);
  expect(values.every((value) => Math.abs(10 * value - Math.round(10 * value)) < 1e-9)).toBe(true);
  expect(values.some((value) => !Number.isInteger(value))).toBe(true);
  const expected = sampleColumns(layout, sampleRows(flow, createKey(3).fold(0), 50));
  expect([tenths?.values, real?.values]).toEqual(expected.map((column) => column.values));
  flow.dispose();
});

test("context columns come first, with the value that was asked for", () => {
  const layout = layoutFromJson({
    columns: ["x"],
    context: [
      { name: "species", kind: "category", categories: ["Adelie", "Gentoo"] },
      { name: "year", kind: "number" },
    ],
  });
  const flow = maf({ features: 1, context: 3, transforms: 1, hidden: [4], key: createKey(1) });
  const context = contextTable(layout, [1, 2009]);
  const read = parseCsv(samplesCsv(new FlowModel({ flow, layout }), { count: 3, seed: 3, context }));
  expect(read.columns.map(({ name }) => name)).toEqual(["species", "year", "x"]);
  expect(read.columns[0]?.values).toEqual(["Gentoo", "Gentoo", "Gentoo"]);
  expect([...(read.columns[1]?.values ?? [])]).toEqual([2009, 2009, 2009]);
  flow.dispose();
});
