import type { MemberTrainer } from "@pushforward/auto/extend";
import { rowNumber, shortList } from "@pushforward/columns/extend";
import {
  contextNames,
  contextSize,
  FlowModel,
  gaussianNll,
  meanNll,
  nonNegativeColumns,
  numberTable,
  type RowLayout,
  type SplitRows,
  splitRowIndices,
  splitRows,
  type TableRows,
  tableRows,
} from "@pushforward/tables/extend";
import {
  type Column,
  columnStatistics,
  DataError,
  type FitAutoEvent,
  type FitAutoOptions,
  type FitAutoResult,
  type Json,
  ndArray,
  type Table,
  type TrainEvent,
} from "pushforward";
import { colorsOf, type Line, say } from "../output/terminal.ts";
import type { ChosenTable } from "../reading/read-chosen.ts";
import { startBackend } from "../run/start-backend.ts";
import { fitAutoFlow } from "./fit-auto-flow.ts";
import type { FitCommandOptions } from "./fit-command-options.ts";
import { type FitJob, type FitReport, type Fitted, figure, finite } from "./fit-model.ts";
import { type FittedTable, fitNamedFlow } from "./fit-named-flow.ts";
import { type FlowName, isChosen } from "./flow-names.ts";
import type { LargeTable } from "./large-table.ts";
import { createProgress } from "./progress.ts";
import { stopAfterBatch, untilStopped } from "./stop.ts";
import { type StreamedRows, streamRows, type TableStream } from "./stream-rows.ts";
import type { Voice } from "./tell-of-columns.ts";

/** A fit of a flow. */
export interface FlowJob extends FitJob {
  readonly flow: FlowName;
  readonly large?: LargeTable | undefined;
}

type FittedFlow = FittedTable & { readonly auto?: FitAutoResult };

/** Learns the density of numeric columns with a flow, here or by workers. */
export async function fitFlow(
  { source, options, voice, flow: name, large }: FlowJob,
  { table, layout }: Pick<ChosenTable, "table" | "layout">,
  memberTrainer: MemberTrainer | undefined,
): Promise<Fitted> {
  const { seed } = options;
  checkPrecision(table, [...layout.columns, ...contextNames(layout)], source);
  const split = { column: options.splitColumn, validation: options.validation, seed };
  const parts = splitRows(table, tableRows(table, layout, source), split, source);
  await startBackend(options.backend);
  const given = contextNames(layout);
  voice.tell(
    `${rowsOf(parts.train)} training and ${rowsOf(parts.validation)} validation rows of ${shortList(layout.columns)}` +
      (given.length === 0 ? "" : ` given ${shortList(given)}`),
  );
  // Layers are trained on all rows of a large table; a mixture alone learns from its sample.
  const isStreamed = large !== undefined && name !== "gmm";
  const streamed = isStreamed ? await streamOf(large, table, layout, options, voice) : undefined;
  const choice = { ...options, flow: name, memberTrainer, ...(streamed && streamedOptions(streamed, options)) };
  const run = (signal?: AbortSignal) => fitChosen(parts, layout, choice, signal, voice);
  const interruptible = memberTrainer === undefined ? stopAfterBatch(voice.quiet, run) : untilStopped(run);
  const fitted = await interruptible.finally(() => streamed?.close());
  const { flow, result, auto, diverged } = fitted;
  const learned = withGrids(layout, auto);
  const nonNegative = nonNegativeColumns(parts.train.x, layout.columns);
  const best = result.bestEpoch ?? null;
  const model = new FlowModel({ flow, layout: learned, nonNegative });
  return {
    model,
    reason: result.reason,
    length: ` after ${result.epochs} epochs, best ${best ?? "none"}`,
    about: { epochs: result.epochs, seed, nonNegative },
    training: { table: numberTable(parts.train.x, layout.columns), columns: layout.columns },
    // The held-out rows are the validation rows.
    heldOutLogProb: () => model.score(numberTable(parts.validation.x, layout.columns)).scores,
    notices: noticesOf(fitted, layout),
    knowsFormats: false,
    figures: () => ({
      ...{ flow: name, features: layout.columns.length, context: contextSize(layout) },
      ...{ epochs: result.epochs, bestEpoch: best },
      trainNll: finite(meanNll(flow, parts.train)),
      validationNll: finite(meanNll(flow, parts.validation)),
      testNll: parts.test === undefined ? null : finite(meanNll(flow, parts.test)),
      others: auto === undefined ? {} : choicesOf(auto, learned),
    }),
    lines: (report) => flowLines(fitted, parts, learned, report),
    failure: diverged && `${diverged.message} The model of epoch ${result.bestEpoch}, the best until then`,
  };
}

