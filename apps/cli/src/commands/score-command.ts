import { Command, Option } from "commander";
import { addShardOptions } from "../jobs/shard-options.ts";
import { forceOption, lazily } from "../options/command-parts.ts";
import { integer, names, path, threadCount } from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT } from "../options/query-option.ts";
import { addReadOptions } from "../options/read-options.ts";

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
  return addShardOptions(addQueryOption(addReadOptions(command)), "as the files of the table")
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--threads <n>", "threads that score: all of the machine for large tables", threadCount, "auto")
    .option("--json", "print {rows, meanLogDensity, standardError} on standard output, and nothing else")
    .action(lazily(async () => (await import("./score.ts")).runScore));
}
