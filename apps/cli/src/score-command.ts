import { Command, Option } from "commander";
import {
  type BackendName,
  type Column,
  logProbRows,
  schemaKinds,
  schemaNames,
  type Table,
  useBackend,
} from "pushforward";
import { writeCsv } from "pushforward/node";
import { checkTarget } from "./check-target.ts";
import { loadTableModel, type TableModel } from "./model.ts";
import { tableSource } from "./read-table.ts";
import { contextRows, eventRows } from "./table-schema.ts";
import { print } from "./terminal.ts";

interface ScoreOptions {
  readonly out?: string;
  readonly missing: "error" | "drop";
  readonly json?: boolean;
  readonly backend: BackendName;
}

const CHUNK_ROWS = 16_384;

/** `pushforward score`: the log-density of each row of a table. */
export function scoreCommand(): Command {
  return new Command("score")
    .description("Print or write the log-density of each row of a CSV file of any size.")
    .argument("<model.safetensors>")
    .argument("<data.csv>", "the table; - reads standard input")
    .option("--out <scores.csv>", "write the model's columns and log_density to a file")
    .addOption(new Option("--missing <what>", "rows with missing values").choices(["error", "drop"]).default("error"))
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print {rows, meanLogDensity, standardError} on standard output, and nothing else")
    .action(runScore);
}

async function runScore(modelFile: string, dataFile: string, options: ScoreOptions): Promise<void> {
  if (options.out !== undefined) await checkTarget(options.out, [modelFile, dataFile]);
  const model = await loadTableModel(modelFile);
  await useBackend(options.backend);
  const summary = new Summary();
  const scored = scoredChunks(model, dataFile, options, summary);
  if (options.out !== undefined) {
    await writeCsv(options.out, scored);
  } else {
    for await (const table of scored) {
      if (options.json === true || table.rows === 0) continue;
      const scores = table.columns.at(-1) as Column;
      await print(`${Array.from(scores.values as Float64Array, String).join("\n")}\n`);
    }
  }
  if (options.json === true) {
    await print(`${JSON.stringify(summary.toJson())}\n`);
    return;
  }
  const { rows, meanLogDensity, standardError } = summary.toJson();
  if (summary.dropped > 0) process.stderr.write(`${summary.dropped} rows with missing values left out\n`);
  const error = standardError === null ? "" : ` ± ${standardError.toFixed(4)}`;
  const mean = meanLogDensity === null ? "not finite" : `${meanLogDensity.toFixed(4)}${error} nats`;
  process.stderr.write(rows === 0 ? "0 rows\n" : `${rows} rows, mean log-density ${mean}\n`);
}

/** The columns of the model and the scores, chunk after chunk. */
async function* scoredChunks(
  { schema, flow }: TableModel,
  file: string,
  { missing }: ScoreOptions,
  summary: Summary,
): AsyncGenerator<Table> {
  const { name, chunks } = tableSource(file);
  for await (const table of chunks({
    columns: schemaNames(schema),
    kinds: schemaKinds(schema),
    missing,
    chunkRows: CHUNK_ROWS,
  })) {
    summary.dropped += table.dropped;
    const context = schema.context.length === 0 ? undefined : contextRows(table, schema, name, summary.rows + 1);
    const scores = logProbRows(flow, eventRows(table, schema, name), context);
    summary.add(scores);
    yield { rows: table.rows, columns: [...table.columns, { name: "log_density", kind: "number", values: scores }] };
  }
}

/** Mean and standard error of a stream of numbers (Welford 1962). */
class Summary {
  rows = 0;
  dropped = 0;
  private mean = 0;
  private squares = 0;

  add(values: Float64Array): void {
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
