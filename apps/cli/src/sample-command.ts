import { Command, Option } from "commander";
import {
  type BackendName,
  type Column,
  createKey,
  formatCsv,
  type NdArray,
  sampleRows,
  type Table,
  takeTableRows,
  useBackend,
} from "pushforward";
import { writeCsv } from "pushforward/node";
import { loadTableModel, type TableModel } from "./model.ts";
import { integer } from "./options.ts";
import { readTable } from "./read-table.ts";
import { contextRows } from "./table-schema.ts";
import { UserError } from "./user-error.ts";

interface SampleOptions {
  readonly count: number;
  readonly context?: string;
  readonly seed: number;
  readonly out?: string;
  readonly backend: BackendName;
}

/** `pushforward sample`: new rows from a model. */
export function sampleCommand(): Command {
  return new Command("sample")
    .description("Draw new rows from a model, in the units of its table.")
    .argument("<model.safetensors>")
    .requiredOption(
      "-n, --count <n>",
      "number of rows; for a conditional model, rows for each row of the context",
      integer(1),
    )
    .option("--context <contexts.csv>", "the contexts to draw at, for a conditional model")
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .option("--out <samples.csv>", "where the rows go (default: standard output)")
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm"))
    .action(runSample);
}

async function runSample(modelFile: string, options: SampleOptions): Promise<void> {
  await useBackend(options.backend);
  const model = await loadTableModel(modelFile);
  const table = await sampleTable(model, options.count, options.seed, options.context, modelFile);
  if (options.out === undefined) process.stdout.write(formatCsv(table));
  else {
    await writeCsv(options.out, table);
    process.stderr.write(`${table.rows} rows: ${options.out}\n`);
  }
}

async function sampleTable(
  { flow, schema }: TableModel,
  count: number,
  seed: number,
  contextFile: string | undefined,
  modelFile: string,
): Promise<Table> {
  const key = createKey(seed);
  if (schema.context.length === 0) {
    if (contextFile !== undefined)
      throw new UserError(`${modelFile}: expected no --context, because the model takes none.`);
    const draws = sampleRows(flow, key, count);
    return { rows: count, columns: columnsOf(schema.columns, draws) };
  }
  const names = schema.context.map((c) => c.name);
  if (contextFile === undefined) {
    throw new UserError(`${modelFile}: expected --context with a file of the columns ${names.join(", ")}, got none.`);
  }
  const contexts = await readTable(contextFile, { columns: names });
  const draws = sampleRows(flow, key, count, contextRows(contexts, schema, contextFile));
  const repeated = takeTableRows(
    contexts,
    Int32Array.from({ length: contexts.rows * count }, (_, i) => Math.floor(i / count)),
  );
  return { rows: repeated.rows, columns: [...repeated.columns, ...columnsOf(schema.columns, draws)] };
}

/** The columns of drawn rows. */
export function columnsOf(names: readonly string[], draws: NdArray): Column[] {
  const rows = draws.shape[0] as number;
  return names.map((name, j) => ({
    name,
    kind: "number",
    values: Float64Array.from({ length: rows }, (_, i) => draws.data[i * names.length + j] as number),
  }));
}
