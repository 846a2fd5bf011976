import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { areaUnderCurve, cpuSeconds } from "@pushforward/core/plain";
import { createTable, readNpy, takeTableRows } from "@pushforward/datasets/extend";
import { unzipSync } from "fflate";
import {
  type AnomalyScore,
  createKey,
  DataError,
  fitAnomalyScore,
  parseCsv,
  type Table,
  useBackend,
} from "pushforward";
import { UsageError, wholeNumber } from "../options.ts";
import { markdownTable, report } from "../report/report.ts";
import { plantedFaults } from "./planted-faults.ts";

/**
 * Scores the sets of a folder for anomaly detection: CSV files of numbers with the columns `semi` (train or test) and
 * `anomaly` (0 or 1), and, for the ranks, tables of the areas under the curve (AUC, in percent) of other methods, a row for
 * each set: `auc-semi.csv` of fits to the training rows, `auc-unsup.csv` of fits to all rows.
 *
 * Sets are also `.npz` files with `train`, `test` and `test_labels` (1 for an anomaly). Besides the AUC they have the
 * average precision (AUPR), and both for the distance to the nearest neighbors alone. `--half` takes the first or the second
 * half of the sets by name: the first to choose settings, the second to judge them. With `--planted` the CSV files are tables
 * without labels, in which faults are planted.
 *
 * The results are saved as a page, with a row for each set: the means over the seeds.
 *
 * Arguments: FOLDER [--sets a,b] [--half first|second] [--rows 10000] [--planted] [--protocol semi|unsup]
 * [--contaminated 0] [--seeds 0] [--backend wasm]
 */
export async function anomalies(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      sets: { type: "string", default: "" },
      half: { type: "string", default: "" },
      rows: { type: "string", default: "10000" },
      planted: { type: "boolean", default: false },
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
  const rows = wholeNumber("rows", values.rows);
  const names = await namesIn(folder, values.sets, values.half);
  const others = await readOthers(join(folder, `auc-${values.protocol}.csv`));
  await useBackend(values.backend as "wasm" | "cpu");
  const seeds = values.seeds.split(",").map(Number);
  if (values.planted) {
    const paths = names.map((name) => join(folder, name));
    for (const seed of seeds) await plantedFaults(paths, { rows, seed });
    return;
  }
  const all: Named[] = [];
  console.log(`${"set".padEnd(18)}   AUC   AUPR  near:  AUPR   best    KNN  rank  seconds of the processor`);
  for (const seed of seeds) {
    for (const file of names) {
      const name = file.replace(/\.\w+$/, "");
      const set = await readSet(join(folder, file), isSemi, rows).catch((error: unknown) => {
        if (!(error instanceof DataError)) throw error;
        console.log(`${name}: left out. ${error.message}`);
      });
      if (set === undefined) continue;
      const result = await judge(set, {
        seed,
        contaminated: Number(values.contaminated),
        other: otherOf(others, name),
      });
      all.push({ name, result });
      console.log(lineOf(name, result));
    }
  }
  if (all.length === 0) throw new UsageError(`anomalies: expected a readable data set in ${folder}, got none.`);
  console.log(lineOf("mean", meanOf(all)));
  const listed = Array.from(new Set(all.map(({ name }) => name)), (name): Named => {
    return { name, result: meanOf(all.filter((one) => one.name === name)) };
  });
  const fitted = isSemi ? "normal rows" : "all rows, without their labels";
  await report("anomalies", pageOf(listed, { rows, fitted }), { protocol: values.protocol, rows, seeds, sets: listed });
}

/** The mean of each figure. */
function meanOf(sets: readonly Named[]): Result {
  const results = sets.map(({ result }) => result);
  const mean = (name: keyof Result): number => results.reduce((sum, one) => sum + one[name] / results.length, 0);
  const means = Object.keys(results[0] ?? {}).map((name) => [name, mean(name as keyof Result)] as const);
  return Object.fromEntries(means) as unknown as Result;
}

/** A page with a row for each set, the means over all sets, and the means over each half by name. */
function pageOf(sets: readonly Named[], { rows, fitted }: { readonly rows: number; readonly fitted: string }): string {
  const figures = ({ auc, precision, neighborsAuc, neighborsPrecision }: Result): string[] =>
    [auc, neighborsAuc, precision, neighborsPrecision].map((value) => value.toFixed(1));
  const middle = Math.floor(sets.length / 2);
  const groups: readonly (readonly [string, readonly Named[]])[] = [
    ["all", sets],
    ["first half by name", sets.slice(0, middle)],
    ["second half", sets.slice(middle)],
  ];
  const measures = ["AUC", "AUC, neighbors", "AUPR", "AUPR, neighbors"];
  return [
    "# Anomaly scores: results",
    "",
    `The area under the ROC curve (AUC) and the average precision (AUPR) of \`fitAnomalyScore\` with its defaults, in percent. Each score is fitted to at most ${rows} rows (${fitted}) and judged on at most ${rows} test rows, which include anomalies. The columns "neighbors" contain the results of the distance to the nearest training rows alone, after each column is transformed to normal quantiles. \`npm run bench -- anomalies FOLDER --rows ${rows}\` makes this page.`,
    "",
    markdownTable(
      ["mean of", "data sets", ...measures],
      groups
        .filter(([, some]) => some.length > 0)
        .map(([name, some]) => [name, String(some.length), ...figures(meanOf(some))]),
    ),
    "",
    markdownTable(
      ["data set", ...measures],
      sets.map(({ name, result }) => [name, ...figures(result)]),
    ),
  ].join("\n");
}

