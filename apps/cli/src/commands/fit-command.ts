import { Command, Option } from "commander";
import {
  type AutoEvent,
  type AutoResult,
  type BackendName,
  type Json,
  type Quality,
  standardRegistry,
  type TrainEvent,
  useBackend,
} from "pushforward";
import {
  contextNames,
  nonNegativeColumns,
  type SplitRows,
  splitRows,
  type TableRows,
  type TableSchema,
  tableRows,
  tableSchemaToJson,
} from "pushforward/extend";
import { saveModel } from "pushforward/node";
import { UsageError, UserError } from "../errors/user-error.ts";
import { checkPrecision } from "../fit/check-precision.ts";
import { fitAutoTable } from "../fit/fit-auto.ts";
import { type FinishedFit, type FitReport, nextSteps, reportLines, reportOf } from "../fit/fit-report.ts";
import { type FittedTable, fitTable } from "../fit/fit-table.ts";
import { FLOW_NAMES, type FlowName, isChosen, SPLINE_FLOWS } from "../fit/flow-choice.ts";
import { createProgress, type Progress } from "../fit/progress.ts";
import { withInterrupt } from "../fit/with-interrupt.ts";
import { fraction, integer, names, path, positive, threadCount, widths } from "../options/options.ts";
import { addReadOptions, type ReadOptions } from "../options/read-options.ts";
import { forceOption, requireOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { quoted } from "../output/quoted.ts";
import { shortList } from "../output/short-list.ts";
import { print, printLines, say } from "../output/terminal.ts";
import { type ChosenTable, readChosen } from "../reading/read-chosen.ts";
import { droppedNote, rereadableSource } from "../reading/read-table.ts";

interface FitCommandOptions extends ReadOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly flow: FlowName;
  readonly quality?: Quality;
  readonly select?: boolean;
  readonly dequantize: boolean;
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

/** Sizes beyond which a mistake is more likely than a model. */
const MAX_TRANSFORMS = 1000;
const MAX_BINS = 1000;

/** `pushforward fit`: learns the density of a table. */
export function fitCommand(): Command {
  const command = new Command("fit")
    .description("Learn the density of the numeric columns of a CSV file.")
    .argument("<data.csv>", "the table; - reads standard input", path)
    .usage("<data.csv> --out <model.safetensors> [options]");
  requireOption(command, new Option("--out <model.safetensors>", "where the model goes"));
  command
    .addOption(forceOption())
    .addOption(new Option("--flow <name>", "architecture").choices(FLOW_NAMES).default("auto"))
    .addOption(
      new Option("--quality <name>", "of auto: one flow, a mixture of two or three, or of six").choices([
        "fast",
        "default",
        "best",
      ]),
    )
    .option("--select", "of auto: keep the best flow alone instead of a mixture")
    .option("--no-dequantize", "of auto: learn integers and other steps as they are, without noise")
    .option("--kernel-baseline", "of auto: also measure a kernel density estimate; not with --context")
    .option("--columns <names>", "columns to model, with commas between them (default: all numeric ones)", names)
    .option("--context <names>", "columns to condition on: numbers or categories", names)
    .option("--split-column <name>", "a column that says train, val or test for each row")
    .option("--validation <fraction>", "rows held out for early stopping, where no column says val", fraction, 0.1);
  return addReadOptions(command)
    .option("--epochs <n>", "maximum number of epochs", integer(1))
    .option("--patience <n>", "epochs without improvement before it stops", integer(1))
    .option("--batch-size <n>", "batch size", integer(1))
    .option("--learning-rate <x>", "initial learning rate (cosine decay to 0)", positive)
    .option("--transforms <n>", "layers of the flow", integer(1, MAX_TRANSFORMS))
    .option("--hidden <sizes>", "widths of the networks, for instance 64,64", widths)
    .option("--bins <n>", "bins of a spline", integer(2, MAX_BINS))
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--threads <n>", "threads that train; the same number gives the same model", threadCount, "auto")
    .option("--json", "print one JSON document on standard output, and nothing else")
    .action((file: string, options: FitCommandOptions) => runFit(file, options));
}

async function runFit(file: string, options: FitCommandOptions): Promise<void> {
  checkOptions(options);
  const { out, force, seed } = options;
  const isReplaced = await checkTarget({ path: out, inputs: [file], replaces: "model", force });
  const voice = new Voice(options.json === true);
  const source = await rereadableSource(file, options);
  const chosen = await readChosen(source, options);
  const { table, schema } = chosen;
  tellOfColumns(chosen, voice);
  checkPrecision(table, [...schema.columns, ...contextNames(schema)], source.name);
  const rows = tableRows(table, schema, source.name);
  const parts = splitRows(
    table,
    rows,
    { column: options.splitColumn, validation: options.validation, seed },
    source.name,
  );
  await useBackend(options.backend);
  const given = contextNames(schema);
  voice.tell(
    `${rowsOf(parts.train)} training and ${rowsOf(parts.validation)} validation rows of ${shortList(schema.columns)}` +
      (given.length === 0 ? "" : ` given ${shortList(given)}`),
  );

  const started = { wall: performance.now(), cpu: process.cpuUsage() };
  const fitted = await withInterrupt(voice.quiet, (signal) => fitChosen(parts, schema, options, signal, voice));
  const { flow, result, auto } = fitted;
  const learned = withGrids(schema, auto);
  const about = {
    stopped: result.reason,
    epochs: result.epochs,
    seed,
    nonNegative: nonNegativeColumns(parts.train.x, schema),
  };
  // Once now, so that nothing that follows can lose it, and once with the figures.
  const save = (fit: { readonly [key: string]: Json }): Promise<void> =>
    saveModel(out, flow, standardRegistry, { metadata: { table: tableSchemaToJson(learned), fit } });
  await save(about);
  for (const j of auto === undefined ? fitted.constantColumns : []) {
    voice.notice(
      `column "${schema.columns[j]}" is constant: its density is unbounded, so the reported likelihoods are not meaningful`,
    );
  }
  const finished: FinishedFit = {
    ...{ fitted, parts, schema: learned, flow: options.flow, model: out, notices: voice.notices },
    seconds: (performance.now() - started.wall) / 1000,
    cpuSeconds: cpuSecondsSince(started.cpu),
  };
  const report = await reportOf(finished);
  await save({ ...report, ...about });
  if (fitted.diverged !== undefined) {
    throw new UserError(
      `${fitted.diverged.message} The model of epoch ${result.bestEpoch}, the best until then, is in ${out}.`,
    );
  }
  if (voice.quiet) await print(`${JSON.stringify(report)}\n`);
  else
    await tellOfFit(finished, report, [`model: ${written(out, isReplaced)}`, ...nextSteps(file, out, schema, options)]);
}

/** The results for a reader. */
async function tellOfFit(finished: FinishedFit, report: FitReport, last: readonly string[]): Promise<void> {
  const { reason, epochs, bestEpoch } = finished.fitted.result;
  say(`stopped: ${reason} after ${epochs} epochs, best ${bestEpoch ?? "none"}; ${report.seconds.toFixed(1)} s`);
  await printLines([...reportLines(finished, report), ...last]);
}

/** What is told while a model is fitted. With `--json` only notices and warnings are, and the document holds them, too. */
class Voice {
  readonly quiet: boolean;
  readonly notices: string[] = [];

  constructor(quiet: boolean) {
    this.quiet = quiet;
  }

  tell(text: string): void {
    if (!this.quiet) say(text);
  }

  notice(text: string): void {
    this.notices.push(text);
    say(text);
  }
}

function checkOptions(options: FitCommandOptions): void {
  if (options.bins !== undefined && !SPLINE_FLOWS.includes(options.flow)) {
    throw new UsageError(`--bins: expected a flow of splines (${SPLINE_FLOWS.join(", ")}), got ${options.flow}.`);
  }
  if (options.flow !== "auto") refuseOptionsOfAuto(options);
  if (options.kernelBaseline && options.context !== undefined) {
    throw new UsageError(
      "--kernel-baseline: expected no --context, got one. The estimate knows no conditional density.",
    );
  }
}

function tellOfColumns({ table, left, index, suggestion }: ChosenTable, voice: Voice): void {
  const dropped = droppedNote(table.rows, table);
  if (dropped !== undefined) voice.notice(dropped);
  if (index !== undefined) {
    voice.notice(
      `column "${index}" counts the rows, as an index does, and is left out; name it in --columns to learn it`,
    );
  }
  if (left.length > 0) voice.tell(`columns left out: ${shortList(left)}`);
  if (suggestion !== undefined) {
    voice.tell(
      `texts have no density; to learn the density given a column of categories, add --context ${quoted(csvName(suggestion))}`,
    );
  }
}

/** A name as `--context` and `--columns` take it. */
function csvName(name: string): string {
  return /[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** The schema with the columns that were learned with noise. */
function withGrids(schema: TableSchema, auto: AutoResult | undefined): TableSchema {
  const { dequantized = [], steps = [] } = auto ?? {};
  return { ...schema, integers: dequantized.map((j) => schema.columns[j] as string), steps };
}

/** Fits what the user chose, or lets `auto` choose, and shows how it goes. */
async function fitChosen(
  { train, validation }: SplitRows,
  schema: TableSchema,
  options: FitCommandOptions,
  signal: AbortSignal,
  voice: Voice,
): Promise<FittedTable & { readonly auto?: AutoResult }> {
  const { flow, seed, epochs, patience, batchSize, learningRate, threads } = options;
  let progress: Progress | undefined;
  const show = (event: TrainEvent): void => {
    if (event.type === "start") progress = createProgress(event.totalSteps, voice.quiet);
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
      if (event.type === "note") voice.tell(event.text);
      else if (event.type === "warning") say(`warning: ${event.text} ${event.remedy}`);
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
    ["--no-dequantize", options.dequantize || options.flow === "gmm" ? undefined : true],
  ] as const;
  for (const [name, value] of named) {
    if (value !== undefined) throw new UsageError(`${name}: expected --flow auto, got ${options.flow}.`);
  }
}

function cpuSecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function rowsOf(part: TableRows): number {
  return part.x.shape[0] as number;
}
