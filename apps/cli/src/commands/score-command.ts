import { Command, Option } from "commander";
import { type BackendName, type CsvTable, type Table, useBackend } from "pushforward";
import { addDropped, freeName, scoreDensity, UnseenCategories } from "pushforward/extend";
import { writeCsv } from "pushforward/node";
import { UsageError, UserError } from "../errors/user-error.ts";
import { path } from "../options/options.ts";
import { addReadOptions, type ReadOptions } from "../options/read-options.ts";
import { forceOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { FormulaGuard } from "../output/formula-guard.ts";
import { print, say } from "../output/terminal.ts";
import { isTableDensity, loadTableModel } from "../reading/load-table-model.ts";
import { droppedNote, tableSource } from "../reading/read-table.ts";
import { scoreFlow } from "../reading/score-flow.ts";

interface ScoreOptions extends ReadOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly escapeFormulas: boolean;
  readonly cells?: boolean;
  readonly json?: boolean;
  readonly backend: BackendName;
}

/** `pushforward score`: the log-density of each row of a table. */
export function scoreCommand(): Command {
  const command = new Command("score")
    .description("Print or write the log-density of each row of a CSV file of any size.")
    .argument("<model.safetensors>", "the model", path)
    .argument("<data.csv>", "the table; - reads standard input", path)
    .option("--out <scores.csv>", "write the table with a column log_density to a file")
    .option(
      "--cells",
      "with --out and a model of any table: add the log-probability of each cell, given those before it",
    )
    .addOption(forceOption())
    .option("--escape-formulas", "write an apostrophe before texts that a spreadsheet would run", false);
  return addReadOptions(command)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print {rows, meanLogDensity, standardError} on standard output, and nothing else")
    .action(runScore);
}

async function runScore(modelFile: string, dataFile: string, options: ScoreOptions): Promise<void> {
  const { out, force, cells } = options;
  if (cells && out === undefined)
    throw new UsageError("--cells: expected --out with a file for the columns, got none.");
  const isReplaced =
    out !== undefined && (await checkTarget({ path: out, inputs: [modelFile, dataFile], replaces: "scores", force }));
  const model = await loadTableModel(modelFile);
  await useBackend(options.backend);
  const summary = new Summary();
  const unseen = isTableDensity(model) ? new UnseenCategories(model) : undefined;
  if (unseen === undefined && cells) {
    throw new UserError(
      `${modelFile}: expected a model of any table for --cells, got a flow, which has no density of single cells.`,
    );
  }
  const source = tableSource(dataFile, options);
  const reading = { missing: options.missing, keepOthers: out !== undefined };
  const chunks = isTableDensity(model)
    ? scoreDensity(model, source, unseen as UnseenCategories, { ...reading, cells: cells === true })
    : scoreFlow(model, source, reading);
  const scored = summed(chunks, summary);
  if (out === undefined) await printScores(scored, options);
  else await writeScores(out, scored, options);
  if (options.json === true) {
    await print(`${JSON.stringify(summary.toJson())}\n`);
    return;
  }
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

/** Some rows of the file and their scores. */
interface ScoredChunk {
  readonly table: CsvTable;
  readonly scores: Float64Array;
  /** The log-probability of each cell, by the name of its column. */
  readonly cells?: readonly { readonly name: string; readonly values: Float64Array }[];
}

/** Adds the scores of chunks as they come. */
async function* summed(chunks: AsyncIterable<ScoredChunk>, summary: Summary): AsyncGenerator<ScoredChunk> {
  for await (const chunk of chunks) {
    summary.add(chunk.scores, chunk.table);
    yield chunk;
  }
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
  { missing, escapeFormulas }: ScoreOptions,
): Promise<void> {
  const guard = new FormulaGuard();
  let scoreName = "log_density";
  const tables = async function* (): AsyncGenerator<Table> {
    for await (const { table, scores, cells = [] } of chunks) {
      const names = table.columns.map(({ name }) => name);
      scoreName = freeName("log_density", names);
      const rows = { name: freeName("row", names), kind: "number", values: table.rowNumbers } as const;
      const columns = [
        ...(missing === "drop" ? [rows] : []),
        ...table.columns,
        ...cells.map(
          ({ name, values }) => ({ name: freeName(`log_density of ${name}`, names), kind: "number", values }) as const,
        ),
        { name: scoreName, kind: "number", values: scores } as const,
      ];
      yield guard.look({ rows: table.rows, columns });
    }
  };
  await writeCsv(out, tables(), { escapeFormulas });
  if (scoreName !== "log_density") {
    say(`The scores are in the column "${scoreName}", because the file has a column "log_density".`);
  }
  const note = escapeFormulas ? undefined : guard.note();
  if (note !== undefined) say(note);
}

/** Mean and standard error of a stream of numbers (Welford 1962). */
class Summary {
  rows = 0;
  dropped = 0;
  droppedBy: ReadonlyMap<string, number> = new Map();
  private mean = 0;
  private squares = 0;

  add(values: Float64Array, { dropped, droppedBy }: Pick<CsvTable, "dropped" | "droppedBy">): void {
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
    for (const value of values) {
      this.rows += 1;
      const delta = value - this.mean;
      this.mean += delta / this.rows;
      this.squares += delta * (value - this.mean);
    }
  }

  toJson(): { rows: number; meanLogDensity: number | null; standardError: number | null } {
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return {
      rows: this.rows,
      meanLogDensity: this.rows === 0 ? null : finite(this.mean),
      standardError: this.rows < 2 ? null : finite(Math.sqrt(this.squares / (this.rows - 1) / this.rows)),
    };
  }
}
