import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { takeTableRows } from "@pushforward/datasets/extend";
import { readCsv } from "@pushforward/datasets/node";
import { meanNll } from "@pushforward/tables/extend";
import {
  type ArchitectureName,
  columnStatistics,
  cosineSchedule,
  createFlow,
  createKey,
  type NdArray,
  selectColumns,
  standardize,
  type Table,
  trainEvents,
  useBackend,
} from "pushforward";

/** Results of a different library on the same split, in standardized space. */
interface Reference {
  readonly sets: Record<string, Record<string, { test_mean: number; test_sd: number; epochs: number; cpu_s: number }>>;
}

/**
 * Fits architectures, MAF and NSF by default, to tables with a `split` column, in the protocol of the folder's
 * reference.json: 5 affine or 3 spline transforms of (64, 64), Adam 1e-3 with a cosine, batches of 256, the best validation
 * weights. Prints one JSON line a fit: test NLL in nats per row in standardized space, processor and wall seconds an epoch.
 *
 * Arguments: FOLDER [table,table] [model,model] [seed,seed] [backend]
 */
export async function tableFits(args: readonly string[]): Promise<void> {
  const [folder = ".", tables = "power-plant,kin8nm,protein", models = "maf,nsf", seeds = "0,1,2", backend = "wasm"] =
    args;
  await useBackend(backend as "wasm" | "cpu");
  const referenceFile = join(folder, "reference.json");
  const reference = existsSync(referenceFile)
    ? (JSON.parse(readFileSync(referenceFile, "utf8")) as Reference)
    : undefined;
  for (const name of tables.split(",")) {
    const { train, val, test } = await readSplit(join(folder, `${name}.csv`));
    for (const model of models.split(",") as ArchitectureName[]) {
      const target = reference?.sets[name]?.[model.toUpperCase()];
      for (const seed of seeds.split(",").map(Number)) {
        const result = await fitOnce(model, seed, train, val, test, target?.epochs ?? 100);
        console.log(
          JSON.stringify({
            table: name,
            model,
            seed,
            ...result,
            reference: target?.test_mean,
            referenceSd: target?.test_sd,
            referenceCpuSeconds: target?.cpu_s,
          }),
        );
      }
    }
  }
}

async function fitOnce(
  model: ArchitectureName,
  seed: number,
  train: NdArray,
  val: NdArray,
  test: NdArray,
  epochs: number,
): Promise<object> {
  const [initKey, fitKey] = createKey(seed).split(2);
  const features = train.shape[1] as number;
  const flow = createFlow(model, { features, context: undefined, key: initKey });
  const events = trainEvents(flow, train, {
    key: fitKey,
    validation: val,
    maxEpochs: epochs,
    patience: epochs,
    batchSize: 256,
    learningRate: cosineSchedule({ learningRate: 1e-3 }),
  });
  for await (const event of events) {
    if (event.type !== "stop") continue;
    const result = {
      testNll: meanNll(flow, { x: test }),
      validationNll: event.bestValidationLoss,
      bestEpoch: event.bestEpoch,
      epochs: event.epochs,
      secondsPerEpoch: event.seconds / event.epochs,
      cpuSecondsPerEpoch: (event.cpuSeconds ?? Number.NaN) / event.epochs,
      cpuSeconds: event.cpuSeconds,
    };
    flow.dispose();
    return result;
  }
  throw new Error("the fit ended without a stop event");
}

/** The parts of a table, standardized with the mean and the population standard deviation of its training rows. */
export async function readSplit(path: string): Promise<{ train: NdArray; val: NdArray; test: NdArray }> {
  const rows: Record<string, number[]> = { train: [], val: [], test: [] };
  let whole: Table | undefined;
  for await (const chunk of readCsv(path, { chunkRows: 1_000_000 })) {
    if (whole !== undefined) throw new Error(`${path}: expected at most a million rows`);
    whole = chunk;
  }
  if (whole === undefined) throw new Error(`${path}: no rows`);
  const table = whole;
  const split = table.columns.find((column) => column.name === "split");
  for (let i = 0; i < table.rows; i++) rows[String(split?.values[i])]?.push(i);
  const names = table.columns.filter((column) => column.kind === "number").map((column) => column.name);
  const part = (which: string): NdArray => selectColumns(takeTableRows(table, rows[which] ?? []), names);
  const statistics = columnStatistics(part("train"));
  const scaled = (which: string): NdArray => standardize(part(which), statistics);
  return { train: scaled("train"), val: scaled("val"), test: scaled("test") };
}
