import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { c2st, expectedCoverage, posteriorDraws, simulationBasedCalibration } from "@pushforward/diagnostics";
import { fitNpe } from "@pushforward/inference";
import {
  createKey,
  type Distribution,
  type Key,
  MultivariateNormal,
  type NdArray,
  ndArray,
  sampleRows,
  useBackend,
} from "pushforward";
import { type InferenceTask, inferenceTasks, taskKey } from "../models/inference-tasks.ts";
import { UsageError } from "../options.ts";
import { markdownTable } from "../report/report.ts";

const CALIBRATION = { simulations: 10_000, runs: 300, draws: 300 } as const;

/**
 * Neural posterior estimation with its default settings on tasks with known posteriors: the accuracy of a classifier
 * (C2ST, 0.5 is best) between reference draws and an equal number of our draws, next to published results. FOLDER
 * contains `TASK/NUMBER/observation.csv` and `reference_posterior_samples.csv`. --calibration needs no folder: it runs
 * calibration by simulation, 300 runs of 300 draws, on a linear Gaussian and on two moons.
 *
 * Arguments: [FOLDER] [--simulations 1000,10000] [--tasks a,b] [--seeds 0] [--quality default] [--backend wasm]
 * [--calibration] [--verbose]
 */
export async function inference(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      simulations: { type: "string", default: "1000,10000" },
      tasks: { type: "string", default: inferenceTasks.map(({ name }) => name).join(",") },
      seeds: { type: "string", default: "0" },
      quality: { type: "string", default: "default" },
      backend: { type: "string", default: "wasm" },
      calibration: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const [folder] = positionals;
  if (folder === undefined && !values.calibration) {
    throw new UsageError("inference: expected a folder or --calibration, got neither.");
  }
  await useBackend(values.backend as "wasm" | "cpu");
  const options = { quality: values.quality as "fast" | "default" | "best", verbose: values.verbose };
  if (values.calibration) {
    await calibrate(linearGaussian, options);
    await calibrate(taskNamed("two_moons"), options);
  }
  if (folder === undefined) return;
  const rows: string[][] = [];
  for (const size of values.simulations.split(",").map(Number)) {
    for (const name of values.tasks.split(",")) {
      for (const seed of values.seeds.split(",").map(Number)) {
        rows.push(await compare(taskNamed(name), size, seed, join(folder, name), options));
      }
    }
  }
  console.log(
    markdownTable(
      ["task", "simulations", "seed", "C2ST of each observation", "mean", "published NPE", "s", "s of the processor"],
      rows,
    ),
  );
}

interface RunOptions {
  readonly quality: "fast" | "default" | "best";
  readonly verbose: boolean;
}

async function compare(
  task: InferenceTask,
  simulations: number,
  seed: number,
  folder: string,
  options: RunOptions,
): Promise<string[]> {
  const key = taskKey(task, seed);
  const found = await fitTask(task, simulations, key, options);
  const accuracies: number[] = [];
  for (let number = 1; existsSync(join(folder, String(number))); number++) {
    const read = (file: string): NdArray => readNumbers(join(folder, String(number), file));
    const reference = read("reference_posterior_samples.csv");
    const own = key.fold(`observation ${number}`);
    const draws = sampleRows(found.posterior, own.fold("draws"), reference.shape[0] as number, read("observation.csv"));
    accuracies.push((await c2st(reference, draws, { key: own.fold("c2st") })).accuracy);
  }
  if (accuracies.length === 0) throw new UsageError(`inference: expected observations in ${folder}, got none.`);
  found.posterior.dispose();
  const mean = accuracies.reduce((a, b) => a + b, 0) / accuracies.length;
  const row = [
    task.name,
    String(simulations),
    String(seed),
    accuracies.map((value) => value.toFixed(3)).join(", "),
    mean.toFixed(3),
    task.published[simulations]?.toFixed(3) ?? "–",
    found.seconds.toFixed(1),
    found.cpuSeconds?.toFixed(1) ?? "–",
  ];
  console.error(row.join("  "));
  return row;
}

async function fitTask(
  task: Pick<InferenceTask, "prior" | "simulate">,
  simulations: number,
  key: Key,
  { quality, verbose }: RunOptions,
): ReturnType<typeof fitNpe> {
  const result = await fitNpe(
    { prior: task.prior(), simulator: { batch: (theta, own) => task.simulate(theta, own) }, simulations },
    { key: key.fold("npe"), auto: { quality }, threads: 1 },
  );
  if (verbose) console.error(result.log.join("\n"));
  return result;
}

/** θ ~ N(0, I) in the plane, x = θ + N(0, ¼I). */
const linearGaussian: Pick<InferenceTask, "name" | "prior" | "simulate"> = {
  name: "linear Gaussian",
  prior: (): Distribution =>
    new MultivariateNormal({
      mean: [0, 0],
      covariance: [
        [1, 0],
        [0, 1],
      ],
    }),
  simulate: ({ shape, data }, key) => {
    const noise = key.normal(data.length);
    return ndArray(
      shape,
      Float64Array.from(data, (value, i) => value + 0.5 * (noise[i] as number)),
    );
  },
};

async function calibrate(task: Pick<InferenceTask, "name" | "prior" | "simulate">, options: RunOptions): Promise<void> {
  const { simulations, runs, draws: count } = CALIBRATION;
  const key = createKey(0).fold(`calibration ${task.name}`);
  const { posterior, seconds } = await fitTask(task, simulations, key, options);
  const truths = sampleRows(task.prior(), key.fold("truths"), runs);
  const observations = task.simulate(truths, key.fold("observations"));
  const drawn = await posteriorDraws(posterior, truths, observations, { key: key.fold("draws"), draws: count });
  const calibration = simulationBasedCalibration(truths, drawn.draws, { key: key.fold("ranks") });
  const coverage = expectedCoverage(drawn.truthLogProb, drawn.drawsLogProb, {
    key: key.fold("coverage"),
    levels: [0.5, 0.9],
  });
  const columns = calibration.columns.map(
    ({ chiSquared, kolmogorovSmirnov: ks }) => `χ² p ${chiSquared.pValue.toFixed(3)}, KS p ${ks.pValue.toFixed(3)}`,
  );
  console.log(
    `${task.name}, ${simulations} simulations, ${seconds.toFixed(1)} s: SBC ${runs} × ${count}, by parameter ` +
      `${columns.join("; ")}; together p ${calibration.pValue.toFixed(3)}. Coverage at 50 % ` +
      `${(100 * (coverage.coverage[0] as number)).toFixed(1)} %, at 90 % ${(100 * (coverage.coverage[1] as number)).toFixed(1)} %, ` +
      `KS p of all levels ${coverage.pValue.toFixed(3)}.`,
  );
  posterior.dispose();
}

function taskNamed(name: string): InferenceTask {
  const found = inferenceTasks.find((task) => task.name === name);
  if (found !== undefined) return found;
  const names = inferenceTasks.map((task) => task.name).join(", ");
  throw new UsageError(`inference: expected --tasks of ${names}, got ${name}.`);
}

/** The numbers of a CSV file with a header. */
function readNumbers(path: string): NdArray {
  const [, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  const rows = lines.map((line) => line.split(",").map(Number));
  const width = rows[0]?.length ?? 0;
  return ndArray([rows.length, width], Float64Array.from(rows.flat()));
}
