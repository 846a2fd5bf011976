import { useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../../../../packages/testing/test/deep.ts";
import { mixedCsv } from "../../../test/mixed-csv.ts";
import { compilerComplaints, printed } from "../../../test/programs.ts";
import { parseSettings, type Settings } from "../../shared/settings.ts";
import { type MixedTable, readMixed } from "./read-mixed.ts";
import { tableCode } from "./table-code.ts";
import { TableRun } from "./table-run.ts";

const CSV = mixedCsv(120);
const SMALL = parseSettings("data=file&members=1&epochs=3&seed=4");
const CASES: readonly Settings[] = [
  SMALL,
  { ...SMALL, kinds: [["net", "category"]], columns: ["group", "size", "net"], epochs: 2 },
  { ...SMALL, na: ["reef"], header: "names", encoding: "utf-8" },
];

beforeAll(() => useBackend("wasm"));

async function read(settings: Settings): Promise<MixedTable> {
  return (await readMixed(settings, new File([CSV], "fish.csv"))) as MixedTable;
}

test.runIf(DEEP).each(CASES)("the program of %j gives the result of the page", async (settings) => {
  const table = await read(settings);
  const { validationNll, marginalNll, model } = await new TableRun(table, settings, () => {}).run();
  model.dispose();
  const lines = await printed(tableCode(settings, table), CSV);
  expect(lines).toEqual(["10 synthetic rows", `${validationNll} ${marginalNll - validationNll}`]);
});

test.runIf(DEEP)("the programs compile under strict options", { timeout: 120_000 }, async () => {
  const programs = await Promise.all(CASES.map(async (settings) => tableCode(settings, await read(settings))));
  expect(await compilerComplaints(programs)).toBe("");
});
