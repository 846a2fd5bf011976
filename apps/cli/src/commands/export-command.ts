import { Command, Option } from "commander";
import { forceOption, lazily, requireOption } from "../options/command-parts.ts";
import { path } from "../options/options.ts";

/** `pushforward export`: a model file as the state_dict of a PyTorch flow, or as a model of ONNX. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description(
      "Write a model as an ONNX file, which scores or draws rows in any engine, as one page that works offline, or as the " +
        "state_dict of a flow of zuko or nflows, a safetensors file that load_state_dict takes. For these the model must be " +
        "made of their layers: an imported one is.",
    )
    .argument("<model.safetensors>", "the model", path)
    .usage("<model.safetensors> --to <format> --out <file> | --html <page.html> [options]");
  const html = new Option("--html <page.html>", "one offline page that scores, samples and draws").conflicts([
    "to",
    "out",
  ]);
  requireOption(
    command,
    new Option("--to <format>", "ONNX, or the library whose layers to write").choices(["onnx", "zuko", "nflows"]),
    html,
  );
  requireOption(command, new Option("--out <file>", "where it goes"), html);
  return command
    .addOption(
      new Option("--task <kind>", "what an ONNX file computes: log-densities of rows, or rows from random numbers")
        .choices(["density", "sampler"])
        .default("density"),
    )
    .addOption(
      new Option(
        "--layout <kind>",
        "keys of one list of layers, of construct_maf and construct_nsf (nflows), or of an estimator of sbi",
      )
        .choices(["flat", "original", "sbi"])
        .default("flat"),
    )
    .addOption(html)
    .addOption(forceOption())
    .action(lazily(async () => (await import("./export.ts")).runExport));
}
