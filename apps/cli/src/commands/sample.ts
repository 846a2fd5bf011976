import { availableParallelism } from "node:os";
import { writeTable } from "@pushforward/files";
import type { TableModel } from "@pushforward/tables";
import { UnseenCells } from "@pushforward/tables/extend";
import { type BackendName, formatCsv, type Table } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { keptSentence } from "../fit/tell-of-columns.ts";
import { refuseShardOptions, type ShardOptions } from "../jobs/shard-options.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { checkTarget, written as writtenName } from "../output/check-target.ts";
import { print, say } from "../output/terminal.ts";
import { csvMarks, FormulaGuard, typedOutput } from "../output/typed-output.ts";
import { combinationCondition, rowConditions, splitTerms, unquoted } from "../questions/conditions.ts";
import { mostDraws, SampleWhere, sampleGiven } from "../questions/sample-given.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { readColumns, readTable, tableSource } from "../reading/read-table.ts";
import { located } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";
import { writeStoppable } from "../run/write-stoppable.ts";
import { NegativeSamples, type SampleJob, sampleInThreads } from "../sample/sample-threads.ts";

interface SampleOptions extends ReadOptions, ShardOptions {
  readonly count: number;
  readonly context?: string;
  readonly given?: string;
  readonly where?: string;
  readonly combinations?: string;
  readonly data?: string;
  readonly seed: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly escapeFormulas: boolean;
  readonly backend: BackendName;
  readonly threads: number | "auto";
}

/** Runs `pushforward sample`. */
export async function runSample(modelFile: string, options: SampleOptions): Promise<void> {
  const { out, context: contextFile, force } = options;
  if (options.redis !== undefined) {
    refuseContext(options);
    const { sampleOnQueue } = await import("../jobs/shards.ts");
    return await sampleOnQueue(modelFile, options);
  }
  refuseShardOptions(options);
  const inputs = [modelFile, ...(contextFile === undefined ? [] : [contextFile])];
  // Samples look like the data they were learned from: no file of rows may be replaced by mistake.
  const isReplaced = out !== undefined && (await checkTarget({ path: out, inputs, replaces: "rows", force }));
  const model = await loadTableModel(modelFile);
  const where = await readWhere(model, modelFile, options);
  if (options.given !== undefined) {
    if (contextFile !== undefined) throw new UsageError("--given: expected no --context, got one.");
    await startBackend(options.backend);
    const { given } = options;
    const tables = await sampleGiven(model, modelFile, { ...options, given, where });
    await writeSamples(model, tables, options, isReplaced);
    if (where !== undefined) say(where.note());
    return;
  }
  if (where !== undefined && contextFile !== undefined)
    throw new UsageError("--where: expected no --context, got one.");
  const { seed, backend, count } = options;
  const context = await readContext(model, options, modelFile);
  await startBackend(backend);
  const job: SampleJob = { modelFile, backend, count, seed, context, contextFile };
  // Of more rows than are asked for only as many are drawn as it takes.
  const block = Math.max(2 * count, LEAST_BLOCK);
  const tables =
    where === undefined
      ? drawRows(model, job, options.threads)
      : where.take(model.draw({ ...job, count: mostDraws(count), block }), count);
  const negatives = new NegativeSamples(model);
  const looked = async function* (): AsyncGenerator<Table> {
    for await (const table of tables) yield negatives.look(table);
  };
  await writeSamples(model, looked(), options, isReplaced);
  if (where !== undefined) say(where.note());
  const kept = keptSentence(model);
  if (kept !== undefined) say(kept);
  say(...negatives.notes());
}

/** Draws rows of a model, in threads if the rows are numerous. */
function drawRows(model: TableModel, job: SampleJob, choice: number | "auto"): Iterable<Table> | AsyncIterable<Table> {
  const rows = job.count * (job.context?.rows ?? 1);
  const block = model.blockRows;
  const most = choice === "auto" ? (rows >= MANY_ROWS ? availableParallelism() : 1) : choice;
  const threads = Math.min(most, Math.ceil(rows / block));
  return threads === 1 ? model.draw(job) : sampleInThreads(job, { rows, block, threads });
}

/** Rejects options that workers do not support. */
function refuseContext({ context, given, where, combinations }: SampleOptions): void {
  const flags = { "--context": context, "--given": given, "--where": where, "--combinations": combinations };
  const [flag] = Object.entries(flags).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined) throw new UsageError(`--redis: expected no ${flag}, got it.`);
}

/** Rows from which threads are worth their start. */
const MANY_ROWS = 500_000;

/** Minimum number of rows that are drawn at once while some rows are rejected. */
const LEAST_BLOCK = 200;

/** The conditions that rows must meet; undefined without any. */
async function readWhere(
  model: TableModel,
  _modelFile: string,
  { where, combinations, data, ...reading }: SampleOptions,
): Promise<SampleWhere | undefined> {
  if ((combinations === undefined) !== (data === undefined)) {
    throw new UsageError("--combinations: expected --combinations and --data together, got only one of them.");
  }
  if (where === undefined && combinations === undefined) return undefined;
  const cells = model;
  const conditions = where === undefined ? [] : rowConditions(where, cells);
  if (combinations !== undefined && data !== undefined) {
    const columns = splitTerms(combinations).map(unquoted);
    const table = await readTable(await tableSource(data, reading), { kinds: "text", missing: "keep" });
    conditions.push(combinationCondition(columns, table, cells));
  }
  return new SampleWhere(conditions, cells);
}

/** Writes rows to the requested file, or to standard output. */
async function writeSamples(
  model: TableModel,
  tables: Iterable<Table> | AsyncIterable<Table>,
  { out, escapeFormulas }: SampleOptions,
  isReplaced: boolean,
): Promise<void> {
  const guard = new FormulaGuard();
  let count = 0;
  const blocks = async function* (): AsyncGenerator<Table> {
    for await (const block of tables) {
      count += block.rows;
      yield guard.look(block);
    }
  };
  if (out === undefined) {
    let header = true;
    for await (const block of blocks()) {
      await print(formatCsv(block, { header, escapeFormulas, ...csvMarks(model) }));
      header = false;
    }
  } else {
    const { types, csv, typed } = typedOutput(out, model);
    const rows = async function* (): AsyncGenerator<Table> {
      for await (const block of blocks()) yield typed(block);
    };
    await writeStoppable(rows(), (all) => writeTable(located(out), all, { escapeFormulas, types, ...csv }));
    say(`${count} rows: ${writtenName(out, isReplaced)}`);
  }
  const note = escapeFormulas ? undefined : guard.note(out);
  if (note !== undefined) say(note);
}

/**
 * Reads the context columns of the model from a file; undefined for a model without context. Reports cells that no
 * training row could have.
 *
 * @throws {UserError} a file for a model that takes none, or no file for a model that takes one.
 */
async function readContext(model: TableModel, options: SampleOptions, modelFile: string): Promise<Table | undefined> {
  const { context: file } = options;
  const given = model.names.filter((name) => model.context.includes(name));
  if (given.length === 0) {
    if (file === undefined) return undefined;
    throw new UserError(`${modelFile}: expected no --context, because the model takes none, got ${file}.`);
  }
  if (file === undefined) {
    throw new UserError(
      `${modelFile}: expected --context with a file of the columns ${given.join(", ")}, because the model is conditional, got none.`,
    );
  }
  const typed = await readColumns(model, file, given, options);
  const unseen = new UnseenCells(model);
  unseen.look(typed.columns);
  say(...unseen.notes());
  return typed;
}
