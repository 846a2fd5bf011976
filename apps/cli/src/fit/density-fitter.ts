import { rm, stat } from "node:fs/promises";
import { findDependentColumns, learnedTable, rowBlocks, shortList } from "@pushforward/columns/extend";
import { mapEvents, runToEnd } from "@pushforward/core/plain";
import { takeTableRows } from "@pushforward/datasets/extend";
import { loadCheckpoint, saveCheckpoint } from "@pushforward/serialization/node";
import { DensityModel, describeRules, hasFolds, holdOut, rowsByWord } from "@pushforward/tables/extend";
import {
  createKey,
  DataError,
  type DependentColumn,
  type FitTableResult,
  fitTableEvents,
  type Json,
  ModelFileError,
  type Table,
  type TableCheckpoint,
  type TableCheckpointOptions,
  type TableStartEvent,
  type UnderstoodTable,
} from "pushforward";
import { colorsOf, type Line } from "../output/terminal.ts";
import { located } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";
import { type FitCommandOptions, membersOf } from "./fit-command-options.ts";
import { type FitJob, type FitReport, type Fitted, figure, finite } from "./fit-model.ts";
import { createProgress } from "./progress.ts";
import { stopAfterBatch } from "./stop.ts";
import { dependentSentence, type Voice } from "./tell-of-columns.ts";

/** Steps of a network between two saved states: some seconds for a large table. */
const STEPS = 500;
/** Least time between two writes, in ms: the states of a wide table are large. */
const BETWEEN = 5000;

const FORMAT: TableCheckpoint["meta"]["format"] = "pushforward-table-checkpoint";

/** Contents of a checkpoint file. */
interface SavedState {
  readonly meta: Json;
  readonly arrays: ReadonlyMap<string, unknown>;
}

/** State of a table fit in a file, from which a later run continues. */
export class DensityCheckpoint implements TableCheckpointOptions {
  readonly every: { readonly steps: number } = { steps: STEPS };
  readonly path: string;
  private written = Number.NEGATIVE_INFINITY;
  /** One that is not in the file yet. */
  private latest: TableCheckpoint | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Returns the contents of the file; undefined without a file.
   *
   * @throws {ModelFileError} the file is no checkpoint, or no checkpoint of a table.
   */
  async load(): Promise<TableCheckpoint | undefined> {
    const found = await stat(located(this.path)).catch(() => undefined);
    if (found === undefined) return undefined;
    const state = await loadCheckpoint(located(this.path));
    if (isOfTable(state)) return state;
    throw new ModelFileError(
      "config",
      `"${this.path}": expected the checkpoint of a table fit, got a different checkpoint.`,
    );
  }

  readonly save = async (state: TableCheckpoint): Promise<void> => {
    this.latest = state;
    if (performance.now() - this.written >= BETWEEN) await this.flush();
  };

  /** Writes the latest state, unless that is done. */
  async flush(): Promise<void> {
    const { latest } = this;
    if (latest === undefined) return;
    this.latest = undefined;
    const meta: Json = latest.meta;
    await saveCheckpoint(located(this.path), { meta, arrays: latest.arrays });
    this.written = performance.now();
  }

  /** Removes the file of a fit that is done. */
  async remove(): Promise<void> {
    this.latest = undefined;
    await rm(located(this.path), { force: true });
  }
}

/**
 * Returns `true` if a checkpoint is marked as a table checkpoint, and has the matching kinds of arrays. The fit checks
 * that it is its own checkpoint.
 */
function isOfTable(state: SavedState): state is TableCheckpoint {
  const { meta, arrays } = state;
  if (typeof meta !== "object" || meta === null || !("format" in meta) || meta.format !== FORMAT) return false;
  return [...arrays.values()].every(
    (values) => values instanceof Float32Array || values instanceof Int32Array || values instanceof Float64Array,
  );
}

/** Rows of a table by their purpose; without validation rows, the fit holds some out. */
interface DensityParts {
  readonly train: Table;
  /** The places of the training rows, and of the validation rows, in the table. */
  readonly trainRows: ArrayLike<number>;
  readonly validationRows: ArrayLike<number>;
  readonly validation?: Table | undefined;
  readonly test?: Table | undefined;
}

/** A fitted density of a table. */
interface FittedDensity {
  readonly result: FitTableResult;
  readonly parts: DensityParts;
  readonly dependent: readonly DependentColumn[];
  /** Epochs of the column that was trained longest. */
  readonly epochs: number;
  readonly checkpoint: DensityCheckpoint | undefined;
}

/** How a density is compared with a flow. */
interface ComparedFit {
  /** Rows that judge both. The density learns from them only where folds take turns. */
  readonly heldOut: ArrayLike<number>;
}

