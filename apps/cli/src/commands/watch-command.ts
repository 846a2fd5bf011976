import { Command, Option } from "commander";
import { lazily } from "../options/command-parts.ts";
import { fraction, integer, path } from "../options/options.ts";
import { addReadOptions } from "../options/read-options.ts";

/** `pushforward watch`: an alarm when the rows of a stream are no longer like those of a model. */
export function watchCommand(): Command {
  const command = new Command("watch")
    .description("Watch a stream of rows, and raise an alarm when they drift away from a model or a reference.")
    .argument("<model.safetensors>", "the model", path)
    .argument("[data.csv]", "the stream; - reads standard input", path, "-")
    .option(
      "--reference <held-out.csv>",
      "rows like those to come, which the model was not trained on (default: rows drawn from the model)",
      path,
    )
    .option("--level <probability>", "probability of a false alarm, ever", fraction, 0.05)
    .option("--follow", "wait for rows that are appended to the file, until Ctrl-C, which exits with 0")
    .option("--fail", "exit with code 1 if there was an alarm; with --follow, end at the first one")
    .option("--seed <n>", "decides every random number", integer(0), 0);
  return addReadOptions(command)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print {rows, level, reference, evidence, alarms}; with --follow, a line for each alarm")
    .action(lazily(async () => (await import("./watch.ts")).runWatch));
}
