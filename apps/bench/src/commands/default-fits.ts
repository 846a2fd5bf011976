import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createKey,
  type FitAutoResult,
  fitAuto,
  logProbRows,
  type NdArray,
  type Quality,
  type ToyDatasetName,
  toyDataset,
  toyDatasetNames,
  useBackend,
} from "pushforward";
import { UsageError } from "../options.ts";
import { readSplit } from "./table-fits.ts";

/** Training points of a toy set, and points to judge by. */
const TOY_ROWS = 10_000;
const TOY_TEST_ROWS = 50_000;

/**
 * Lets `fitAuto` learn the tables of a folder (CSV files with a `split` column), standardized with their training rows, and
 * toy sets with known entropy. Prints one JSON line a fit: test NLL in nats per row, baselines, members, processor seconds.
 *
 * Arguments: FOLDER [--tables a,b] [--toys a,b] [--seeds 0,1,2] [--quality default] [--backend wasm] [--verbose]
 */
export async function defaultFits(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tables: { type: "string", default: "power-plant,kin8nm,protein" },
      toys: { type: "string", default: "" },
      seeds: { type: "string", default: "0" },
      quality: { type: "string", default: "default" },
      backend: { type: "string", default: "wasm" },
      threads: { type: "string", default: "1" },
      verbose: { type: "boolean", default: false },
    },
  });
  const [folder] = positionals;
  const tables = folder === undefined ? [] : namesIn(values.tables);
  const toys = values.toys === "all" ? toyDatasetNames : (namesIn(values.toys) as ToyDatasetName[]);
  if (tables.length + toys.length === 0) throw new UsageError("defaults: expected a folder or --toys, got neither.");
  await useBackend(values.backend as "wasm" | "cpu");
  for (const seed of namesIn(values.seeds).map(Number)) {
    const run = async (name: string, train: NdArray, validation: NdArray | undefined, test: NdArray): Promise<void> => {
      const result = await fitAuto(
        { x: train },
        {
          key: createKey(seed),
          quality: values.quality as Quality,
          threads: Number(values.threads),
          ...(validation && { validation: { x: validation } }),
        },
      );
      if (values.verbose) console.error(result.log.join("\n"));
      console.log(JSON.stringify({ set: name, seed, ...figuresOf(result, test), ...entropyOf(name, test) }));
      result.model.dispose();
    };
    for (const name of tables) {
      const { train, val, test } = await readSplit(join(folder as string, `${name}.csv`));
      await run(name, train, val, test);
    }
    for (const name of toys) {
      const [trainKey, testKey] = createKey(1000 + seed).split(2);
      await run(
        name,
        toyDataset(name).sample(trainKey, TOY_ROWS),
        undefined,
        toyDataset(name).sample(testKey, TOY_TEST_ROWS),
      );
    }
  }
}

function figuresOf(
  { model, members, baselines, validationNll, seconds, cpuSeconds }: FitAutoResult,
  test: NdArray,
): object {
  const start = Math.min(...members.map(({ startNll }) => startNll));
  return {
    testNll: round(meanNll(logProbRows(model, test))),
    validationNll: round(validationNll),
    startNll: round(start),
    ...{ gaussian: round(baselines.gaussian), mixture: round(baselines.mixture) },
    members: members.map(({ kind, weight, components, validationNll: nll, training }) => ({
      ...{ kind, components, weight: round(weight), validationNll: round(nll) },
      epochs: `${training.bestEpoch} of ${training.epochs}`,
      seconds: round(training.seconds),
    })),
    seconds: round(seconds),
    cpuSeconds: round(cpuSeconds ?? Number.NaN),
  };
}

/** Mean of −log p over the same points: the entropy with its sampling error. */
function entropyOf(name: string, test: NdArray): object {
  if (!(toyDatasetNames as readonly string[]).includes(name)) return {};
  const { logProb } = toyDataset(name as ToyDatasetName);
  return logProb === undefined ? {} : { exact: round(meanNll(logProb(test))) };
}

function meanNll(logProb: Float64Array): number {
  return logProb.reduce((sum, value) => sum - value, 0) / logProb.length;
}

function round(value: number): number {
  return Number(value.toFixed(4));
}

function namesIn(list: string): string[] {
  return list.split(",").filter((name) => name !== "");
}
