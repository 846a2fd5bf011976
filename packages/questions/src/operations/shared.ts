import type { JsonSchema, OptionDescription, Surface } from "./operation.ts";

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
