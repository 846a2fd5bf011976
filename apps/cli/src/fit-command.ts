import { Command, Option } from "commander";
import pc from "picocolors";
import {
  type AutoEvent,
  type AutoResult,
  type BackendName,
  contextNames,
  contextSize,
  describeBackend,
  type Json,
  logProbRows,
  type Quality,
  standard,
  type TableSchema,
  type TrainEvent,
  tableSchemaToJson,
  useBackend,
} from "pushforward";
import { saveModel } from "pushforward/node";
import { checkTarget } from "./check-target.ts";
import { fitAutoTable } from "./fit-auto.ts";
import { type FittedTable, fitTable, type Part } from "./fit-table.ts";
import { FLOW_NAMES, type FlowName, isChosen, SPLINE_FLOWS } from "./flow-choice.ts";
import { gaussianNll } from "./gaussian-nll.ts";
import { fraction, integer, names, positive, threadCount, widths } from "./options.ts";
import { createProgress, type Progress } from "./progress.ts";
import { readHead, readTable, rereadableSource, type TableSource } from "./read-table.ts";
import { splitRows } from "./split-rows.ts";
import { chooseColumns } from "./table-schema.ts";
import { print } from "./terminal.ts";
import { UsageError, UserError } from "./user-error.ts";

interface FitCommandOptions {
  readonly out: string;
  readonly flow: FlowName;
  readonly quality?: Quality;
  readonly select?: boolean;
  readonly dequantise: boolean;
  readonly kernelBaseline?: boolean;
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
  readonly threads: number | "auto";
  readonly json?: boolean;
}

/** `pushforward fit`: learns the density of a table. */
export function fitCommand(): Command {
  return new Command("fit")
    .description("Learn the density of the numeric columns of a CSV file.")
    .argument("<data.csv>", "the table; - reads standard input")
    .requiredOption("--out <model.safetensors>", "where the model goes")
    .addOption(new Option("--flow <name>", "architecture").choices(FLOW_NAMES).default("auto"))
    .addOption(
      new Option("--quality <name>", "of auto: one flow, a mixture of two or three, or of six").choices([
        "fast",
        "default",
        "best",
      ]),
    )
    .option("--select", "of auto: keep the best flow alone instead of a mixture")
    .option("--no-dequantise", "of auto: learn integers and other steps as they are, without noise")
    .option("--kernel-baseline", "of auto: also measure a kernel density estimate; not with --context")
    .option("--columns <names>", "columns to model, with commas between them (default: all numeric ones)", names)
    .option("--context <names>", "columns to condition on: numbers or categories", names)
    .option("--split-column <name>", "a column that says train, val or test for each row")
    .option("--validation <fraction>", "rows held out for early stopping, where no column says val", fraction, 0.1)
    .addOption(new Option("--missing <what>", "rows with missing values").choices(["error", "drop"]).default("error"))
    .option("--epochs <n>", "most passes over the data", integer(1))
    .option("--patience <n>", "epochs without improvement before it stops", integer(1))
    .option("--batch-size <n>", "rows of a step", integer(1))
    .option("--learning-rate <x>", "first rate; it falls to 0 along a cosine", positive)
    .option("--transforms <n>", "layers of the flow", integer(1))
    .option("--hidden <sizes>", "widths of the networks, for instance 64,64", widths)
    .option("--bins <n>", "bins of a spline", integer(2))
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm"))
    .option("--threads <n>", "threads that train; the same number gives the same model", threadCount, "auto")
    .option("--json", "print one JSON document on standard output, and nothing else")
    .action((file: string, options: FitCommandOptions) => runFit(file, options));
}