/** Notices about columns with an unbounded density or on a different scale that `auto` has not reported yet. */
function noticesOf({ auto, constantColumns, farColumns = [] }: FittedFlow, { columns }: RowLayout): string[] {
  const constant = auto === undefined ? constantColumns : [];
  return [
    ...constant.map(
      (j) =>
        `column "${columns[j]}" is constant: its density is unbounded, so the reported likelihoods are not meaningful`,
    ),
    ...farColumns.map(
      (j) => `column "${columns[j]}" has extreme values: it is learned on a scale that compresses extreme values`,
    ),
  ];
}

/** Streams all training rows of a large table except the held-out rows of its sample. */
async function streamOf(
  large: LargeTable,
  sample: ChosenTable["table"],
  layout: RowLayout,
  { out, missing, splitColumn, validation, seed }: FitCommandOptions,
  voice: Voice,
): Promise<StreamedRows> {
  const split = splitRowIndices(sample, { column: splitColumn, validation, seed });
  const heldOut = new Set(Array.from(split.validation, (i) => sample.rowNumbers[i] as number));
  return await streamRows(large, layout, { out, missing, splitColumn, seed, heldOut }, voice);
}

/** Rows of a step of a stream: on a large table, small steps would only cost time. */
const STREAM_BATCH = 512;
/** Rows that training sees, at least: of fewer rows it takes more passes. */
const LEAST_SEEN = 2 ** 22;

/** Converts user epochs, which are passes over the rows, to epochs of the stream: each pass takes several. */
function streamedOptions({ stream, rows, epochs }: StreamedRows, options: FitCommandOptions) {
  const { epochs: passes = Math.ceil(LEAST_SEEN / rows), batchSize = STREAM_BATCH } = options;
  return { stream, epochs: passes * epochs, batchSize };
}

/** Choices of `fitAuto` for the report, in the number format of the report. */
function choicesOf(
  auto: FitAutoResult,
  { columns: names, integers = [] }: RowLayout,
): { readonly [key: string]: Json } {
  return {
    members: auto.members.map(({ kind, weight, components, startNll, validationNll, training }) => ({
      ...{ kind, weight, components, startNll: finite(startNll), validationNll: finite(validationNll) },
      epochs: training.epochs,
      bestEpoch: training.bestEpoch ?? null,
    })),
    baselines: Object.fromEntries(Object.entries(auto.baselines).map(([name, nll]) => [name, finite(nll)])),
    dequantized: [...integers],
    ...(integers.length > 0 && { noisyValidationNll: finite(auto.validationNll) }),
    defensiveWeight: auto.defensiveWeight,
    warnings: auto.warnings.map(({ kind, columns, share, text, remedy }) => ({
      ...{ kind, columns: columns.map((j) => names[j] as string), text, remedy },
      ...(share !== undefined && { share }),
    })),
    log: [...auto.log],
  };
}

/** The results for a reader. */
function flowLines(fitted: FittedFlow, parts: SplitRows, layout: RowLayout, report: FitReport): Line[] {
  const { train, validation, test } = parts;
  const { integers = [] } = layout;
  const { auto } = fitted;
  const held = test === undefined ? "validation" : "test";
  const gaussian = auto === undefined ? gaussianNll(train, test ?? validation) : undefined;
  const given = layout.context.length === 0 ? "" : ", without the context";
  const noisy = auto !== undefined && integers.length > 0;
  return [
    { text: "negative log-likelihood, nats per row, lower is better", style: colorsOf().bold },
    `  train       ${figure(report.trainNll)}`,
    `  validation  ${figure(report.validationNll)}`,
    ...(noisy
      ? [
          {
            text: `  with noise  ${figure(finite(auto.validationNll))} on the validation rows with noise in ${shortList(integers)}, as above`,
            style: colorsOf().dim,
          },
        ]
      : []),
    ...(test === undefined ? [] : [`  test        ${figure(report.testNll)}`]),
    ...(gaussian === undefined
      ? []
      : [{ text: `  a Gaussian  ${figure(gaussian)} on the ${held} rows${given}`, style: colorsOf().dim }]),
  ];
}

