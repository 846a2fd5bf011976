import type { MemberTrainer } from "@pushforward/auto/extend";
import { cpuSeconds } from "@pushforward/core/plain";
import { ANOMALIES, numberTable } from "@pushforward/questions/extend";
import {
  contextNames,
  nonNegativeColumns,
  type SplitRows,
  splitRowIndices,
  splitRows,
  type TableRows,
  type TableSchema,
  tableRows,
  tableSchemaToJson,
} from "@pushforward/tables/extend";
import {
  type AnomalyScore,
  type AutoEvent,
  type AutoOptions,
  type AutoResult,
  type Json,
  standardRegistry,
  type TrainEvent,
} from "pushforward";
import { saveModel } from "pushforward/node";
import { UserError } from "../errors/user-error.ts";
import { withMemberQueue } from "../members/with-member-queue.ts";
import { written } from "../output/check-target.ts";
import { print, printLines, say } from "../output/terminal.ts";
import { shortList } from "../output/words.ts";
import type { ChosenTable } from "../reading/read-chosen.ts";
import { located, programIo, stoppable } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";
import { checkPrecision } from "./check-precision.ts";
import { fitAutoTable } from "./fit-auto.ts";
import type { FitCommandOptions } from "./fit-command-options.ts";
import type { FitJob } from "./fit-job.ts";
import { type FinishedFit, type FitReport, nextSteps, reportLines, reportOf } from "./fit-report.ts";
import { type FittedTable, fitTable } from "./fit-table.ts";
import { type FlowName, isChosen } from "./flow-names.ts";
import type { LargeTable } from "./large-table.ts";
import { learnAnomalies } from "./learn-anomalies.ts";
import { createProgress, type Progress } from "./progress.ts";
import { endIfStopped, orSave, stopAfterBatch, untilStopped } from "./stop.ts";
import { type StreamedRows, streamRows, type TableStream } from "./stream-rows.ts";
import type { Voice } from "./voice.ts";

/** A fit of a flow. */
interface FlowJob extends FitJob {
  readonly flow: FlowName;
  readonly large?: LargeTable | undefined;
}

/** Learns the density of numeric columns with a flow, here or by workers. */
export async function runFlow(job: FlowJob, chosen: Pick<ChosenTable, "table" | "schema">): Promise<void> {
  const { options, voice } = job;
  if (options.redis === undefined) await stoppable(() => learnFlow(job, chosen, undefined));
  else await withMemberQueue(options, voice, (memberTrainer) => learnFlow(job, chosen, memberTrainer));
}

