import { Command, Option } from "commander";
import { forceOption, lazily, requireOption } from "../options/command-parts.ts";
import { integer, names, path } from "../options/options.ts";
import { addReadOptions } from "../options/read-options.ts";

/** `pushforward plot`: a picture of a density. */
export function plotCommand(): Command {
  const command = new Command("plot")
    .description("Draw a model: a curve for one column, contours for two, a pair plot of samples for more.")
    .argument("<model.safetensors>", "the model", path)
    .usage("<model.safetensors> --out <picture> [options]");
  requireOption(command, new Option("--out <picture>", "a file that ends in .svg or .png"));
  command
    .addOption(forceOption())
    .option("--data <data.csv>", "rows to draw beside the model; - reads standard input")
    .option(
      "--context <context.csv>",
      "for a conditional model: the contexts to draw it at (default: each category, or those of the data)",
    )
    .option("--columns <names>", "columns of the pair plot (default: the first 12)", names)
    .option("--title <text>", "heading of the picture")
    .addOption(new Option("--aspect <what>", "equal: one unit of y is as long as one of x").choices(["equal"]))
    .option("--seed <n>", "decides the samples of a pair plot", integer(0), 0);
  return addReadOptions(command)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .action(lazily(async () => (await import("./plot.ts")).runPlot));
}
