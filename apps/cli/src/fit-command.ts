import { Command, Option } from "commander";
import pc from "picocolors";
import { type BackendName, describeBackend, logProbRows, standard, useBackend } from "pushforward";
import { saveModel } from "pushforward/node";
import { type FittedTable, fitTable, type Part } from "./fit-table.ts";
import { FLOW_NAMES, type FlowName } from "./flow-choice.ts";
import { gaussianNll } from "./gaussian-nll.ts";
import { fraction, integer, names, positive, widths } from "./options.ts";
import { createProgress, type Progress } from "./progress.ts";
import { readTable } from "./read-table.ts";
import { splitRows } from "./split-rows.ts";
import { chooseColumns, contextSize, schemaToJson } from "./table-schema.ts";

interface FitCommandOptions {
  readonly out: string;
  readonly flow: FlowName;
  readonly columns?: readonly string[];
  readonly context?: readonly string[];
  readonly splitColumn?: string;
  readonly validation: number;
  readonly missing: "error" | "drop";
  readonly epochs?: number;
  readonly patience?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly transforms?: number;
  readonly hidden?: readonly number[];
  readonly bins?: number;
  readonly seed: number;
  readonly backend: BackendName;
  readonly json?: boolean;
}

/** `pushforward fit`: learns the density of a table. */
export function fitCommand(): Command {
  return new Command("fit")
    .description("Learn the density of the numeric columns of a CSV file.")
    .argument("<data.csv>", "the table; - reads standard input")
    .requiredOption("--out <model.safetensors>", "where the model goes")
    .addOption(new Option("--flow <name>", "architecture").choices(FLOW_NAMES).default("auto"))
    .option("--columns <names>", "columns to model, with commas between them (default: all numeric ones)", names)
    .option("--context <names>", "columns to condition on: numbers or categories", names)
    .option("--split-column <name>", "a column that says train, val or test for each row")
    .option("--validation <fraction>", "rows held out for early stopping", fraction, 0.1)
    .addOption(new Option("--missing <what>", "rows with missing values").choices(["error", "drop"]).default("error"))
    .option("--epochs <n>", "most passes over the data", integer(1))
    .option("--patience <n>", "epochs without improvement before it stops", integer(1))
    .option("--batch-size <n>", "rows of a step", integer(1))
    .option("--learning-rate <x>", "first rate; it falls to 0 along a cosine", positive)
    .option("--transforms <n>", "layers of the flow", integer(1))
    .option("--hidden <sizes>", "widths of the networks, for instance 64,64", widths)
    .option("--bins <n>", "bins of a spline", integer(1))
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print one JSON document on standard output, and nothing else")
    .action((file: string, options: FitCommandOptions) => runFit(file, options));
}

async function runFit(file: string, options: FitCommandOptions): Promise<void> {
  const quiet = options.json === true;
  const say = (text: string): void => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  const wanted = wantedColumns(options);
  const table = await readTable(file, {
    missing: options.missing,
    ...(wanted === undefined ? {} : { columns: wanted }),
  });
  const { schema, left } = chooseColumns(table, options, file);
  if (table.dropped > 0) say(`${table.dropped} rows with missing values left out`);
  if (left.length > 0) say(`columns left out: ${left.join(", ")}`);
  const split =
    options.splitColumn === undefined
      ? { validation: options.validation, seed: options.seed }
      : { column: options.splitColumn };
  const { train, validation, test } = splitRows(table, schema, split, file);
  await useBackend(options.backend);
  say(
    `${rowsOf(train)} training and ${rowsOf(validation)} validation rows of ${schema.columns.join(", ")}` +
      (schema.context.length === 0 ? "" : ` given ${schema.context.map((c) => c.name).join(", ")}`),
  );

  const started = { wall: performance.now(), cpu: process.cpuUsage() };
  const fitted = await withInterrupt(say, (signal) => {
    let progress: Progress | undefined;
    return fitTable(train, validation, {
      choice: options,
      seed: options.seed,
      epochs: options.epochs,
      patience: options.patience,
      batchSize: options.batchSize,
      learningRate: options.learningRate,
      signal,
      onEvent: (event) => {
        if (event.type === "start") progress = createProgress(event.totalSteps, quiet);
        progress?.show(event);
        if (event.type === "stop") progress?.end();
      },
    });
  });
  const cpu = process.cpuUsage(started.cpu);
  for (const j of fitted.constantColumns) say(`column "${schema.columns[j]}" is constant: its scale is 1`);

  const report = {
    flow: options.flow === "auto" ? "nsf" : options.flow,
    features: schema.columns.length,
    context: contextSize(schema),
    parameters: fitted.parameters,
    backend: (await describeBackend()).name,
    epochs: fitted.result.epochs,
    bestEpoch: fitted.result.bestEpoch ?? null,
    trainNll: meanNll(fitted, train),
    validationNll: meanNll(fitted, validation),
    testNll: test === undefined ? null : meanNll(fitted, test),
    seconds: (performance.now() - started.wall) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    model: options.out,
  };
  await saveModel(options.out, fitted.flow, standard, {
    metadata: { table: schemaToJson(schema), fit: { ...report, stopped: fitted.result.reason, seed: options.seed } },
  });
  if (quiet) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const held = test ?? validation;
  const gaussian = gaussianNll(train, held);
  say(
    `stopped: ${fitted.result.reason} after ${report.epochs} epochs, best ${report.bestEpoch ?? "none"}; ` +
      `${report.seconds.toFixed(1)} s`,
  );
  process.stdout.write(
    `${pc.bold("negative log-likelihood, nats a row, lower is better")}\n` +
      `  train       ${report.trainNll.toFixed(4)}\n` +
      `  validation  ${report.validationNll.toFixed(4)}\n` +
      (report.testNll === null ? "" : `  test        ${report.testNll.toFixed(4)}\n`) +
      (gaussian === undefined
        ? ""
        : `  ${pc.dim(`a Gaussian  ${gaussian.toFixed(4)} on the ${test === undefined ? "validation" : "test"} rows`)}\n`) +
      `model: ${options.out}\n` +
      `next: pushforward score ${options.out} ${file} | pushforward sample ${options.out} -n 1000 | pushforward plot ${options.out} --data ${file} --out density.svg\n`,
  );
}

/** The columns that must be read, when the user has named them all; otherwise everything is. */
function wantedColumns(options: FitCommandOptions): readonly string[] | undefined {
  if (options.columns === undefined) return undefined;
  const split = options.splitColumn === undefined ? [] : [options.splitColumn];
  return [...new Set([...options.columns, ...(options.context ?? []), ...split])];
}

/** The first Ctrl-C stops the fit and keeps the best model so far; the second ends the program. */
async function withInterrupt<T>(say: (text: string) => void, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    say("\nstopping after this batch; press Ctrl-C again to quit without saving");
    controller.abort();
    process.once("SIGINT", () => process.exit(130));
  };
  process.once("SIGINT", stop);
  try {
    return await run(controller.signal);
  } finally {
    process.removeListener("SIGINT", stop);
  }
}

function meanNll(fitted: FittedTable, part: Part): number {
  const values = logProbRows(fitted.flow, part.x, part.context);
  let sum = 0;
  for (const value of values) sum -= value;
  return sum / values.length;
}

function rowsOf(part: Part): number {
  return part.x.shape[0] as number;
}
