import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../options.ts";
import {
  decimals,
  makeRows,
  RandomNumbers,
  type StrangeTable,
  strangeTables,
  type TableFact,
  type TextRow,
} from "../strange/strange-tables.ts";

const PROGRAM = fileURLToPath(new URL("../../../cli/dist/main.js", import.meta.url));
/** A fit of a small table takes seconds. */
const MOST_SECONDS = 600;
const DRAWN = 4000;
/** Largest difference of a share, and of a size as a share of it. */
const [OF_SHARE, OF_SIZE] = [0.01, 0.1];

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly error: string;
  readonly seconds: number;
}

function run(program: string, args: readonly string[]): Promise<Run> {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { timeout: 1000 * MOST_SECONDS });
    let [output, error] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      error += text;
    });
    child.on("close", (code) => resolve({ code, output, error, seconds: (performance.now() - start) / 1000 }));
  });
}

/**
 * Fits small tables with known relations with the default options, and compares facts about the rows with facts about
 * samples. Prints a line for each fact, and the number of fits that failed and of facts that differ.
 *
 * Arguments: [name,name] [--seeds COUNT] [--program FILE]
 */
export async function strange(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seeds: { type: "string", default: "1" }, program: { type: "string", default: PROGRAM } },
  });
  const seeds = wholeNumber("seeds", values.seeds);
  const [names] = positionals;
  const unknown = names?.split(",").find((name) => !strangeTables.some((table) => table.name === name));
  if (unknown !== undefined) throw new UsageError(`bench: expected names of strange tables, got ${unknown}.`);
  const chosen = strangeTables.filter(({ name }) => names === undefined || names.split(",").includes(name));
  const folder = await mkdtemp(join(tmpdir(), "pushforward-strange-"));
  let [failed, different] = [0, 0];
  try {
    for (const table of chosen) {
      for (let seed = 0; seed < seeds; seed++) {
        const found = await checkTable(table, seed, folder, values.program);
        if (found === undefined) failed++;
        else different += found;
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${chosen.length * seeds} fits, ${failed} failed; ${different} facts differ`);
}

/** Returns the number of facts that differ; undefined if the fit or the samples fail. */
async function checkTable(
  table: StrangeTable,
  seed: number,
  folder: string,
  program: string,
): Promise<number | undefined> {
  const { rows, csv } = makeRows(table, seed);
  const [data, model] = [join(folder, `${table.name}.csv`), join(folder, `${table.name}.safetensors`)];
  await writeFile(data, csv);
  const fit = await run(program, ["fit", data, "--out", model, "--force", "--seed", String(seed)]);
  const label = `${table.name} ${seed}`.padEnd(14);
  if (fit.code !== 0) {
    // Rows that say nothing are refused with a sentence.
    const isRefused = fit.code === 1 && !/internal error/.test(fit.error);
    console.log(`${label} ${isRefused && table.facts.length === 0 ? "refused" : "FAILED"}: ${lastLine(fit.error)}`);
    return isRefused && table.facts.length === 0 ? 0 : undefined;
  }
  const given = table.given === undefined ? [] : ["--given", table.given];
  const drawn = await run(program, ["sample", model, "-n", String(DRAWN), "--seed", String(seed + 1), ...given]);
  if (drawn.code !== 0) {
    console.log(`${label} FAILED: ${lastLine(drawn.error)}`);
    return undefined;
  }
  const samples = rowsOf(drawn.output);
  let different = 0;
  const seconds = `${fit.seconds.toFixed(0)} s`.padStart(5);
  if (table.facts.length === 0) console.log(`${label} ${seconds}`);
  for (const fact of table.facts) {
    const [real, own] = [fact.of(conditioned(rows, table)), fact.of(samples)];
    const isEqual = agrees(fact, real, own);
    if (!isEqual) different++;
    console.log(`${label} ${seconds} ${isEqual ? " " : "✗"} ${real.toFixed(4)} ${own.toFixed(4)}  ${fact.text}`);
  }
  return different;
}

/** Training rows that satisfy the condition of the samples. */
function conditioned(rows: readonly TextRow[], { given }: StrangeTable): readonly TextRow[] {
  if (given === undefined) return rows;
  const [name = "", least = ""] = given.split(">=");
  return rows.filter((row) => Number(row[name]) >= Number(least));
}

function agrees({ type }: TableFact, real: number, own: number): boolean {
  return Math.abs(own - real) <= (type === "share" ? OF_SHARE : OF_SIZE * real);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

/** Rows of a CSV file without quotes. */
function rowsOf(csv: string): TextRow[] {
  const [header = "", ...lines] = csv.trimEnd().split("\n");
  const names = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.map((name, j) => [name, cells[j] ?? ""]));
  });
}

/**
 * Fits all CSV files of a folder and the strange tables with default options, and prints those that stop without a model,
 * with their sentence. A table may be refused with a clear sentence; any other end is a crash.
 *
 * Arguments: FOLDER [--program FILE] [--part K/N]
 */
export async function crashes(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { program: { type: "string", default: PROGRAM }, part: { type: "string", default: "1/1" } },
  });
  const [source] = positionals;
  if (source === undefined) throw new UsageError("bench: expected a folder of CSV files, got none.");
  const folder = await mkdtemp(join(tmpdir(), "pushforward-crashes-"));
  const [part = 1, parts = 1] = values.part.split("/").map(Number);
  const counts = { fits: 0, refused: 0, crashed: 0 };
  try {
    const files = (await readdir(source)).filter((name) => name.endsWith(".csv")).sort();
    const tables = [
      ...files.map((name) => ({ name: basename(name, ".csv"), csv: () => readFile(join(source, name)) })),
      ...strangeTables.map((table) => ({ name: table.name, csv: async () => makeRows(table, 0).csv })),
    ].filter((_, i) => i % parts === part - 1);
    for (const { name, csv } of tables) {
      const [data, model] = [join(folder, "data.csv"), join(folder, "model.safetensors")];
      await writeFile(data, await csv());
      const { code, error, seconds } = await run(values.program, ["fit", data, "--out", model, "--force"]);
      counts.fits++;
      if (code === 0) {
        console.log(`${name}: ${seconds.toFixed(1)} s`);
        continue;
      }
      const isCrash = code !== 1 || /internal error/.test(error);
      counts[isCrash ? "crashed" : "refused"]++;
      console.log(`${name}: ${isCrash ? "CRASH" : "refused"} (${code}): ${lastLine(error)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${counts.fits} fits, ${counts.refused} refused with a sentence, ${counts.crashed} crashed`);
}

/** Draws of each condition. */
const OF_CONDITION = 20;

/**
 * Asks models of the strange tables for rows that meet random conditions: intervals from a printed step to half of a range, tails,
 * values, and pairs of these. Prints the number of rows that break their condition, and of refused conditions.
 *
 * Arguments: [--conditions COUNT] [--seed SEED] [--program FILE]
 */
export async function conditions(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      conditions: { type: "string", default: "50" },
      seed: { type: "string", default: "0" },
      program: { type: "string", default: PROGRAM },
    },
  });
  const each = wholeNumber("conditions", values.conditions);
  const folder = await mkdtemp(join(tmpdir(), "pushforward-conditions-"));
  const counts = { asked: 0, refused: 0, failed: 0, rows: 0, broken: 0 };
  try {
    for (const table of strangeTables.filter(({ rows }) => rows > 100)) {
      const { rows, csv } = makeRows(table, 0);
      const [data, model] = [join(folder, "data.csv"), join(folder, "model.safetensors")];
      await writeFile(data, csv);
      const fit = await run(values.program, ["fit", data, "--out", model, "--force", "--no-anomalies"]);
      if (fit.code !== 0) throw new Error(`${table.name}: ${lastLine(fit.error)}`);
      const random = new RandomNumbers(Number(values.seed), `conditions ${table.name}`);
      let [refused, broken] = [0, 0];
      for (let i = 0; i < each; i++) {
        let condition = randomCondition(rows, random);
        while (condition.length === 0) condition = randomCondition(rows, random);
        const given = condition.map(({ text }) => text).join(",");
        const drawn = await run(values.program, ["sample", model, "-n", String(OF_CONDITION), "--given", given]);
        counts.asked++;
        if (drawn.code !== 0) {
          const isRefused = (drawn.code === 1 || drawn.code === 2) && !/internal error/.test(drawn.error);
          counts[isRefused ? "refused" : "failed"]++;
          refused++;
          if (!isRefused || /none of/.test(drawn.error))
            console.log(`  ${table.name}: ${given}: ${lastLine(drawn.error)}`);
          continue;
        }
        const samples = rowsOf(drawn.output);
        const bad = samples.filter((row) => !condition.every(({ name, test }) => test(row[name] ?? "")));
        counts.rows += samples.length;
        if (bad.length > 0) console.log(`  ${table.name}: ${given}: ${JSON.stringify(bad[0])}`);
        broken += bad.length;
      }
      counts.broken += broken;
      console.log(`${table.name}: ${refused} of ${each} refused, ${broken} rows break their condition`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { asked, refused, failed, rows, broken } = counts;
  console.log(
    `${asked} conditions: ${refused} refused with a sentence, ${failed} failed; ${broken} of ${rows} rows break their condition`,
  );
}

interface CellCondition {
  readonly name: string;
  readonly text: string;
  readonly test: (cell: string) => boolean;
}

/** Widths of intervals, as shares of the range. */
const WIDTHS = [1e-6, 1e-4, 1e-2, 0.5];

/** One or two conditions around the cells of a row. */
function randomCondition(rows: readonly TextRow[], random: RandomNumbers): CellCondition[] {
  const names = Object.keys(rows[0] ?? {});
  const wanted = random.chance(0.3) ? 2 : 1;
  const chosen = new Set(Array.from({ length: wanted }, () => random.pick(names)));
  const row = random.pick(rows);
  return [...chosen].flatMap((name) => cellCondition(name, rows, row[name] ?? "", random));
}

function cellCondition(name: string, rows: readonly TextRow[], cell: string, random: RandomNumbers): CellCondition[] {
  const numbers = rows
    .map((row) => row[name] ?? "")
    .filter((text) => text !== "")
    .map(Number);
  if (cell === "" || numbers.some(Number.isNaN)) {
    const text = rows.map((row) => row[name] ?? "").find((one) => one !== "");
    if (text === undefined || /[=<>, ]/.test(cell) || /^\d{4}-/.test(text)) return [];
    const value = cell === "" ? text : cell;
    return [{ name, text: `${name}=${value}`, test: (one) => one === value }];
  }
  const sorted = numbers.sort((a, b) => a - b);
  const [low, high] = [sorted[0] as number, sorted.at(-1) as number];
  if (random.chance(0.2)) {
    const from = sorted[Math.floor(0.999 * sorted.length)] as number;
    return [{ name, text: `${name}>=${from}`, test: (one) => one !== "" && Number(one) >= from }];
  }
  const step = 10 ** -decimals(cell);
  const width = random.chance(0.3) ? step : random.pick(WIDTHS) * (high - low);
  const from = Number((Number(cell) - (random.chance(0.5) ? 0 : random.uniform(0, width))).toPrecision(12));
  const to = Number((from + width).toPrecision(12));
  const test = (one: string): boolean => one !== "" && Number(one) >= from && Number(one) < to;
  return from < to ? [{ name, text: `${name}>=${from},${name}<${to}`, test }] : [];
}
