import { Command, Option } from "commander";
import {
  type BackendName,
  contextNames,
  createKey,
  formatCsv,
  type NdArray,
  sampleColumns,
  sampleRows,
  schemaKinds,
  type Table,
  takeTableRows,
  useBackend,
} from "pushforward";
import { writeCsv } from "pushforward/node";
import { checkTarget } from "./check-target.ts";
import { loadTableModel, type TableModel } from "./model.ts";
import { integer } from "./options.ts";
import { readTable, tableSource, type WholeTable } from "./read-table.ts";
import { takeRows } from "./split-rows.ts";
import { contextRows } from "./table-schema.ts";
import { print } from "./terminal.ts";
import { UserError } from "./user-error.ts";

interface SampleOptions {
  readonly count: number;
  readonly context?: string;
  readonly seed: number;
  readonly out?: string;
  readonly backend: BackendName;
}

/** Rows that are drawn at once: memory does not grow with their number. */
const BLOCK_ROWS = 32_768;

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
    .option("--context <contexts.csv>", "the contexts to draw at, for a conditional model; - reads standard input")
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .option("--out <samples.csv>", "where the rows go (default: standard output)")
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm"))
    .action(runSample);
}

async function runSample(modelFile: string, options: SampleOptions): Promise<void> {
  const { out, context: contextFile } = options;
  if (out !== undefined) await checkTarget(out, [modelFile, ...(contextFile === undefined ? [] : [contextFile])]);
  const model = await loadTableModel(modelFile);
  const contexts = await readContexts(model, contextFile, modelFile);
  await useBackend(options.backend);
  const blocks = sampleBlocks(model, options, contexts);
  if (out === undefined) {
    let header = true;
    for await (const block of blocks) {
      await print(formatCsv(block, { header }));
      header = false;
    }
  } else {
    await writeCsv(out, blocks);
    process.stderr.write(`${options.count * (contexts?.table.rows ?? 1)} rows: ${out}\n`);
  }
}

interface Contexts {
  readonly table: WholeTable;
  readonly vectors: NdArray;
}

async function readContexts(
  { schema }: TableModel,
  file: string | undefined,
  modelFile: string,
): Promise<Contexts | undefined> {
  if (schema.context.length === 0) {
    if (file === undefined) return undefined;
    throw new UserError(`${modelFile}: expected no --context, because the model takes none, got ${file}.`);
  }
  const columns = contextNames(schema);
  if (file === undefined) {
    throw new UserError(
      `${modelFile}: expected --context with a file of the columns ${columns.join(", ")}, because the model is conditional, got none.`,
    );
  }
  const kinds = Object.fromEntries(Object.entries(schemaKinds(schema)).filter(([name]) => columns.includes(name)));
  const source = tableSource(file);
  const table = await readTable(source, { columns, kinds });
  return { table, vectors: contextRows(table, schema, source.name) };
}

/** The drawn rows: those of one context after the other, with the context before them. */
async function* sampleBlocks(
  { flow, schema }: TableModel,
  { count, seed }: SampleOptions,
  contexts: Contexts | undefined,
): AsyncGenerator<Table> {
  const key = createKey(seed);
  const total = count * (contexts?.table.rows ?? 1);
  for (let from = 0, block = 0; from < total; from += BLOCK_ROWS, block++) {
    const rows = Math.min(BLOCK_ROWS, total - from);
    if (contexts === undefined) {
      yield { rows, columns: sampleColumns(schema, sampleRows(flow, key.fold(block), rows)) };
      continue;
    }
    const of = Int32Array.from({ length: rows }, (_, i) => Math.floor((from + i) / count));
    const draws = sampleRows(flow, key.fold(block), 1, takeRows(contexts.vectors, [...of]));
    const given = takeTableRows(contexts.table, of).columns;
    yield { rows, columns: [...given, ...sampleColumns(schema, draws)] };
  }
}