/** Learns the density of a table of any columns. */
export async function fitDensity(
  { source, options, voice }: FitJob,
  found: UnderstoodTable,
  compared?: ComparedFit,
): Promise<Fitted> {
  const fitted = await fitColumns(found, options, voice, source, compared);
  const { result, parts, dependent, epochs, checkpoint } = fitted;
  const { variables, learned } = found;
  const model = new DensityModel({ density: result.model, variables });
  const isLearned = new Set(model.names);
  return {
    model,
    reason: result.reason,
    about: { seed: options.seed },
    training: {
      table: parts.train,
      columns: learned.map(({ name }) => name),
      steps: new Map(learned.map(({ name, step }) => [name, step ?? 0])),
    },
    heldOutLogProb: (rows) => (rows === undefined ? result.heldOutLogProb : heldOutAt(fitted, rows)),
    notices: [],
    // How numbers and missing cells are written is part of the model.
    knowsFormats: true,
    figures: () => ({
      ...{ flow: "table", features: learned.length - model.context.length, context: model.context.length },
      ...{ epochs, bestEpoch: null },
      trainNll: finite(trainNllOf(fitted)),
      validationNll: result.validationRows === 0 ? null : finite(result.validationNll),
      testNll: parts.test === undefined ? null : finite(meanNllOf(result.model, parts.test)),
      others: {
        folds: result.folds,
        products: result.products === undefined ? null : { ...result.products },
        normals: result.normals === undefined ? null : { ...result.normals },
        numericFlow: result.flow === undefined ? null : { ...result.flow, columns: [...result.flow.columns] },
        independentNll: finite(result.marginalNll),
        columns: result.columns.map(({ column, validationNll, marginalNll }) => ({
          ...{ column, validationNll: finite(validationNll), independentNll: finite(marginalNll) },
        })),
        variables: variables.map(({ name, kind, step, rows, missingRows }) => ({
          ...{ name, kind, step: step ?? null, missing: rows === 0 ? 0 : missingRows / rows },
        })),
        kept: variables.filter(({ name }) => !isLearned.has(name)).map(({ name }) => name),
        dependent: dependent.map(dependentToJson),
        rules: result.rules.map((rule) => ({ ...rule, text: describeRules([rule])[0] as string })),
      },
    }),
    lines: (report) => densityLines(fitted, report),
    ...(checkpoint && { end: () => checkpoint.remove() }),
  };
}

/** Log-densities of some held-out rows. */
function heldOutAt({ result, parts }: FittedDensity, rows: ArrayLike<number>): Float64Array {
  const { heldOutLogProb, heldOutRows, folds } = result;
  const among = folds > 1 ? parts.trainRows : parts.validationRows;
  const places = new Map(Array.from(heldOutRows, (row, i) => [among[row] as number, i]));
  return Float64Array.from(rows, (row) => heldOutLogProb[places.get(row) as number] as number);
}

/** Fits the columns, and shows the progress. */
async function fitColumns(
  understood: UnderstoodTable,
  options: FitCommandOptions,
  voice: Voice,
  file: string,
  compared: ComparedFit | undefined,
): Promise<FittedDensity> {
  const { seed, epochs, hidden, threads, backend, context = [] } = options;
  const members = membersOf(options);
  const variables = understood.learned;
  const dependent = findDependentColumns(learnedTable(understood));
  const sentence = dependentSentence(dependent);
  if (sentence !== undefined) voice.tell(sentence);
  const parts = densityParts(understood, options, file, compared);
  const checkpoint = options.checkpoint === undefined ? undefined : new DensityCheckpoint(options.checkpoint);
  const resume = options.resume ? await checkpoint?.load() : undefined;
  if (options.resume) voice.tell(resumeSentence(options.checkpoint, resume));
  await startBackend(backend);
  const progress = createProgress(!voice.showsProgress);
  let longest = 0;
  try {
    const result = await stopAfterBatch(voice.quiet, async (signal) => {
      const fitOptions = {
        key: createKey(seed),
        context,
        relations: dependent,
        rules: options.rules,
        // The other candidate is a flow.
        flow: compared === undefined,
        ...{ validation: parts.validation, hidden, members, maxEpochs: epochs, threads, signal },
        ...{ checkpoint, resume },
      };
      const events = fitTableEvents({ variables, table: parts.train }, fitOptions);
      return runToEnd(
        mapEvents(events, (event) => {
          if (event.type === "start") {
            const from = context.length > 0 ? ` given ${shortList(context)}` : "";
            const on = event.workers > 0 ? `, on ${event.workers} workers` : "";
            voice.tell(`${rowsSentence(event)} of ${shortList(event.columns)}${from}${on}`);
            if (event.workersNote !== undefined) voice.notice(event.workersNote);
          }
          if (event.type === "training" && event.event.type === "epoch") longest = Math.max(longest, event.event.epoch);
          progress.show(event);
          return event;
        }),
      );
    });
    return { result, parts, dependent, epochs: longest, checkpoint };
  } finally {
    progress.end();
    await checkpoint?.flush();
  }
}