async function runFit(file: string, options: FitCommandOptions): Promise<void> {
  if (options.bins !== undefined && !SPLINE_FLOWS.includes(options.flow)) {
    throw new UsageError(`--bins: expected a flow of splines (${SPLINE_FLOWS.join(", ")}), got ${options.flow}.`);
  }
  if (options.flow !== "auto") refuseOptionsOfAuto(options);
  if (options.kernelBaseline && options.context !== undefined) {
    throw new UsageError(
      "--kernel-baseline: expected no --context, got one. The estimate knows no conditional density.",
    );
  }
  await checkTarget(options.out, [file]);
  const quiet = options.json === true;
  const say = (text: string): void => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  const source = await rereadableSource(file);
  const { table, schema, left, texts } = await readChosen(source, options);
  if (table.dropped > 0) say(`${table.dropped} rows with missing values left out`);
  if (left.length > 0) say(`columns left out: ${left.join(", ")}`);
  if (texts.length > 0) {
    say(`a density is one of numbers: to learn the others given a column of texts, add --context ${texts[0]}`);
  }
  const { train, validation, test } = splitRows(
    table,
    schema,
    { column: options.splitColumn, validation: options.validation, seed: options.seed },
    source.name,
  );
  await useBackend(options.backend);
  const given = contextNames(schema);
  say(
    `${rowsOf(train)} training and ${rowsOf(validation)} validation rows of ${schema.columns.join(", ")}` +
      (given.length === 0 ? "" : ` given ${given.join(", ")}`),
  );

  const started = { wall: performance.now(), cpu: process.cpuUsage() };
  const fitted = await withInterrupt(say, (signal) => fitChosen(train, validation, schema, options, signal, say));
  const { flow, parameters, result, auto } = fitted;
  const { dequantised = [], steps = [] } = auto ?? {};
  const integers = dequantised.map((j) => schema.columns[j] as string);
  // Once now, so that nothing that follows can lose it, and once with the figures.
  const save = (fit: { readonly [key: string]: Json }): Promise<void> =>
    saveModel(options.out, flow, standard, {
      metadata: { table: tableSchemaToJson({ ...schema, integers, steps }), fit },
    });
  const about = { stopped: result.reason, epochs: result.epochs, seed: options.seed };
  await save(about);
  for (const j of auto === undefined ? fitted.constantColumns : []) {
    say(`column "${schema.columns[j]}" is constant: its density has no upper bound, and the figures say little`);
  }

  const report = {
    flow: options.flow,
    features: schema.columns.length,
    context: contextSize(schema),
    parameters,
    backend: (await describeBackend()).name,
    epochs: result.epochs,
    bestEpoch: result.bestEpoch ?? null,
    trainNll: meanNll(fitted, train),
    validationNll: meanNll(fitted, validation),
    testNll: test === undefined ? null : meanNll(fitted, test),
    seconds: (performance.now() - started.wall) / 1000,
    cpuSeconds: cpuSecondsSince(started.cpu),
    model: options.out,
    ...(auto && choicesOf(auto, integers)),
  };
  await save({ ...report, ...about });
  if (fitted.diverged !== undefined) {
    throw new UserError(
      `${fitted.diverged.message} The model of epoch ${result.bestEpoch}, the best until then, is in ${options.out}.`,
    );
  }
  if (quiet) {
    await print(`${JSON.stringify(report)}\n`);
    return;
  }
  say(
    `stopped: ${result.reason} after ${result.epochs} epochs, best ${result.bestEpoch ?? "none"}; ${report.seconds.toFixed(1)} s`,
  );
  const held = test === undefined ? "validation" : "test";
  const gaussian = auto === undefined ? gaussianNll(train, test ?? validation) : undefined;
  await print(
    `${pc.bold("negative log-likelihood, nats a row, lower is better")}\n` +
      `  train       ${figure(report.trainNll)}\n` +
      `  validation  ${figure(report.validationNll)}\n` +
      (test === undefined ? "" : `  test        ${figure(report.testNll)}\n`) +
      (gaussian === undefined
        ? ""
        : `  ${pc.dim(`a Gaussian  ${figure(gaussian)} on the ${held} rows${given.length === 0 ? "" : ", without the context"}`)}\n`) +
      `model: ${options.out}\n${nextSteps(file, schema, options)}`,
  );
}

