import type { AnswerField, JsonSchema, OptionDescription, Surface } from "./operation.ts";

export const COMMAND: readonly Surface[] = ["command"];
export const TOOL: readonly Surface[] = ["tool"];

export const MODEL: OptionDescription = {
  ...{ type: "model", on: ["command", "tool"], isRequired: true, help: "the model" },
  but: { tool: { help: "a model file of the folder, for instance penguins.safetensors" } },
};
export const DATA: OptionDescription = {
  ...{ type: "table", isRequired: true },
  help: "the table: CSV, also with gzip or Zstandard, Parquet, Arrow, JSON lines, npy, npz, SQLite; a pattern like 'x-*.parquet'; - reads CSV from standard input",
  but: {
    tool: { help: "a table of the folder: CSV, Parquet, Arrow, JSON lines, npy, SQLite" },
    route: { isRequired: false, help: "Rows as objects of cells by column; null is a missing cell" },
  },
};
export const SEED: OptionDescription = {
  ...{ type: "integer", value: "<n>", min: 0, max: Number.MAX_SAFE_INTEGER, default: 0, help: "random seed" },
};
export const FORCE: OptionDescription = {
  ...{ type: "flag", on: COMMAND, help: "replace any file, not only output of the same command" },
};
export const ESCAPE_FORMULAS: OptionDescription = {
  ...{ type: "flag", default: false, on: COMMAND },
  help: "write an apostrophe before texts that a spreadsheet would run",
};
export const BACKEND: OptionDescription = {
  ...{ type: "word", words: ["wasm", "cpu"], value: "<name>", default: "wasm", on: COMMAND, help: "compute backend" },
};

export const numberField = (description: string): JsonSchema => ({ type: ["number", "null"], description });
export const integerField = (description: string): JsonSchema => ({ type: "integer", description });

/** Endings of tables that are written. */
const TABLES: readonly string[] = [".csv", ".parquet", ".arrow", ".jsonl"];

export const CELL: JsonSchema = { type: ["number", "string", "boolean", "null"] };
export const ROUTE: readonly Surface[] = ["route"];
export const numbers = (description: string): JsonSchema => ({
  ...{ type: "array", items: { type: ["number", "null"] }, description },
});
export const onRoute = (schema: JsonSchema, isOptional: boolean = false): AnswerField => ({
  schema,
  on: ROUTE,
  isOptional,
});

export const OTHERS: OptionDescription = {
  ...{ type: "word", words: ["refuse", "ignore"], default: "refuse", on: ROUTE },
  help: "unknown columns: reject the request, or ignore the columns",
};
export const MISSING: OptionDescription = {
  ...{ type: "word", words: ["error", "drop"], value: "<what>", on: ["command", "tool"] },
  help: "rows with missing values: report an error, or drop the rows (default: error; table models accept missing values)",
};
export const JSON_FLAG: OptionDescription = {
  ...{ type: "flag", on: COMMAND },
  help: "print one JSON document on standard output, and no other text",
};
export const OUT: OptionDescription = {
  ...{ type: "output", endings: TABLES, on: ["command", "tool"] },
  help: "output file for the rows",
};