/** Names of the selected files. */
async function namesIn(folder: string, sets: string, half: string): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((file) => /\.(csv|npz)$/.test(file) && !file.startsWith("auc-")).sort();
  if (!["", "first", "second"].includes(half)) {
    throw new UsageError(`anomalies: expected --half first or second, got ${half}.`);
  }
  const middle = Math.floor(files.length / 2);
  const chosen = half === "" ? files : half === "first" ? files.slice(0, middle) : files.slice(middle);
  const wanted = sets.split(",");
  return sets === "" ? chosen : chosen.filter((file) => wanted.includes(file.replace(/\.\w+$/, "")));
}

/** A set, and the places of the rows to fit to and to judge by. */
interface AnomalySet {
  readonly train: Table;
  readonly test: Table;
  readonly isAnomaly: readonly boolean[];
}

interface Result {
  readonly auc: number;
  readonly precision: number;
  /** The same of the distance to the nearest neighbors in the view of normal quantiles. */
  readonly neighborsAuc: number;
  readonly neighborsPrecision: number;
  readonly best: number;
  readonly nearest: number;
  readonly rank: number;
  readonly seconds: number;
}

/** A set and its result. */
interface Named {
  readonly name: string;
  readonly result: Result;
}

async function readSet(path: string, isSemi: boolean, rows: number): Promise<AnomalySet> {
  const set = path.endsWith(".npz") ? await readArchive(path) : await readLabeled(path, isSemi);
  const some = (count: number, label: string): Int32Array =>
    createKey(0).fold(label).permutation(count).subarray(0, rows).sort() as Int32Array;
  const test = some(set.test.rows, "test");
  return {
    train: takeTableRows(set.train, some(set.train.rows, "train")),
    test: takeTableRows(set.test, test),
    isAnomaly: Array.from(test, (row) => set.isAnomaly[row] === true),
  };
}

async function readArchive(path: string): Promise<AnomalySet> {
  const parts = unzipSync(await readFile(path));
  const array = (name: string) => readNpy(parts[`${name}.npy`] ?? new Uint8Array());
  const table = (name: string): Table => {
    const { shape, data } = array(name);
    const [rows = 0, width = 0] = shape;
    return createTable(
      Array.from({ length: width }, (_, j) => ({
        ...{ name: `x${j}`, kind: "number" },
        values: Float64Array.from({ length: rows }, (_, row) => data[row * width + j] as number),
      })),
    );
  };
  return {
    train: table("train"),
    test: table("test"),
    isAnomaly: Array.from(array("test_labels").data, (x) => x === 1),
  };
}

async function readLabeled(path: string, isSemi: boolean): Promise<AnomalySet> {
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
  const raw = odd.parts.rawScores(test).distances.at(-1) ?? scores;
  odd.dispose();
  const auc = aucOf(scores, isAnomaly);
  return {
    ...{ auc, precision: averagePrecision(scores, isAnomaly) },
    ...{ neighborsAuc: aucOf(raw, isAnomaly), neighborsPrecision: averagePrecision(raw, isAnomaly) },
    seconds: (cpuSeconds() ?? 0) - before,
    ...{ best: other.size === 0 ? Number.NaN : Math.max(...other.values()), nearest: other.get("KNN") ?? Number.NaN },
    rank: other.size === 0 ? Number.NaN : 1 + [...other.values()].filter((value) => value > auc).length,
  };
}

/** The area under the curve in percent. */
function aucOf(scores: Float64Array, isAnomaly: readonly boolean[]): number {
  return (
    100 *
    areaUnderCurve(
      scores.filter((_, row) => !isAnomaly[row]),
      scores.filter((_, row) => isAnomaly[row]),
    )
  );
}

/** The mean precision at the anomalies, in percent; equal scores share one precision. */
function averagePrecision(scores: Float64Array, isAnomaly: readonly boolean[]): number {
  const order = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));
  let [found, seen, sum] = [0, 0, 0];
  while (seen < order.length) {
    const value = scores[order[seen] as number];
    const before = found;
    while (seen < order.length && scores[order[seen] as number] === value) {
      if (isAnomaly[order[seen] as number]) found++;
      seen++;
    }
    sum += ((found - before) * found) / seen;
  }
  return (100 * sum) / found;
}

function lineOf(name: string, result: Result): string {
  const { auc, precision, neighborsAuc, neighborsPrecision, best, nearest, rank, seconds } = result;
  const figures = [auc, precision, neighborsAuc, neighborsPrecision, best, nearest].map((value) =>
    value.toFixed(2).padStart(5),
  );
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