/** Fits what the user chose, or lets `auto` choose, and shows how it goes. */
async function fitChosen(
  train: Part,
  validation: Part,
  schema: TableSchema,
  options: FitCommandOptions,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<FittedTable & { readonly auto?: AutoResult }> {
  const quiet = options.json === true;
  const { flow, seed, epochs, patience, batchSize, learningRate, threads } = options;
  let progress: Progress | undefined;
  const show = (event: TrainEvent): void => {
    if (event.type === "start") progress = createProgress(event.totalSteps, quiet);
    progress?.show(event);
    if (event.type === "stop") progress?.end();
  };
  try {
    if (!isChosen(flow)) {
      const choice = { ...options, flow };
      return await fitTable(train, validation, {
        ...{ choice, seed, epochs, patience, batchSize, learningRate, threads, signal },
        onEvent: show,
      });
    }
    const onEvent = (event: AutoEvent): void => {
      if (event.type === "note") say(event.text);
      else show(event.event);
    };
    return await fitAutoTable(train, validation, schema, { ...options, flow, signal, onEvent });
  } finally {
    progress?.end();
  }
}

/** Options that say nothing to a flow of a fixed form. */
function refuseOptionsOfAuto(options: FitCommandOptions): void {
  const named = [
    ["--quality", options.quality],
    ["--select", options.select],
    ["--kernel-baseline", options.flow === "gmm" ? undefined : options.kernelBaseline],
    ["--no-dequantise", options.dequantise || options.flow === "gmm" ? undefined : true],
  ] as const;
  for (const [name, value] of named) {
    if (value !== undefined) throw new UsageError(`${name}: expected --flow auto, got ${options.flow}.`);
  }
}

/** What `auto` chose, for the report: figures as in the rest of it. */
function choicesOf(auto: AutoResult, integers: readonly string[]): { readonly [key: string]: Json } {
  return {
    members: auto.members.map(({ kind, weight, components, startNll, validationNll, training }) => ({
      ...{ kind, weight, components, startNll: finite(startNll), validationNll: finite(validationNll) },
      epochs: training.epochs,
      bestEpoch: training.bestEpoch ?? null,
    })),
    baselines: Object.fromEntries(Object.entries(auto.baselines).map(([name, nll]) => [name, finite(nll)])),
    dequantised: [...integers],
    log: [...auto.log],
  };
}

/** Reads the columns that are used, so that the others may hold anything. */
async function readChosen(
  source: TableSource,
  options: FitCommandOptions,
): Promise<{
  readonly table: Awaited<ReturnType<typeof readTable>>;
  readonly schema: TableSchema;
  /** Columns that are not used, and those of them that hold texts although the user did not choose columns. */
  readonly left: readonly string[];
  readonly texts: readonly string[];
}> {
  const head = await readHead(source);
  const { context = [], splitColumn } = options;
  const split = splitColumn === undefined ? [] : [splitColumn];
  const notModelled = new Set([...context, ...split]);
  const columns =
    options.columns ?? head.columns.filter((c) => c.kind === "number" && !notModelled.has(c.name)).map((c) => c.name);
  const used = [...new Set([...columns, ...notModelled])];
  const known = used.every((name) => head.columns.some((c) => c.name === name));
  // What is wrong with the choice is said before the file is read.
  if (!known || columns.length === 0) chooseColumns(head, options, source.name);
  const table = await readTable(source, { missing: options.missing, columns: used });
  const { schema } = chooseColumns(table, { context, columns, ...(splitColumn && { splitColumn }) }, source.name);
  const unused = head.columns.filter(({ name }) => !used.includes(name));
  const texts = options.columns === undefined ? unused.filter(({ kind }) => kind !== "number") : [];
  return { table, schema, left: unused.map(({ name }) => name), texts: texts.map(({ name }) => name) };
}

/** The first Ctrl-C stops the fit and keeps the best model so far; the second ends the program. */
async function withInterrupt<T>(say: (text: string) => void, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  // One listener for both: with `once` the second signal could fall between two listeners and be lost.
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    say("\nstopping after this batch; press Ctrl-C again to quit without saving");
  };
  process.on("SIGINT", stop);
  try {
    return await run(controller.signal);
  } finally {
    // What follows can be quit, too.
    if (!controller.signal.aborted) process.removeListener("SIGINT", stop);
  }
}

/** Mean negative log-density; null when it is not finite, which JSON cannot say. */
function meanNll({ flow }: FittedTable, part: Part): number | null {
  const values = logProbRows(flow, part.x, part.context);
  let sum = 0;
  for (const value of values) sum -= value;
  return finite(sum / values.length);
}

/** A number, or null, because JSON has no infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function figure(value: number | null): string {
  return value === null ? "not finite" : value.toFixed(4);
}

function cpuSecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Commands that go on from here, ready to be copied. */
function nextSteps(file: string, schema: TableSchema, options: FitCommandOptions): string {
  const model = quoted(options.out);
  const data = quoted(file);
  const missing = options.missing === "drop" ? " --missing drop" : "";
  const given =
    schema.context.length === 0 ? "" : ` --context contexts.csv  # a file of ${contextNames(schema).join(", ")}`;
  const lines = [`pushforward sample ${model} -n 1000${given}`];
  if (file !== "-") {
    lines.unshift(`pushforward score ${model} ${data}${missing}`);
    lines.push(`pushforward plot ${model} --data ${data}${missing} --out density.svg`);
  }
  return `next:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** A name as a shell takes it. */
function quoted(name: string): string {
  return /^[\w./:@%+,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

function rowsOf(part: Part): number {
  return part.x.shape[0] as number;
}
