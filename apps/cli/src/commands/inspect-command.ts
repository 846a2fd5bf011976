import { Command } from "commander";
import { lazily } from "../options/command-parts.ts";
import { path } from "../options/options.ts";

/** `pushforward inspect`: what is in a model file. */
export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Show what is in a model file: its columns, how it was fitted, the tree of the model.")
    .argument("<model.safetensors>", "the model", path)
    .option("--json", "print one JSON document on standard output")
    .action(lazily(async () => (await import("./inspect.ts")).runInspect));
}
