import { availableParallelism } from "node:os";
import { writtenTypes } from "@pushforward/columns/extend";
import type { FileTable } from "@pushforward/files";
import { type LoadedModel, oddRows, type TopRows } from "@pushforward/questions/extend";
import { describeMeasure, UnseenCells } from "@pushforward/tables/extend";
import type { CsvTable, Table } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { refuseShardOptions } from "../jobs/shard-options.ts";
import { fileOrQuery } from "../options/read-options.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { print, printLines, say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { tableSource } from "../reading/read-table.ts";
import { startBackend } from "../run/start-backend.ts";
import { RowScorer, type ScoredBlock, type ScoreJob, scoreInThreads } from "../score/row-scorer.ts";
import { scoreMarginal } from "../score/score-marginal.ts";
import {
  type OddQuestion,
  oddQuestion,
  type ScoreOptions,
  ScoreProgress,
  ScoreSummary,
} from "../score/score-options.ts";
import { type ScoredChunk, writeScores } from "../score/write-scores.ts";

/** Runs `pushforward score`. */
export async function runScore(modelFile: string, data: string | undefined, options: ScoreOptions): Promise<void> {
  const { out, force, cells } = options;
  const dataFile = fileOrQuery(data, options);
  checkTopOptions(options);
  if (options.redis !== undefined) {
    const { scoreOnQueue } = await import("../jobs/shards.ts");
    return await scoreOnQueue(modelFile, dataFile, options);
  }
  refuseShardOptions(options);
  if (cells && out === undefined)
    throw new UsageError("--cells: expected --out with a file for the columns, got none.");
  const isReplaced =
    out !== undefined && (await checkTarget({ path: out, inputs: [modelFile, dataFile], replaces: "scores", force }));
  if (options.marginal && cells) throw new UsageError("--marginal: expected no --cells, got it.");
  if (options.marginal && options.missing !== undefined) {
    throw new UsageError(`--marginal: expected no --missing, got ${options.missing}.`);
  }
  const model = await loadTableModel(modelFile);
  const question = oddQuestion(model, options, modelFile);
  await startBackend(options.backend);
  const summary = new ScoreSummary();
  const unseen = new UnseenCells(model);
  if (cells && !model.scoresCells) {
    throw new UserError(
      `${modelFile}: expected a model of any table for --cells, got a flow, which has no density of single cells.`,
    );
  }
  const source = await tableSource(dataFile, options);
  const job: ScoreJob = {
    ...{ modelFile, backend: options.backend, file: source.name, missing: options.missing, cells: cells === true },
    keepOthers: keepsOthers(options),
    odd: question === undefined ? undefined : question.explain ? "reasons" : "scores",
  };
  const marginal = options.marginal ? scoreMarginal(model, modelFile, source, job.keepOthers, unseen) : undefined;
  const scored = marginal
    ? question === undefined
      ? marginal
      : judged(marginal, question, model)
    : scoreRows(model, source, job, unseen, options.threads);
  const top = question?.top;
  const chunks = summed(scored, summary, top);
  if (out !== undefined) say(...(await writeScores(out, chunks, model, source, options)));
  else if (top === undefined) await printScores(chunks, options);
  else for await (const _ of chunks);
  if (options.json === true) {
    const types = new Map([...writtenTypes(model.variables), ...(source.types ?? [])]);
    const facts = {
      ...summary.toJson(),
      measure: describeMeasure(model),
      unseen: unseen.found(),
      ...(top && { top: top.toJson(types) }),
    };
    await print(`${JSON.stringify(facts)}\n`);
    return;
  }
  if (top !== undefined) await printLines(top.lines());
  say(...summary.lines(), ...(summary.rows === 0 ? [] : [`measure: ${describeMeasure(model)}`]));
  say(...unseen.notes());
  if (out !== undefined) say(`scores: ${written(out, isReplaced)}`);
}

function checkTopOptions({ out, top, keep, pValue, explain, anomalies }: ScoreOptions): void {
  const [flag] = [...(pValue ? ["--p-value"] : []), ...(explain ? ["--explain"] : [])];
  if (flag !== undefined && out === undefined && top === undefined) {
    throw new UsageError(`${flag}: expected --out with a file for the columns, or --top, got none.`);
  }
  const asked = flag ?? (top === undefined ? undefined : "--top");
  if (!anomalies && asked !== undefined) throw new UsageError(`${asked}: expected no --no-anomalies, got it.`);
  if (keep !== undefined && top === undefined) throw new UsageError("--keep: expected --top, got none.");
}

