import { cpuSeconds } from "@pushforward/core/plain";
import { ANOMALIES } from "@pushforward/questions/extend";
import { saveModel } from "@pushforward/serialization/node";
import type { TableModel } from "@pushforward/tables";
import { describeMeasure } from "@pushforward/tables/extend";
import {
  type AnomalyScore,
  createKey,
  DataError,
  describeBackend,
  fitAnomalyScore,
  type Json,
  parameterCount,
  standardRegistry,
  type Table,
} from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { quoted } from "../options/options.ts";
import { dataFlags, layoutFlags, type QueryOptions, type ReadOptions, readFlags } from "../options/read-options.ts";
import { written } from "../output/check-target.ts";
import { colorsOf, type Line, print, printLines, say } from "../output/terminal.ts";
import { located, programIo } from "../run/program-io.ts";
import type { FitCommandOptions } from "./fit-command-options.ts";
import { endIfStopped, orSave, stopAfterBatch } from "./stop.ts";
import type { Voice } from "./tell-of-columns.ts";

/** A fit that has begun. */
export interface FitJob {
  readonly file: string;
  /** Name of the table, for messages. */
  readonly source: string;
  readonly options: FitCommandOptions;
  readonly voice: Voice;
  readonly isReplaced: boolean;
}

/** The results of a fit; all negative log-likelihoods are in nats per row, in the units of the file. */
export interface FitReport {
  readonly [key: string]: Json;
  readonly trainNll: number | null;
  readonly validationNll: number | null;
  readonly testNll: number | null;
  readonly seconds: number;
}

/** Report values that only the fitter knows. */
interface FitFigures {
  /** Name of the kind of model. */
  readonly flow: string;
  readonly features: number;
  readonly context: number;
  readonly epochs: number;
  readonly bestEpoch: number | null;
  readonly trainNll: number | null;
  readonly validationNll: number | null;
  readonly testNll: number | null;
  readonly others: { readonly [key: string]: Json };
}

/** Result of a fitter. */
export interface Fitted {
  readonly model: TableModel;
  /** Why the fit ended. */
  readonly reason: string;
  /** Length of the training, for the line with the stop reason. */
  readonly length?: string | undefined;
  /** Fit metadata in the file, with or without the report. */
  readonly about: { readonly [key: string]: Json };
  /** Training rows in the form that the anomaly score needs. */
  readonly training: LearnedColumns;
  /**
   * Log-densities of rows that the model was not fitted to; empty if there are none.
   *
   * @param rows some of these rows, by their places in the table. Default: all.
   */
  heldOutLogProb(rows?: ArrayLike<number>): Float64Array;
  readonly notices: readonly string[];
  /** `true` if the model file stores the formats of numbers and missing cells. */
  readonly knowsFormats: boolean;
  figures(): FitFigures;
  lines(report: FitReport): Line[];
  /** Cause of an early stop; the model is the best one until then. */
  readonly failure?: string | undefined;
  /** Removes the files kept for a resumed fit. */
  end?(): Promise<void>;
}

/** Fits a model, learns which rows are anomalous, saves both and reports. */
export async function fitModel(
  { file, options, voice, isReplaced }: FitJob,
  fit: () => Promise<Fitted>,
): Promise<void> {
  const { out } = options;
  const started = { wall: performance.now(), cpu: cpuSeconds() ?? 0 };
  const fitted = await fit();
  endIfStopped(options);
  const reason = programIo().signal.aborted ? "aborted" : fitted.reason;
  const noted = { stopped: reason, ...fitted.about };
  let anomalies: AnomalyScore | undefined;
  const save = (fields: { readonly [key: string]: Json }): Promise<void> =>
    saveModel(located(out), fitted.model.module, standardRegistry, {
      metadata: { table: fitted.model.toJson(), fit: fields },
      companions: anomalies && { [ANOMALIES]: anomalies },
    });
  const saveNoted = (): Promise<void> => save(noted);
  if (reason !== "aborted") {
    anomalies = await orSave(() => learnAnomalies(fitted, options, voice), saveNoted);
    endIfStopped(options);
  }
  for (const notice of fitted.notices) voice.notice(notice);
  const report = await orSave(
    () =>
      reportOf(fitted, {
        ...{ model: out, notices: voice.notices },
        seconds: (performance.now() - started.wall) / 1000,
        cpuSeconds: (cpuSeconds() ?? 0) - started.cpu,
      }),
    saveNoted,
  );
  await save({ ...report, ...noted });
  if (reason === "completed") await fitted.end?.();
  if (fitted.failure !== undefined) throw new UserError(`${fitted.failure}, is in ${out}.`);
  if (voice.quiet) {
    await print(`${JSON.stringify(report)}\n`);
    return;
  }
  say(`stopped: ${reason}${fitted.length ?? ""}; ${report.seconds.toFixed(1)} s`);
  await printLines([
    ...fitted.lines(report),
    { text: `  measure     ${describeMeasure(fitted.model)}`, style: colorsOf().dim },
    `model: ${written(out, isReplaced)}`,
    ...nextSteps(file, out, fitted, options),
  ]);
}

