// The accuracies of c2st beside those of scikit-learn on the same samples, over seeds.
// node packages/diagnostics/scripts/run.mjs against-scikit-learn [FOLDER of reference posteriors] [seeds]
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { c2st } from "../src/index.ts";
import { LinearGaussian } from "../test/linear-gaussian.ts";

type Rows = readonly (readonly number[])[];

const [, folder = "", seedCount = "5"] = process.argv.slice(2);
const seeds = Array.from({ length: Number(seedCount) }, (_, i) => i + 1);

function rowsOf(data: ArrayLike<number>, columns: number): Rows {
  return Array.from({ length: data.length / columns }, (_, i) =>
    Array.from({ length: columns }, (__, j) => data[i * columns + j] as number),
  );
}

function normal(name: string, n: number, columns: number): Rows {
  return rowsOf(createKey(name).normal(n * columns), columns);
}

/** Every reference of a task against a copy that is scaled and shifted by shares of its deviations. */
function perturbed(rows: Rows, scale: number, shift: number): Rows {
  const columns = rows[0]?.length as number;
  const mean = Array.from(
    { length: columns },
    (_, j) => rows.reduce((sum, row) => sum + (row[j] as number), 0) / rows.length,
  );
  const deviation = mean.map((m, j) =>
    Math.sqrt(rows.reduce((sum, row) => sum + ((row[j] as number) - m) ** 2, 0) / rows.length),
  );
  return rows.map((row) =>
    row.map((v, j) => (mean[j] as number) + scale * (v - (mean[j] as number)) + shift * (deviation[j] as number)),
  );
}

function reference(task: string, observation: number): Rows | undefined {
  const path = join(folder, task, String(observation), "reference_posterior_samples.csv");
  if (!existsSync(path)) return undefined;
  const [, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => line.split(",").map(Number));
}

const pairs: [name: string, a: Rows, b: Rows][] = [
  ["two sets of N(0, I), 2-D", normal("a", 2500, 2), normal("b", 2500, 2)],
  ["N(0, I) and N(0.3·e₁, I), 2-D", normal("c", 2500, 2), normal("d", 2500, 2).map(([x = 0, y = 0]) => [x + 0.3, y])],
  ["N(0, I) and N(0, 0.7²·I), 5-D", normal("e", 2500, 5), normal("f", 2500, 5).map((row) => row.map((v) => 0.7 * v))],
];
const model = new LinearGaussian(2);
const x = [0.4, -0.2];
const drawn = (variant: "exact" | "uncorrelated"): Rows =>
  rowsOf(model.draw(variant, x, 2500, createKey(variant)).data, 2);
pairs.push(["linear Gaussian, correlation left out, 2-D", drawn("exact"), drawn("uncorrelated")]);
for (const task of ["two_moons", "slcp", "gaussian_linear", "gaussian_mixture"]) {
  const rows = reference(task, 1);
  if (rows === undefined) continue;
  const half = rows.length / 2;
  pairs.push([`${task}: halves of the reference`, rows.slice(0, half), rows.slice(half)]);
  pairs.push([`${task}: half × 1.2 + 0.1 sd`, rows.slice(0, half), perturbed(rows.slice(half), 1.2, 0.1)]);
}

await useBackend("wasm");
const jobs = pairs.map(([, a, b]) => JSON.stringify({ a, b, seeds })).join("\n");
const python = process.env["PUSHFORWARD_PYTHON"] ?? "/usr/bin/python3";
const run = spawnSync(python, [join("packages", "diagnostics", "scripts", "c2st.py")], {
  input: jobs,
  encoding: "utf8",
  maxBuffer: 1e8,
  env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
});
if (run.status !== 0) throw new Error(run.stderr);
const theirs = run.stdout
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { scores: number[]; seconds: number });

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const sd = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1));
const cell = (values: readonly number[]): string => `${mean(values).toFixed(4)} ± ${sd(values).toFixed(4)}`;
console.log(`| samples | pushforward | scikit-learn | difference | our CPU s | its CPU s |\n|---|---|---|---|---|---|`);
for (const [i, [name, a, b]] of pairs.entries()) {
  const start = process.cpuUsage();
  const ours: number[] = [];
  for (const seed of seeds) ours.push((await c2st(a, b, { key: createKey(seed) })).accuracy);
  const { user, system } = process.cpuUsage(start);
  const own = (user + system) / 1e6 / seeds.length;
  const other = theirs[i] as (typeof theirs)[number];
  const difference = (mean(ours) - mean(other.scores)).toFixed(4);
  console.log(
    `| ${name} | ${cell(ours)} | ${cell(other.scores)} | ${difference} | ${own.toFixed(1)} | ${other.seconds.toFixed(1)} |`,
  );
}