function resumeSentence(path: string | undefined, resume: TableCheckpoint | undefined): string {
  if (resume === undefined) return `starts from the beginning, because the file ${path} does not exist`;
  const seconds = Number(resume.meta?.seconds ?? 0);
  return `continues from ${path}, after ${seconds.toFixed(1)} s of the fit`;
}

function rowsSentence({ trainRows, validationRows, folds }: TableStartEvent): string {
  if (folds > 1) return `${folds}-fold cross-validation on ${trainRows} rows`;
  return `${trainRows} training and ${validationRows} validation rows`;
}

/**
 * The rows of a table by their purpose. Without a fraction, no rows are held out.
 *
 * @param compared holds rows out where folds do not take turns.
 */
export function densityParts(
  { table, source, learned }: Pick<UnderstoodTable, "table" | "source" | "learned">,
  { splitColumn, validation, seed }: FitCommandOptions,
  file: string,
  compared?: ComparedFit,
): DensityParts {
  const rows = rowsByWord(source, splitColumn, file);
  if (rows.train.length === 0) {
    throw new DataError(`${file}: expected at least 1 training row, got none.`, { file });
  }
  const held = heldRows();
  const take = (indices: ArrayLike<number>): Table | undefined =>
    indices.length === 0 ? undefined : takeTableRows(table, indices);
  return {
    ...{ train: takeTableRows(table, held.train), trainRows: held.train, validationRows: held.validation },
    ...{ validation: take(held.validation), test: take(rows.test) },
  };

  function heldRows(): { readonly train: ArrayLike<number>; readonly validation: ArrayLike<number> } {
    if (rows.validation.length > 0) return rows;
    if (validation !== undefined) return holdOut(rows.train, createKey(seed).fold("split"), { fraction: validation });
    if (compared === undefined || hasFolds(rows.train.length, learned.length)) return rows;
    const isHeld = new Set(Array.from(compared.heldOut));
    return { train: rows.train.filter((row) => !isHeld.has(row)), validation: compared.heldOut };
  }
}

function dependentToJson({ column, from, relation }: DependentColumn): Json {
  return { column, from: [...from], relation: { ...relation } };
}

/** Rules that are listed by name. */
const MOST_RULES = 12;

/** The results for a reader. */
function densityLines(fitted: FittedDensity, report: FitReport): Line[] {
  const { validationNll, marginalNll, validationRows, rules } = fitted.result;
  const described = describeRules(rules);
  const kept = described.slice(0, MOST_RULES);
  if (described.length > MOST_RULES) kept.push(`and ${described.length - MOST_RULES} more`);
  return [
    ...(rules.length === 0 ? [] : [`rules in all rows, which samples keep: ${kept.join("; ")}`]),
    { text: "negative log-likelihood, nats per row, lower is better", style: colorsOf().bold },
    `  train       ${figure(report.trainNll)}`,
    ...(validationRows === 0 ? [] : [`  validation  ${figure(report.validationNll)}`]),
    ...(fitted.parts.test === undefined ? [] : [`  test        ${figure(report.testNll)}`]),
    ...(validationRows === 0
      ? []
      : [
          {
            text: `  ${figure(finite(marginalNll))} on the validation rows if the columns were independent: the model gains ${(marginalNll - validationNll).toFixed(4)}`,
            style: colorsOf().dim,
          },
        ]),
    ...memberLines(fitted.result).map((text) => ({ text: `  ${text}`, style: colorsOf().dim })),
  ];
}

/** Lists the densities mixed with the networks. */
function memberLines({ products, normals, flow }: FitTableResult): string[] {
  const lines: string[] = [];
  const weight = (member: { readonly weight: number }): string => member.weight.toFixed(3);
  if (products !== undefined) {
    lines.push(
      `a mixture of ${products.components} products has the weight ${weight(products)} in the mixture with the networks`,
    );
  }
  if (normals !== undefined) {
    lines.push(`a mixture of ${normals.components} normals has the weight ${weight(normals)}`);
  }
  if (flow !== undefined) {
    lines.push(`a flow of ${shortList(flow.columns)} given the other columns has the weight ${weight(flow)}`);
  }
  return lines;
}

/** Mean negative log-likelihood of the rows used for training, without rows that the fit held out. */
function trainNllOf({ result, parts }: FittedDensity): number {
  const { model, validationNll, validationRows, trainRows, folds } = result;
  const all = meanNllOf(model, parts.train);
  if (parts.validation !== undefined || validationRows === 0 || folds > 1) return all;
  return (all * parts.train.rows - validationNll * validationRows) / trainRows;
}

function meanNllOf(density: FittedDensity["result"]["model"], table: Table): number {
  let sum = 0;
  for (const block of rowBlocks(table, density.columns.length)) {
    for (const value of density.logProb(block)) sum -= value / table.rows;
  }
  return sum;
}
