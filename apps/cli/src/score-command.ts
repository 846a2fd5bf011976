import { Command, Option } from "commander";
import { type BackendName, type Column, logProbRows, type Table, useBackend } from "pushforward";
import { writeCsv } from "pushforward/node";
import { loadTableModel, type TableModel } from "./model.ts";
import { tableChunks } from "./read-table.ts";
import { contextRows, eventRows, type TableSchema } from "./table-schema.ts";

interface ScoreOptions {
  readonly out?: string;
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
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print {rows, meanLogDensity, standardError} on standard output")
    .action(runScore);
}

async function runScore(modelFile: string, dataFile: string, options: ScoreOptions): Promise<void> {
  await useBackend(options.backend);
  const model = await loadTableModel(modelFile);
  const summary = new Summary();
  const scored = scoredChunks(model, dataFile, summary);
  if (options.out !== undefined) {
    await writeCsv(options.out, scored);
  } else {
    for await (const table of scored) {
      if (options.json === true) continue;
      const scores = table.columns.at(-1) as Column;
      process.stdout.write(`${Array.from(scores.values as Float64Array, String).join("\n")}\n`);
    }
  }
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(summary.toJson())}\n`);
  } else {
    const { rows, meanLogDensity, standardError } = summary.toJson();
    process.stderr.write(`${rows} rows, mean log-density ${format(meanLogDensity)} ± ${format(standardError)} nats\n`);
  }
}

/** The columns of the model and the scores, chunk after chunk. */
async function* scoredChunks(model: TableModel, file: string, summary: Summary): AsyncGenerator<Table> {
  const { schema, flow } = model;
  const names = [...schema.columns, ...schema.context.map((c) => c.name)];
  let row = 1;
  for await (const table of tableChunks(file, { columns: names, kinds: kindsOf(schema), chunkRows: CHUNK_ROWS })) {
    if (table.rows === 0) continue;
    const context = schema.context.length === 0 ? undefined : contextRows(table, schema, file, row);
    const scores = logProbRows(flow, eventRows(table, schema, file), context);
    summary.add(scores);
    row += table.rows;
    yield { rows: table.rows, columns: [...table.columns, { name: "log_density", kind: "number", values: scores }] };
  }
}

function kindsOf(schema: TableSchema): Record<string, "number" | "text"> {
  return Object.fromEntries([
    ...schema.columns.map((name) => [name, "number"] as const),
    ...schema.context.map((c) => [c.name, c.kind === "number" ? "number" : "text"] as const),
  ]);
}

/** Mean and standard error of a stream of numbers (Welford 1962). */
class Summary {
  private rows = 0;
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

function format(value: number | null): string {
  return value === null ? "not finite" : value.toFixed(4);
}