/** The layout with the columns that were learned with noise. */
function withGrids(layout: RowLayout, auto: FitAutoResult | undefined): RowLayout {
  const { dequantized = [], steps = [] } = auto ?? {};
  return { ...layout, integers: dequantized.map((j) => layout.columns[j] as string), steps };
}

/** Fits the model that the user chose, or lets `fitAuto` choose, and shows the progress. */
async function fitChosen(
  { train, validation }: SplitRows,
  layout: RowLayout,
  options: FitCommandOptions &
    Pick<FitAutoOptions, "memberTrainer"> & { readonly flow: FlowName; readonly stream?: TableStream },
  signal: AbortSignal | undefined,
  voice: Voice,
): Promise<FittedFlow> {
  const { flow, seed, epochs, patience, batchSize, learningRate, threads, stream } = options;
  const progress = createProgress(!voice.showsProgress);
  const show = (event: TrainEvent): void => {
    progress.show(event);
    if (event.type === "stop") progress.end();
  };
  try {
    if (!isChosen(flow)) {
      const choice = { ...options, flow };
      return await fitNamedFlow(train, validation, {
        ...{ choice, stream, seed, maxEpochs: epochs, patience, batchSize, learningRate, threads, signal },
        onEvent: show,
      });
    }
    const onEvent = (event: FitAutoEvent): void => {
      if (event.type === "note") voice.tell(event.text);
      else if (event.type === "warning") say(`warning: ${event.text} ${event.remedy}`);
      else show(event.event);
    };
    return await fitAutoFlow(train, validation, layout, { ...options, maxEpochs: epochs, flow, signal, onEvent });
  } finally {
    progress.end();
  }
}

function rowsOf(part: TableRows): number {
  return part.x.shape[0] as number;
}

const SMALLEST_SCALE = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * Rejects columns that float32 cannot represent, before any learning. A model is computed in float32 on standardized
 * columns: their means and standard deviations must be in its range.
 *
 * @throws {DataError} with file, column and the row of the offending number.
 */
function checkPrecision(table: Table, names: readonly string[], file: string): void {
  const wanted = new Set(names);
  for (const column of table.columns) {
    if (column.kind === "number" && wanted.has(column.name)) checkColumn(table, column, file);
  }
}

function checkColumn(table: Table, { name, values }: Column & { readonly kind: "number" }, file: string): void {
  const { mean, sd } = columnStatistics(ndArray([values.length, 1], Float64Array.from(values)));
  const [center, scale] = [mean[0] as number, sd[0] as number];
  let far = 0;
  for (const [i, value] of values.entries()) {
    if (Math.abs(value / 2 - center / 2) > Math.abs((values[far] as number) / 2 - center / 2)) far = i;
  }
  const row = rowNumber(table, far);
  const value = values[far] as number;
  const refuse = (text: string, place = `${file}, column "${name}"`): never => {
    throw new DataError(`${place}: ${text}`, { file, column: name, row });
  };
  if (Math.abs(value) > LARGEST) {
    refuse(
      `expected numbers of at most ${LARGEST.toPrecision(2)} in size, got ${value}. ` +
        "Correct it, declare it missing with --na, or divide the whole column by a power of ten.",
      `${file}, row ${row}, column "${name}"`,
    );
  }
  if (scale < SMALLEST_SCALE) {
    refuse(
      `expected a standard deviation of at least ${SMALLEST_SCALE.toPrecision(2)}, got ${scale.toPrecision(2)}. ` +
        "Multiply the column by a power of ten.",
    );
  }
}