/** Returns `true` if columns that the model does not know are read. */
function keepsOthers({ out, keep }: ScoreOptions): boolean {
  return out !== undefined || keep !== undefined;
}

/** Adds up the scores of incoming chunks, and keeps the oddest rows. */
async function* summed(
  chunks: AsyncIterable<ScoredChunk>,
  summary: ScoreSummary,
  top: TopRows | undefined,
): AsyncGenerator<ScoredChunk> {
  for await (const chunk of chunks) {
    const { table, scores, odd } = chunk;
    summary.look(scores, table);
    if (odd !== undefined) top?.add(table, scores, odd);
    yield chunk;
  }
}

/** Adds the anomaly of rows, whose missing cells count as values. */
async function* judged(
  chunks: AsyncIterable<ScoredChunk & { readonly typed: Table }>,
  { anomalies, rules, explain }: OddQuestion,
  model: LoadedModel,
): AsyncGenerator<ScoredChunk> {
  for await (const chunk of chunks) {
    const { scores: logProb } = model.score(chunk.typed);
    yield { ...chunk, odd: oddRows(anomalies, chunk.typed, { logProb, explain, rules }) };
  }
}

/** Rows, and bytes of files that do not say their rows, from which threads are worth their start. */
const [MANY_ROWS, MANY_BYTES] = [200_000, 2 ** 24];

/** Rows that are scored before threads are started if the number of rows is unknown. */
const FIRST_ROWS = 2 ** 16;

/** Scores the rows of a table, in threads if the table is large. */
async function* scoreRows(
  model: LoadedModel,
  source: FileTable,
  job: ScoreJob,
  unseen: UnseenCells,
  choice: number | "auto",
): AsyncGenerator<ScoredChunk> {
  const rows = source.saysRows ? await source.countRows?.() : undefined;
  const scorer = new RowScorer(job, model);
  const progress = new ScoreProgress(rows);
  const team = choice === "auto" ? teamFor(rows, source.bytes) : { threads: choice, after: 0 };
  const tables = source.chunks(scorer.reading);
  const blocks = team.threads === 1 ? scoreHere(tables, scorer) : scoreBlocks(tables, scorer, job, team);
  for await (const { table, known } of blocks) {
    unseen.add(known.unseen);
    progress.add(table.rows);
    yield { table, ...known };
  }
}

/** Number of threads that score a table, and number of rows before their start. */
interface ThreadTeam {
  readonly threads: number;
  readonly after: number;
}

function teamFor(rows: number | undefined, bytes: number | undefined): ThreadTeam {
  if (rows === undefined && bytes === undefined) return { threads: availableParallelism(), after: FIRST_ROWS };
  const isLarge = rows === undefined ? (bytes as number) >= MANY_BYTES : rows >= MANY_ROWS;
  return { threads: isLarge ? availableParallelism() : 1, after: 0 };
}

async function* scoreHere(tables: AsyncIterable<CsvTable>, scorer: RowScorer): AsyncGenerator<ScoredBlock> {
  for await (const table of tables) yield { table, known: scorer.score(table) };
}

/** Scores at least the first `after` rows of a table in this thread, and the remaining rows in separate threads. */
async function* scoreBlocks(
  tables: AsyncIterable<CsvTable>,
  scorer: RowScorer,
  job: ScoreJob,
  { threads, after }: ThreadTeam,
): AsyncGenerator<ScoredBlock> {
  const coming = tables[Symbol.asyncIterator]();
  try {
    for (let rows = 0; rows < after; ) {
      const next = await coming.next();
      if (next.done) return;
      const table = next.value;
      rows += table.rows;
      yield { table, known: scorer.score(table) };
    }
    const others = { [Symbol.asyncIterator]: () => coming };
    yield* scoreInThreads(others, job, { threads, columns: scorer.reading.columns ?? [] });
  } finally {
    await coming.return?.();
  }
}

/** Prints a line for each row of the file; dropped rows have NaN, so that lines and rows stay aligned. */
async function printScores(chunks: AsyncIterable<ScoredChunk>, { json }: ScoreOptions): Promise<void> {
  let line = 0;
  for await (const { table, scores } of chunks) {
    if (json === true) continue;
    const from = line;
    line += table.rows + table.dropped;
    const lines: (string | number)[] = Array.from({ length: line - from }, () => "NaN");
    for (const [i, row] of table.rowNumbers.entries()) lines[row - 1 - from] = scores[i] as number;
    if (lines.length > 0) await print(`${lines.join("\n")}\n`);
  }
}