/** Report that `--json` prints and the model file keeps. */
async function reportOf(
  fitted: Fitted,
  run: Pick<FitReport, "seconds"> & {
    readonly cpuSeconds: number;
    readonly model: string;
    readonly notices: readonly string[];
  },
): Promise<FitReport> {
  const { flow, features, context, epochs, bestEpoch, trainNll, validationNll, testNll, others } = fitted.figures();
  return {
    ...{ flow, features, context },
    parameters: parameterCount(fitted.model.module.parameters()),
    backend: (await describeBackend()).name,
    ...{ epochs, bestEpoch, trainNll, validationNll, testNll, measure: describeMeasure(fitted.model) },
    ...{ seconds: run.seconds, cpuSeconds: run.cpuSeconds, model: run.model, notices: [...run.notices] },
    ...others,
  };
}

/** Commands that go on from here, ready to be copied. */
function nextSteps(
  file: string,
  out: string,
  { model: { context, columnsToJson }, knowsFormats }: Fitted,
  reading: ReadOptions & QueryOptions,
): string[] {
  const model = quoted(out);
  const data = `${dataFlags(file, reading)}${knowsFormats ? layoutFlags(reading) : readFlags(reading)}`;
  const contexts = context.length === 0 ? "" : ` --context contexts.csv  # a file of ${context.join(", ")}`;
  const sample = `pushforward sample ${model} -n 1000 --out samples.csv${contexts}`;
  // A page takes flows only, and needs a plan, which mixtures with a context have not.
  const target =
    columnsToJson === undefined && context.length === 0 ? "--html model.html" : "--to onnx --out model.onnx";
  const others = [sample, `pushforward export ${model} ${target}`];
  const lines = file === "-" ? others : [`pushforward score ${model} ${data} --out scores.csv`, ...others];
  return ["next:", ...lines.map((line) => `  ${line}`)];
}

/** A number, or null, because JSON has no infinity. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A number for a reader. */
export function figure(value: number | null): string {
  return value === null ? "not finite" : value.toFixed(4);
}

/** Minimum number of rows to learn which rows are odd, and of held-out rows to compare log-densities with. */
const LEAST_ROWS = 20;

/** Training rows, and the columns to use. */
interface LearnedColumns {
  readonly table: Table;
  readonly columns: readonly string[];
  /** Spacing of the numbers of columns, if known; 0 for numbers without a grid. */
  readonly steps?: ReadonlyMap<string, number>;
}

/**
 * Learns the anomaly score from training rows for the model file; undefined if it is disabled, or, with a notice, if
 * the rows are too few or the columns too numerous.
 */
async function learnAnomalies(
  fitted: Fitted,
  { seed, anomalies, contaminated }: FitCommandOptions,
  voice: Voice,
): Promise<AnomalyScore | undefined> {
  const { table, columns, steps } = fitted.training;
  if (!anomalies || table.rows < LEAST_ROWS || columns.length === 0) return undefined;
  voice.tell("learns anomaly scores");
  // Training rows of a conditional model are without its context columns here.
  const heldOut = fitted.model.context.length > 0 ? new Float64Array(0) : fitted.heldOutLogProb();
  const model =
    heldOut.length < LEAST_ROWS ? undefined : { heldOut, logProb: (rows: Table) => fitted.model.score(rows).scores };
  try {
    return await stopAfterBatch(voice.quiet, (signal) =>
      fitAnomalyScore(table, {
        ...{ key: createKey(seed).fold("anomalies"), columns, steps, contaminated, model, signal },
      }),
    );
  } catch (error) {
    // The model is what the user asked for: it is saved without.
    if (!(error instanceof DataError)) throw error;
    voice.notice(`the model has no anomaly scores: ${error.message}`);
    return undefined;
  }
}
