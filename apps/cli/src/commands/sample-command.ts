import { Command, Option } from "commander";
import { addShardOptions } from "../jobs/shard-options.ts";
import { forceOption, lazily, requireOption } from "../options/command-parts.ts";
import { integer, MOST_ROWS, once, path, threadCount } from "../options/options.ts";
import { addReadOptions } from "../options/read-options.ts";

/** `pushforward sample`: new rows from a model. */
export function sampleCommand(): Command {
  const command = new Command("sample")
    .description("Draw new rows from a model, in the units of its table.")
    .argument("<model.safetensors>", "the model", path)
    .usage("<model.safetensors> -n <count> [options]");
  requireOption(
    command,
    new Option(
      "-n, --count <n>",
      "number of rows; for a conditional model, rows for each row of the context",
    ).argParser(integer(1, MOST_ROWS)),
  );
  command
    .option("--context <contexts.csv>", "the contexts to draw at, for a conditional model; - reads standard input")
    .option(
      "--given <conditions>",
      'what is known of the rows, for instance "age=30,size>=2,group=A", or a file with a row for each question, whose empty cells are drawn; -n rows for each',
      once,
    )
    .option(
      "--where <conditions>",
      'conditions that rows must meet, for instance "temp_min<=temp_max,age>=18": others are drawn anew and counted',
      once,
    )
    .option("--combinations <columns>", "columns whose values must stand together in a row of --data", once)
    .option("--data <data.csv>", "the table of --combinations")
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .option("--out <samples>", "where the rows go: .csv, .parquet, .arrow, .jsonl (default: CSV to standard output)")
    .addOption(forceOption())
    .option("--escape-formulas", "write an apostrophe before texts that a spreadsheet would run", false);
  return addShardOptions(addReadOptions(command), "parquet")
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--threads <n>", "threads that draw: all of the machine for many rows", threadCount, "auto")
    .action(lazily(async () => (await import("./sample.ts")).runSample));
}
