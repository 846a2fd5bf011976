import { Command, Option } from "commander";
import { forceOption, lazily, requireOption } from "../options/command-parts.ts";
import { fraction, integer, names, path } from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT } from "../options/query-option.ts";
import { addReadOptions } from "../options/read-options.ts";

const MOST_TABLES = 1000;

const MOST_DRAWS = 100_000;

/** `pushforward impute`: fills the missing cells of a table. */
export function imputeCommand(): Command {
  const command = new Command("impute")
    .description(
      "Fill the missing cells of a table with what a model says of them given the other cells of their rows.",
    )
    .argument("<model.safetensors>", "the model", path)
    .argument("[data]", DATA_ARGUMENT, path)
    .usage("<model.safetensors> <data> --out <filled.csv> [options]");
  requireOption(command, new Option("--out <filled>", "where the filled table goes: .csv, .parquet, .arrow, .jsonl"));
  command
    .addOption(forceOption())
    .option("--columns <names>", "columns whose missing cells are filled (default: all of the model)", names)
    .option("--expected", "fill in means of numbers and most probable categories, instead of one draw")
    .option(
      "--multiple <m>",
      "write m tables with different draws below each other, numbered in a column",
      integer(2, MOST_TABLES),
    )
    .option(
      "--intervals <level>",
      "with --expected: add columns with central intervals of numbers, 0.9 for instance",
      fraction,
    )
    .option("--draws <n>", "draws for each row", integer(10, MOST_DRAWS), 100)
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .option("--escape-formulas", "write an apostrophe before texts that a spreadsheet would run", false);
  return addQueryOption(addReadOptions(command))
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .action(lazily(async () => (await import("./impute.ts")).runImpute));
}
