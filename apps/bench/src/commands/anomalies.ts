import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { cpuSeconds } from "@pushforward/core/plain";
import { takeTableRows } from "@pushforward/datasets/extend";
import { areaUnderCurve } from "@pushforward/diagnostics";
import { type AnomalyScore, createKey, fitAnomalyScore, parseCsv, type Table, useBackend } from "pushforward";
import { UsageError } from "../options.ts";

/**
 * Scores the sets of a folder for anomaly detection: CSV files of numbers with the columns `semi` (train or test) and
 * `anomaly` (0 or 1), and, for the ranks, tables of the areas under the curve (AUC, in percent) of other methods, a row for
 * each set: `auc-semi.csv` of fits to the training rows, `auc-unsup.csv` of fits to all rows.
 *
 * Arguments: FOLDER [--sets a,b] [--protocol semi|unsup] [--contaminated 0] [--seeds 0] [--backend wasm]
 */
export async function anomalies(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      sets: { type: "string", default: "" },
      protocol: { type: "string", default: "semi" },
      contaminated: { type: "string", default: "0" },
      seeds: { type: "string", default: "0" },
      backend: { type: "string", default: "wasm" },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new UsageError("anomalies: expected a folder, got none.");
  const isSemi = values.protocol === "semi";
  if (!isSemi && values.protocol !== "unsup") {
    throw new UsageError(`anomalies: expected --protocol semi or unsup, got ${values.protocol}.`);
  }
  const files = (await readdir(folder)).filter((file) => file.endsWith(".csv") && !file.startsWith("auc-")).sort();
  const names = values.sets === "" ? files.map((file) => basename(file, ".csv")) : values.sets.split(",");
  const others = await readOthers(join(folder, `auc-${values.protocol}.csv`));
  await useBackend(values.backend as "wasm" | "cpu");
  const all: Result[] = [];
  console.log(`${"set".padEnd(18)}   AUC   best    KNN  rank  seconds of the processor`);
  for (const seed of values.seeds.split(",").map(Number)) {
    for (const name of names) {
      const set = await readSet(join(folder, `${name}.csv`), isSemi);
      const result = await judge(set, {
        seed,
        contaminated: Number(values.contaminated),
        other: otherOf(others, name),
      });
      all.push(result);
      console.log(lineOf(name, result));
    }
  }
  const mean = (pick: (result: Result) => number): number => all.reduce((sum, one) => sum + pick(one) / all.length, 0);
  console.log(
    lineOf("mean", {
      ...{ auc: mean(({ auc }) => auc), best: mean(({ best }) => best), nearest: mean(({ nearest }) => nearest) },
      ...{ rank: mean(({ rank }) => rank), seconds: mean(({ seconds }) => seconds) },
    }),
  );
}

/** A set, and the places of the rows to fit to and to judge by. */
interface AnomalySet {
  readonly train: Table;
  readonly test: Table;
  readonly isAnomaly: readonly boolean[];
}

interface Result {
  readonly auc: number;
  readonly best: number;
  readonly nearest: number;
  readonly rank: number;
  readonly seconds: number;
}

async function readSet(path: string, isSemi: boolean): Promise<AnomalySet> {
  const table = parseCsv(await readFile(path, "utf8"), { file: path });
  const semi = table.columns.find(({ name }) => name === "semi")?.values ?? [];
  const labels = table.columns.find(({ name }) => name === "anomaly")?.values ?? [];
  const data: Table = {
    rows: table.rows,
    columns: table.columns.filter(({ name }) => name !== "semi" && name !== "anomaly"),
  };
  const all = Array.from({ length: table.rows }, (_, row) => row);
  const test = isSemi ? all.filter((row) => semi[row] !== "train") : all;
  const train = isSemi ? all.filter((row) => semi[row] === "train") : all;
  return {
    ...{ train: takeTableRows(data, train), test: takeTableRows(data, test) },
    isAnomaly: test.map((row) => Number(labels[row]) === 1),
  };
}

async function judge(
  { train, test, isAnomaly }: AnomalySet,
  { seed, contaminated, other }: { seed: number; contaminated: number; other: ReadonlyMap<string, number> },
): Promise<Result> {
  const before = cpuSeconds() ?? 0;
  const odd: AnomalyScore = await fitAnomalyScore(train, { key: createKey(seed), contaminated });
  const scores = odd.score(test);
  const auc =
    100 *
    areaUnderCurve(
      scores.filter((_, row) => !isAnomaly[row]),
      scores.filter((_, row) => isAnomaly[row]),
    );
  odd.dispose();
  return {
    ...{ auc, seconds: (cpuSeconds() ?? 0) - before },
    ...{ best: other.size === 0 ? Number.NaN : Math.max(...other.values()), nearest: other.get("KNN") ?? Number.NaN },
    rank: other.size === 0 ? Number.NaN : 1 + [...other.values()].filter((value) => value > auc).length,
  };
}

function lineOf(name: string, { auc, best, nearest, rank, seconds }: Result): string {
  const figures = [auc, best, nearest].map((value) => value.toFixed(2).padStart(5));
  return `${name.padEnd(18)} ${figures.join("  ")}  ${rank.toFixed(1).padStart(4)}  ${seconds.toFixed(1)}`;
}

type OtherMethods = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Returns the AUC of the other methods for each set; empty without the file. */
async function readOthers(path: string): Promise<OtherMethods> {
  const text = await readFile(path, "utf8").catch(() => "");
  const [head = "", ...lines] = text.trim().split("\n");
  const methods = head.split(",").slice(1);
  return new Map(
    lines.map((line) => {
      const [set = "", ...values] = line.split(",");
      return [plainName(set), new Map(methods.map((method, k) => [method, Number(values[k])]))] as const;
    }),
  );
}

function otherOf(others: OtherMethods, name: string): ReadonlyMap<string, number> {
  return others.get(plainName(name)) ?? new Map();
}

/** The letters of a name: sets are called `PageBlocks`, `page.blocks` and `pageblocks`. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, "");
}
