import { availableParallelism } from "node:os";
import {
  askedModel,
  isTableDensity,
  type LoadedModel,
  LogDensitySummary,
  oddRows,
  TopRows,
} from "@pushforward/answers";
import { type FileTable, writeTable } from "@pushforward/files";
import { Command, Option } from "commander";
import { type AnomalyScore, type BackendName, type CsvTable, type Table, useBackend } from "pushforward";
import { addDropped, freeName, UnseenCategories } from "pushforward/extend";
import { UsageError, UserError } from "../errors/user-error.ts";
import { integer, names, path, threadCount } from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT, fileOrQuery, type QueryOptions } from "../options/query-option.ts";
import { addReadOptions, type ReadOptions } from "../options/read-options.ts";
import { forceOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { FormulaGuard } from "../output/formula-guard.ts";
import { print, printLines, say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { droppedNote, tableSource } from "../reading/read-table.ts";
import { RowScorer, type RowScores, type ScoreJob } from "../score/row-scorer.ts";
import { scoreMarginal } from "../score/score-marginal.ts";
import { ScoreProgress } from "../score/score-progress.ts";
import { type ScoredBlock, scoreInThreads } from "../score/score-threads.ts";

interface ScoreOptions extends ReadOptions, QueryOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly escapeFormulas: boolean;
  readonly cells?: boolean;
  readonly marginal?: boolean;
  readonly pValue?: boolean;
  readonly explain?: boolean;
  readonly top?: number;
  readonly keep?: readonly string[];
  readonly anomalies: boolean;
  readonly json?: boolean;
  readonly backend: BackendName;
  readonly threads: number | "auto";
}

/** Rows of --top, at most. */
const MOST_TOP = 100_000;

/** `pushforward score`: the log-density of each row of a table. */
export function scoreCommand(): Command {
  const command = new Command("score")
    .description("Print or write the log-density of each row of a table of any size, and how odd it is.")
    .argument("<model.safetensors>", "the model", path)
    .argument("[data]", DATA_ARGUMENT, path)
    .option(
      "--out <scores>",
      "write the table with the columns log_density and anomaly to a file: .csv, .parquet, .arrow, .jsonl",
    )
    .option(
      "--cells",
      "with --out and a model of any table: add the log-probability of each cell, given those before it",
    )
    .option(
      "--marginal",
      "a missing cell is unknown, not a value: the log-density is that of the other cells of its row, by sampling",
    )
    .option("--p-value", "with --out: add the share of usual rows that are as odd, from rows held out of the fit")
    .option("--explain", "with --out: add how surprising each cell is given the others of its row, in nats")
    .option("--top <n>", "print the n oddest rows and why they are, instead of the log-densities", integer(1, MOST_TOP))
    .option("--no-anomalies", "with --out: leave out how odd rows are, which takes most of the time of large files")
    .option("--keep <names>", "with --top: columns of the file to print, for instance an id", names)
    .addOption(forceOption())
    .option("--escape-formulas", "write an apostrophe before texts that a spreadsheet would run", false);
  return addQueryOption(addReadOptions(command))
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--threads <n>", "threads that score: all of the machine for large tables", threadCount, "auto")
    .option("--json", "print {rows, meanLogDensity, standardError} on standard output, and nothing else")
    .action(runScore);
}

async function runScore(modelFile: string, data: string | undefined, options: ScoreOptions): Promise<void> {
  const { out, force, cells } = options;
  const dataFile = fileOrQuery(data, options);
  if (cells && out === undefined)
    throw new UsageError("--cells: expected --out with a file for the columns, got none.");
  const isReplaced =
    out !== undefined && (await checkTarget({ path: out, inputs: [modelFile, dataFile], replaces: "scores", force }));
  checkTopOptions(options);
  if (options.marginal && cells) throw new UsageError("--marginal: expected no --cells, got it.");
  if (options.marginal && options.missing !== undefined) {
    throw new UsageError(`--marginal: expected no --missing, got ${options.missing}.`);
  }
  const model = await loadTableModel(modelFile);
  const question = oddQuestion(model, options, modelFile);
  await useBackend(options.backend);
  const summary = new Summary();
  const unseen = isTableDensity(model) ? new UnseenCategories(model) : undefined;
  if (unseen === undefined && cells) {
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
  const asked = options.marginal ? await askedModel(model, modelFile, 0) : undefined;
  const marginal = asked && scoreMarginal(asked, source, job.keepOthers);
  const scored = marginal
    ? question === undefined
      ? marginal
      : judged(marginal, question)
    : scoreRows(model, source, job, unseen, options.threads);
  const top = question?.top;
  const chunks = summed(scored, summary, top);
  if (out !== undefined) await writeScores(out, chunks, source, options);
  else if (top === undefined) await printScores(chunks, options);
  else for await (const _ of chunks);
  if (options.json === true) {
    await print(`${JSON.stringify({ ...summary.toJson(), ...(top && { top: top.toJson() }) })}\n`);
    return;
  }
  if (top !== undefined) await printLines(top.lines());
  const { rows, meanLogDensity, standardError } = summary.toJson();
  const dropped = droppedNote(rows, summary);
  if (dropped !== undefined) say(dropped);
  const error = standardError === null ? "" : ` ± ${standardError.toFixed(4)}`;
  const mean = meanLogDensity === null ? "not finite" : `${meanLogDensity.toFixed(4)}${error} nats`;
  say(rows === 0 ? "0 rows" : `${rows} rows, mean log-density ${mean}`);
  const note = unseen?.note();
  if (note !== undefined) say(note);
  if (out !== undefined) say(`scores: ${written(out, isReplaced)}`);
}

/** What is asked about odd rows. */
interface OddQuestion {
  readonly anomalies: AnomalyScore;
  readonly explain: boolean;
  readonly top: TopRows | undefined;
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

/** What to ask the anomaly score of a model; undefined where nobody asks, or where the model has none and need not. */
function oddQuestion({ anomalies }: LoadedModel, options: ScoreOptions, file: string): OddQuestion | undefined {
  const { out, top, keep = [], pValue, explain } = options;
  if (anomalies === undefined) {
    const flag = top !== undefined ? "--top" : pValue ? "--p-value" : explain ? "--explain" : undefined;
    if (flag === undefined) return undefined;
    throw new UserError(
      `${file}: expected a model that knows which rows are odd for ${flag}, got one without. Fit it again, without --no-anomalies.`,
    );
  }
  if (!options.anomalies || (out === undefined && top === undefined)) return undefined;
  return {
    anomalies,
    explain: explain === true || top !== undefined,
    top: top === undefined ? undefined : new TopRows(top, keep),
  };
}

/** Whether the columns that the model does not know are read. */
function keepsOthers({ out, keep }: ScoreOptions): boolean {
  return out !== undefined || keep !== undefined;
}

/** Some rows of the file and their scores. */
interface ScoredChunk extends RowScores {
  readonly table: CsvTable;
}

/** Adds up the scores of chunks as they come, and keeps the oddest rows. */
async function* summed(
  chunks: AsyncIterable<ScoredChunk>,
  summary: Summary,
  top: TopRows | undefined,
): AsyncGenerator<ScoredChunk> {
  for await (const chunk of chunks) {
    const { table, scores, odd } = chunk;
    summary.look(scores, table);
    if (odd !== undefined) top?.add(table, scores, odd);
    yield chunk;
  }
}

/** Adds how odd the rows of chunks are whose missing cells are unknown. */
async function* judged(
  chunks: AsyncIterable<ScoredChunk & { readonly typed: Table }>,
  { anomalies, explain }: OddQuestion,
): AsyncGenerator<ScoredChunk> {
  for await (const chunk of chunks) yield { ...chunk, odd: oddRows(anomalies, chunk.typed, explain) };
}

/** Rows, and bytes of files that do not say their rows, from which threads are worth their start. */
const [MANY_ROWS, MANY_BYTES] = [200_000, 2 ** 24];

/** Scores the rows of a table, in threads where it is large. */
async function* scoreRows(
  model: LoadedModel,
  source: FileTable,
  job: ScoreJob,
  unseen: UnseenCategories | undefined,
  choice: number | "auto",
): AsyncGenerator<ScoredChunk> {
  const rows = await source.countRows?.();
  const isLarge = rows === undefined ? (source.bytes ?? 0) >= MANY_BYTES : rows >= MANY_ROWS;
  const threads = choice === "auto" ? (isLarge ? availableParallelism() : 1) : choice;
  const scorer = new RowScorer(job, model);
  const { reading } = scorer;
  const progress = new ScoreProgress(rows);
  const tables = source.chunks(reading);
  const blocks =
    threads === 1
      ? scoreHere(tables, scorer)
      : scoreInThreads(tables, job, { threads, columns: reading.columns ?? [] });
  for await (const { table, known } of blocks) {
    if (known.unseen !== undefined) unseen?.add(known.unseen);
    progress.add(table.rows);
    yield { table, ...known };
  }
}

async function* scoreHere(tables: AsyncIterable<CsvTable>, scorer: RowScorer): AsyncGenerator<ScoredBlock> {
  for await (const table of tables) yield { table, known: scorer.score(table) };
}

/** One line for each row of the file; those that were left out have NaN, so that lines and rows stay side by side. */
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

/** All columns of the file and the scores; where rows are left out, the numbers of the others. */
async function writeScores(
  out: string,
  chunks: AsyncIterable<ScoredChunk>,
  { types }: FileTable,
  { missing, escapeFormulas, pValue, explain }: ScoreOptions,
): Promise<void> {
  const guard = new FormulaGuard();
  let scoreName = "log_density";
  const tables = async function* (): AsyncGenerator<Table> {
    for await (const { table, scores, cells = [], odd } of chunks) {
      const names = table.columns.map(({ name }) => name);
      scoreName = freeName("log_density", names);
      const rows = { name: freeName("row", names), kind: "number", values: table.rowNumbers } as const;
      const column = (name: string, values: Float64Array) =>
        ({ name: freeName(name, names), kind: "number", values }) as const;
      const { columns: asked = [], surprises = [] } = (explain && odd?.reasons) || {};
      const columns = [
        ...(missing === "drop" ? [rows] : []),
        ...table.columns,
        ...cells.map(({ name, values }) => column(`log_density of ${name}`, values)),
        { name: scoreName, kind: "number", values: scores } as const,
        ...(odd === undefined ? [] : [column("anomaly", odd.scores)]),
        ...(odd !== undefined && pValue ? [column("p_value", odd.pValues)] : []),
        ...asked.map((name, k) => column(`surprise of ${name}`, surprises[k] as Float64Array)),
      ];
      yield guard.look({ rows: table.rows, columns });
    }
  };
  await writeTable(out, tables(), { escapeFormulas, types });
  if (scoreName !== "log_density") {
    say(`The scores are in the column "${scoreName}", because the file has a column "log_density".`);
  }
  const note = escapeFormulas ? undefined : guard.note(out);
  if (note !== undefined) say(note);
}

/** What was scored and what was left out. */
class Summary extends LogDensitySummary {
  dropped = 0;
  droppedBy: ReadonlyMap<string, number> = new Map();

  look(values: Float64Array, { dropped, droppedBy }: Pick<CsvTable, "dropped" | "droppedBy">): void {
    this.add(values);
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
  }
}
