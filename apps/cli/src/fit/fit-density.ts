import { findDependentColumns, learnedTable } from "@pushforward/columns/extend";
import { mapEvents, runToEnd } from "@pushforward/core/plain";
import { takeTableRows } from "@pushforward/datasets/extend";
import { holdOut, rowsByWord } from "@pushforward/tables/extend";
import {
  type AutoTableResult,
  createKey,
  DataError,
  type DependentColumn,
  fitAutoTable,
  type Table,
  type TableCheckpoint,
  type TableStartEvent,
  type UnderstoodTable,
} from "pushforward";
import { shortList } from "../output/words.ts";
import { startBackend } from "../run/start-backend.ts";
import { createColumnProgress } from "./column-progress.ts";
import { DensityCheckpoint } from "./density-checkpoint.ts";
import { dependentSentence } from "./describe-columns.ts";
import { type FitCommandOptions, membersOf } from "./fit-command-options.ts";
import { stopAfterBatch } from "./stop.ts";
import type { Voice } from "./voice.ts";

/** The rows of a table by their purpose; without validation rows, the fit holds some out. */
interface DensityParts {
  readonly train: Table;
  readonly validation?: Table | undefined;
  readonly test?: Table | undefined;
}

/** A fitted density of a table. */
export interface FittedDensity {
  readonly result: AutoTableResult;
  readonly parts: DensityParts;
  readonly dependent: readonly DependentColumn[];
  /** Epochs of the column that was trained longest. */
  readonly epochs: number;
  readonly checkpoint: DensityCheckpoint | undefined;
}

/** Fits the density of a table of any columns, and shows how it goes. */
export async function fitDensity(
  understood: UnderstoodTable,
  options: FitCommandOptions,
  voice: Voice,
  file: string,
): Promise<FittedDensity> {
  const { seed, epochs, hidden, threads, backend, context = [] } = options;
  const members = membersOf(options);
  const variables = understood.learned;
  const dependent = findDependentColumns(learnedTable(understood));
  const sentence = dependentSentence(dependent);
  if (sentence !== undefined) voice.tell(sentence);
  const parts = densityParts(understood, options, file);
  const checkpoint = options.checkpoint === undefined ? undefined : new DensityCheckpoint(options.checkpoint);
  const resume = options.resume ? await checkpoint?.load() : undefined;
  if (options.resume) voice.tell(resumeSentence(options.checkpoint, resume));
  await startBackend(backend);
  const progress = createColumnProgress(!voice.showsProgress);
  let longest = 0;
  try {
    const result = await stopAfterBatch(voice.quiet, async (signal) => {
      const fitOptions = {
        key: createKey(seed),
        given: context,
        relations: dependent,
        ...{ validation: parts.validation, hidden: hidden?.[0], members, epochs, threads, signal },
        ...{ checkpoint, resume },
      };
      const events = fitAutoTable({ variables, table: parts.train }, fitOptions);
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
  if (resume === undefined) return `begins anew, because there is no file ${path}`;
  const seconds = Number(resume.meta?.seconds ?? 0);
  return `goes on from ${path}, after ${seconds.toFixed(1)} s of the fit`;
}

function rowsSentence({ trainRows, validationRows, folds }: TableStartEvent): string {
  if (folds > 1) return `${folds}-fold cross-validation on ${trainRows} rows`;
  return `${trainRows} training and ${validationRows} validation rows`;
}

function densityParts(
  { table, source }: UnderstoodTable,
  { splitColumn, validation, seed }: FitCommandOptions,
  file: string,
): DensityParts {
  const rows = rowsByWord(source, splitColumn, file);
  if (rows.train.length === 0) {
    throw new DataError(`${file}: expected at least 1 training row, got none.`, { file });
  }
  const held =
    validation === undefined || rows.validation.length > 0
      ? rows
      : holdOut(rows.train, createKey(seed).fold("split"), { fraction: validation });
  const take = (indices: ArrayLike<number>): Table | undefined =>
    indices.length === 0 ? undefined : takeTableRows(table, indices);
  return { train: takeTableRows(table, held.train), validation: take(held.validation), test: take(rows.test) };
}
