import { availableParallelism } from "node:os";
import { writeTable } from "@pushforward/files";
import {
  type DescribedModel,
  isTableDensity,
  type LoadedModel,
  modelCells,
  sampleModel,
} from "@pushforward/questions/extend";
import { contextNames, sampleBlockRows, schemaKinds } from "@pushforward/tables/extend";
import { type BackendName, type CsvTable, formatCsv, type Table } from "pushforward";
import { readGiven } from "../density/read-given.ts";
import { UsageError, UserError } from "../errors/user-error.ts";
import { keptSentence } from "../fit/describe-columns.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { checkTarget, written as writtenName } from "../output/check-target.ts";
import { FormulaGuard } from "../output/formula-guard.ts";
import { print, say } from "../output/terminal.ts";
import { typedOutput } from "../output/typed-output.ts";
import { splitTerms, unquoted } from "../questions/parse-conditions.ts";
import { combinationCondition, rowConditions } from "../questions/row-conditions.ts";
import { sampleGiven } from "../questions/sample-given.ts";
import { mostDraws, SampleWhere } from "../questions/sample-where.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { droppedNote, readTable, tableSource } from "../reading/read-table.ts";
import { located } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";
import { writeStoppable } from "../run/write-stoppable.ts";
import { NegativeSamples } from "../sample/negative-samples.ts";
import { type SampleJob, sampleInThreads } from "../sample/sample-threads.ts";
import { refuseShardOptions, type ShardOptions } from "../shards/shard-options.ts";

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

/** What `pushforward sample` does. */
export async function runSample(modelFile: string, options: SampleOptions): Promise<void> {
  const { out, context: contextFile, force } = options;
  if (options.redis !== undefined) {
    refuseContext(options);
    const { sampleOnQueue } = await import("../shards/sample-on-queue.ts");
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
  const context = isTableDensity(model)
    ? await readGiven(model, contextFile, options, modelFile)
    : await readContexts(model, options, modelFile);
  await startBackend(backend);
  const job: SampleJob = { modelFile, backend, count, seed, context, contextFile };
  // Of more rows than are asked for only as many are drawn as it takes.
  const block = Math.max(2 * count, LEAST_BLOCK);
  const tables =
    where === undefined
      ? drawRows(model, job, options.threads)
      : where.take(sampleModel(model, { ...job, count: mostDraws(count), block }), count);
  const negatives = isTableDensity(model) ? undefined : new NegativeSamples(model);
  const looked = async function* (): AsyncGenerator<Table> {
    for await (const table of tables) yield negatives?.look(table) ?? table;
  };
  await writeSamples(model, looked(), options, isReplaced);
  if (where !== undefined) say(where.note());
  const kept = isTableDensity(model) ? keptSentence(model) : undefined;
  if (kept !== undefined) say(kept);
  say(...(negatives?.notes() ?? []));
}

/** Rows of a model, drawn in threads where there are many. */
function drawRows(model: LoadedModel, job: SampleJob, choice: number | "auto"): Iterable<Table> | AsyncIterable<Table> {
  const rows = job.count * (job.context?.rows ?? 1);
  const block = sampleBlockRows(model);
  const most = choice === "auto" ? (rows >= MANY_ROWS ? availableParallelism() : 1) : choice;
  const threads = Math.min(most, Math.ceil(rows / block));
  return threads === 1 ? sampleModel(model, job) : sampleInThreads(job, { rows, block, threads });
}

/** What workers do not draw. */
function refuseContext({ context, given, where, combinations }: SampleOptions): void {
  const flags = { "--context": context, "--given": given, "--where": where, "--combinations": combinations };
  const [flag] = Object.entries(flags).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined) throw new UsageError(`--redis: expected no ${flag}, got it.`);
}

/** Rows from which threads are worth their start. */
const MANY_ROWS = 500_000;

/** Rows that are drawn at once while some of them are rejected, at least. */
const LEAST_BLOCK = 200;

/** The conditions that rows must meet; undefined without any. */
async function readWhere(
  model: LoadedModel,
  modelFile: string,
  { where, combinations, data, ...reading }: SampleOptions,
): Promise<SampleWhere | undefined> {
  if ((combinations === undefined) !== (data === undefined)) {
    throw new UsageError(
      "--combinations: expected --data with the table of the combinations, and --data only with it.",
    );
  }
  if (where === undefined && combinations === undefined) return undefined;
  const cells = modelCells(model, modelFile);
  const conditions = where === undefined ? [] : rowConditions(where, cells);
  if (combinations !== undefined && data !== undefined) {
    const columns = splitTerms(combinations).map(unquoted);
    const table = await readTable(await tableSource(data, reading), { kinds: "text", missing: "keep" });
    conditions.push(combinationCondition(columns, table, cells));
  }
  return new SampleWhere(conditions, cells);
}

/** Writes rows to the file that was asked for, or to standard output. */
async function writeSamples(
  model: LoadedModel,
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
      await print(formatCsv(block, { header, escapeFormulas }));
      header = false;
    }
  } else {
    const { types, typed } = typedOutput(out, model);
    const rows = async function* (): AsyncGenerator<Table> {
      for await (const block of blocks()) yield typed(block);
    };
    await writeStoppable(rows(), (all) => writeTable(located(out), all, { escapeFormulas, types }));
    say(`${count} rows: ${writtenName(out, isReplaced)}`);
  }
  const note = escapeFormulas ? undefined : guard.note(out);
  if (note !== undefined) say(note);
}

function noContext(modelFile: string, file: string): UserError {
  return new UserError(`${modelFile}: expected no --context, because the model takes none, got ${file}.`);
}

async function readContexts(
  { schema }: DescribedModel,
  options: SampleOptions,
  modelFile: string,
): Promise<CsvTable | undefined> {
  const { context: file } = options;
  if (schema.context.length === 0) {
    if (file === undefined) return undefined;
    throw noContext(modelFile, file);
  }
  const columns = contextNames(schema);
  if (file === undefined) {
    throw new UserError(
      `${modelFile}: expected --context with a file of the columns ${columns.join(", ")}, because the model is conditional, got none.`,
    );
  }
  const kinds = Object.fromEntries(Object.entries(schemaKinds(schema)).filter(([name]) => columns.includes(name)));
  const source = await tableSource(file, options);
  const table = await readTable(source, { columns, kinds, missing: options.missing ?? "error" });
  const dropped = droppedNote(table.rows, table);
  if (dropped !== undefined) say(dropped);
  return table;
}