async function learnFlow(
  job: FlowJob,
  { table, schema }: Pick<ChosenTable, "table" | "schema">,
  memberTrainer: MemberTrainer | undefined,
): Promise<void> {
  const { file, source, options, voice, isReplaced, flow: name } = job;
  const { out, seed } = options;
  checkPrecision(table, [...schema.columns, ...contextNames(schema)], source);
  const split = { column: options.splitColumn, validation: options.validation, seed };
  const parts = splitRows(table, tableRows(table, schema, source), split, source);
  await startBackend(options.backend);
  const given = contextNames(schema);
  voice.tell(
    `${rowsOf(parts.train)} training and ${rowsOf(parts.validation)} validation rows of ${shortList(schema.columns)}` +
      (given.length === 0 ? "" : ` given ${shortList(given)}`),
  );

  const started = { wall: performance.now(), cpu: cpuSeconds() ?? 0 };
  const streamed = isStreamed(job) ? await streamOf(job.large, table, schema, options, voice) : undefined;
  const choice = { ...options, flow: name, memberTrainer, ...(streamed && streamedOptions(streamed, options)) };
  const run = (signal?: AbortSignal) => fitChosen(parts, schema, choice, signal, voice);
  const interruptible = memberTrainer === undefined ? stopAfterBatch(voice.quiet, run) : untilStopped(run);
  const fitted = await interruptible.finally(() => streamed?.close());
  endIfStopped(options);
  const { flow, result, auto } = fitted;
  const reason = programIo().signal.aborted ? "aborted" : result.reason;
  const learned = withGrids(schema, auto);
  const about = {
    stopped: reason,
    epochs: result.epochs,
    seed,
    nonNegative: nonNegativeColumns(parts.train.x, schema),
  };
  let anomalies: AnomalyScore | undefined;
  const save = (fit: { readonly [key: string]: Json }): Promise<void> =>
    saveModel(located(out), flow, standardRegistry, {
      metadata: { table: tableSchemaToJson(learned), fit },
      companions: anomalies && { [ANOMALIES]: anomalies },
    });
  if (reason !== "aborted") {
    const { columns } = schema;
    anomalies = await orSave(
      () => learnAnomalies({ table: numberTable(parts.train.x, columns), columns }, options, voice),
      () => save(about),
    );
    endIfStopped(options);
  }
  for (const j of auto === undefined ? fitted.constantColumns : []) {
    voice.notice(
      `column "${schema.columns[j]}" is constant: its density is unbounded, so the reported likelihoods are not meaningful`,
    );
  }
  for (const j of fitted.farColumns ?? []) {
    voice.notice(
      `column "${schema.columns[j]}" has values far from all others: it is learned on a scale that bends far out`,
    );
  }
  const finished: FinishedFit = {
    ...{ fitted, parts, schema: learned, flow: name, model: out, notices: voice.notices },
    seconds: (performance.now() - started.wall) / 1000,
    cpuSeconds: (cpuSeconds() ?? 0) - started.cpu,
  };
  const report = await orSave(
    () => reportOf(finished),
    () => save(about),
  );
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

type StreamedJob = FitJob & { readonly large: LargeTable };

/** Whether there are layers, which are trained on all rows of a large table; a mixture alone learns from its sample. */
function isStreamed(job: FlowJob): job is StreamedJob & { readonly flow: FlowName } {
  return job.large !== undefined && job.flow !== "gmm";
}

/** All training rows of a large table but those of its sample that are held out. */
async function streamOf(
  large: LargeTable,
  sample: ChosenTable["table"],
  schema: TableSchema,
  { out, missing, splitColumn, validation, seed }: FitCommandOptions,
  voice: Voice,
): Promise<StreamedRows> {
  const split = splitRowIndices(sample, { column: splitColumn, validation, seed });
  const heldOut = new Set(Array.from(split.validation, (i) => sample.rowNumbers[i] as number));
  return await streamRows(large, schema, { out, missing, splitColumn, seed, heldOut }, voice);
}

/** Rows of a step of a stream: of so many rows, small steps would only cost time. */
const STREAM_BATCH = 512;
/** Rows that training sees, at least: of fewer rows it takes more passes. */
const LEAST_SEEN = 2 ** 22;

/** Epochs of a user are passes over the rows, of which each takes several epochs of the stream. */
function streamedOptions({ stream, rows, epochs }: StreamedRows, options: FitCommandOptions) {
  const { epochs: passes = Math.ceil(LEAST_SEEN / rows), batchSize = STREAM_BATCH } = options;
  return { stream, epochs: passes * epochs, batchSize };
}

/** The results for a reader. */
async function tellOfFit(finished: FinishedFit, report: FitReport, last: readonly string[]): Promise<void> {
  const { reason, epochs, bestEpoch } = finished.fitted.result;
  say(`stopped: ${reason} after ${epochs} epochs, best ${bestEpoch ?? "none"}; ${report.seconds.toFixed(1)} s`);
  await printLines([...reportLines(finished, report), ...last]);
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
  options: FitCommandOptions &
    Pick<AutoOptions, "memberTrainer"> & { readonly flow: FlowName; readonly stream?: TableStream },
  signal: AbortSignal | undefined,
  voice: Voice,
): Promise<FittedTable & { readonly auto?: AutoResult }> {
  const { flow, seed, epochs, patience, batchSize, learningRate, threads, stream } = options;
  let progress: Progress | undefined;
  const show = (event: TrainEvent): void => {
    if (event.type === "start") progress = createProgress(event.totalSteps, !voice.showsProgress);
    progress?.show(event);
    if (event.type === "stop") progress?.end();
  };
  try {
    if (!isChosen(flow)) {
      const choice = { ...options, flow };
      return await fitTable(train, validation, {
        ...{ choice, stream, seed, epochs, patience, batchSize, learningRate, threads, signal },
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

function rowsOf(part: TableRows): number {
  return part.x.shape[0] as number;
}
