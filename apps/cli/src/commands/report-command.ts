import { Command, Option } from "commander";
import { forceOption, lazily } from "../options/command-parts.ts";
import { integer, path } from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT } from "../options/query-option.ts";
import { addReadOptions } from "../options/read-options.ts";

/** Most training rows, and most held-out rows, that a report is made of. */
const MOST_ROWS = 50_000;

/** `pushforward report`: how good a model and its samples are, on one page. */
export function reportCommand(): Command {
  const command = new Command("report")
    .description(
      "Report on a model and its samples on one page: what it has learned, quality, calibration, odd rows, privacy.",
    )
    .argument("<model.safetensors>", "the model", path)
    .argument("[data]", `${DATA_ARGUMENT}; the one that it was fitted on`, path)
    .option("--out <report.html>", "write the page to a file")
    .addOption(forceOption())
    .option("--holdout <file.csv>", "rows that the model was not fitted on, for calibration and privacy", path)
    .option("--split-column <name>", "a column of the words train, val and test: the test rows are held out")
    .option(
      "--rows <n>",
      "most rows of the table and of those held out that are used, at random",
      integer(10),
      MOST_ROWS,
    )
    .option("--seed <n>", "decides every random number", integer(0), 0);
  return addQueryOption(addReadOptions(command))
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print all numbers on standard output as one JSON document")
    .action(lazily(async () => (await import("./report.ts")).runReport));
}
