import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as users from "pushforward";
import { architectureNames, formatCsv, useBackend } from "pushforward";
import * as authors from "pushforward/extend";
import { meanNll, tableRows } from "pushforward/extend";
import { transformWithOxc } from "vite";
import { beforeAll, expect, test } from "vitest";
import { parseSettings, type Settings } from "../shared/settings.ts";
import { chooseSchema } from "./choose-schema.ts";
import { dataInfo } from "./data-info.ts";
import { holdOutRows } from "./hold-out-rows.ts";
import { newModel } from "./new-model.ts";
import { readData } from "./read-data.ts";
import { TrainingRun } from "./training-run.ts";
import { typescriptCode } from "./typescript-code.ts";

const here = dirname(fileURLToPath(import.meta.url));
const app = join(here, "..", "..");

beforeAll(() => useBackend("cpu"));

/** The program of a run, its data as CSV, and the figures that the page reaches. */
async function coded(settings: Settings): Promise<{ code: string; csv: string; steps: number; nll: number }> {
  const read = await readData(settings, undefined);
  const schema = chooseSchema(read.table, settings);
  const rows = tableRows(read.table, schema);
  const { train, validation } = holdOutRows(read.table, rows, settings.seed);
  const model = newModel(settings, train, validation);
  const code = typescriptCode(settings, dataInfo(read, schema, rows), {
    trainRows: train.x.shape[0] as number,
    validationRows: validation.x.shape[0] as number,
    bound: model.bound,
  });
  const hooks = { progress: () => {}, stepped: () => {}, checkpoint: () => {}, paused: () => {} };
  const { step } = await new TrainingRun(model, settings, hooks).run();
  const nll = meanNll(model.flow, validation);
  model.flow.dispose();
  return { code, csv: formatCsv(read.table), steps: step, nll };
}

/** Runs a program without its imports, which are given to it, and gives what it prints. */
async function printed(code: string, csv: string): Promise<string[]> {
  const { code: script } = await transformWithOxc(code, "run.ts");
  const lists = Array.from(
    script.matchAll(/import \{([^}]*)\} from "pushforward(?:\/extend)?";/g),
    ([, list = ""]) => list,
  );
  const imported = lists.join(",");
  const body = script
    .replace(/import .* from "node:fs\/promises";/, "")
    .replace(/import \{[^}]*\} from "pushforward(?:\/extend)?";/g, "");
  const lines: string[] = [];
  const AsyncFunction = Object.getPrototypeOf(printed).constructor as new (
    ...code: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const run = new AsyncFunction("api", "readFile", "console", `const {${imported}} = api;\n${body}`);
  const readFile = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(csv));
  await run({ ...users, ...authors }, readFile, { log: (line: unknown) => lines.push(String(line)) });
  return lines;
}

const SMALL = "rows=300&width=8&depth=1&transforms=2&steps=40&batch=60&backend=cpu";
const GIVEN = `data=penguins&${SMALL}&given=${encodeURIComponent('["species","flipper_length_mm"]')}&columns=${encodeURIComponent('["bill_length_mm","body_mass_g"]')}`;
const CASES = [
  `${SMALL}&flow=nsf&seed=3`,
  `${SMALL}&flow=nsf-coupling&data=pinwheel`,
  `${SMALL}&flow=realnvp&data=earthquakes&missing=drop`,
  `${SMALL}&flow=maf&data=penguins&depth=2`,
  `${GIVEN}&flow=maf`,
  `${GIVEN}&flow=nsf&bins=4`,
  ...architectureNames.map((flow) => `${SMALL}&flow=${flow}&seed=5`),
];

test.each(CASES)("the program of %s gives the result of the page", async (address) => {
  const { code, csv, steps, nll } = await coded(parseSettings(address));
  expect(await printed(code, csv)).toEqual([`${steps} steps`, String(nll)]);
});

test("the programs compile under strict options", { timeout: 120_000 }, async () => {
  await mkdir(join(app, "node_modules"), { recursive: true });
  const folder = await mkdtemp(join(app, "node_modules", ".code-"));
  try {
    const names = await Promise.all(
      CASES.map(async (address, i) => {
        const name = `case-${i}.ts`;
        await writeFile(join(folder, name), (await coded(parseSettings(address))).code);
        return name;
      }),
    );
    const compilerOptions = {
      tsBuildInfoFile: "./info",
      isolatedDeclarations: false,
      declaration: false,
      declarationMap: false,
    };
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, files: names, include: [] }),
    );
    const tsc = join(app, "..", "..", "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", join(folder, "tsconfig.json")]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
