import { meanNll, tableRows } from "@pushforward/tables/extend";
import { architectureNames, formatCsv, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { compilerComplaints, printed } from "../../test/programs.ts";
import { parseSettings, type Settings } from "../shared/settings.ts";
import { chooseLayout } from "./choose-layout.ts";
import { dataInfo } from "./data-info.ts";
import { holdOutRows } from "./hold-out-rows.ts";
import { newModel } from "./new-model.ts";
import { readData } from "./read-data.ts";
import { TrainingRun } from "./training-run.ts";
import { typescriptCode } from "./typescript-code.ts";

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
  const hooks = { progress: () => {}, stepped: () => {}, checkpoint: () => {}, paused: () => {} };
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
