import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../options.ts";
import { makeRows, type StrangeTable, strangeTables, type TableFact, type TextRow } from "../strange/strange-tables.ts";

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
      const { code, error, seconds } = await run(values.program, [
        "fit",
        data,
        "--out",
        model,
        "--force",
        "--no-progress",
      ]);
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
