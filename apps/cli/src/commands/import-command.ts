import { Command, Option } from "commander";
import { forceOption, lazily, requireOption } from "../options/command-parts.ts";
import { integer, names, nonNegative, path, positive } from "../options/options.ts";

/** `pushforward import`: a model of zuko, nflows or sbi as a model file of ours. */
export function importCommand(): Command {
  const command = new Command("import")
    .description(
      "Make a model file from the state_dict of a PyTorch flow, saved as safetensors: MAF, NSF, NICE, RealNVP and GMM of zuko; " +
        "MAF, NSF and RealNVP of nflows; those of sbi. What the file does not tell is asked for.",
    )
    .argument("<file.safetensors>", "the state_dict", path)
    .usage("<file.safetensors> --from <library> --out <model.safetensors> [options]");
  requireOption(command, new Option("--from <library>", "library that wrote the file").choices(["zuko", "nflows"]));
  requireOption(command, new Option("--out <model.safetensors>", "where the model goes"));
  command
    .option("--columns <names>", "names of the variables (default: x1,x2,…)", names)
    .option("--context <names>", "names of the context's columns (default: c1,c2,…)", names);
  return addLibraryOptions(command)
    .option(
      "--reference <reference.csv>",
      "densities by the library itself, which the model must give: the columns and log_density",
    )
    .option("--tolerance <x>", "largest difference, relative above 1 (default: 1e-4)", positive)
    .addOption(forceOption())
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option(
      "--json",
      "print {library, columns, context, parameters, checked, model} on standard output, and nothing else",
    )
    .action(lazily(async () => (await import("./import.ts")).runImport));
}

/** Adds the options that say what a file of a library does not. */
function addLibraryOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--flow <class>", "zuko: the class; needed for splines").choices([
        "maf",
        "nsf",
        "nice",
        "realNvp",
        "gmm",
        "bpf",
        "sospf",
        "gf",
        "ncsf",
      ]),
    )
    .option("--zuko-version <version>", "zuko: the version that made it, for the slope and epsilon that follow from it")
    .option("--slope <x>", "zuko: the smallest slope", positive)
    .option("--bound <x>", "zuko: splines and polynomials act on [-x, x] (default: 5)", positive)
    .option("--polynomials <n>", "zuko: polynomials of a SOSPF", integer(1))
    .addOption(
      new Option("--affine <kind>", "zuko: what a transform of two unnamed vectors is").choices(["plain", "monotonic"]),
    )
    .option("--features <n>", "zuko: variables of a GMM with a context", integer(1))
    .addOption(
      new Option("--covariance <kind>", "zuko: of a GMM with a context (default: full)").choices([
        "full",
        "diagonal",
        "spherical",
      ]),
    )
    .option("--tied", "zuko: one covariance for all components of a GMM with a context")
    .option("--epsilon <x>", "zuko: what a GMM adds to standard deviations", nonNegative)
    .option(
      "--tail-bound <x>",
      "nflows: splines act on [-x, x] (default: 3 for those of sbi and construct_nsf)",
      positive,
    )
    .addOption(
      new Option("--spline <kind>", "nflows: kind of the splines, which a file does not show").choices([
        "rational-quadratic",
        "linear",
        "quadratic",
        "cubic",
      ]),
    )
    .option("--softmax-scale <x>", "nflows: factor of widths and heights of splines", positive)
    .addOption(
      new Option("--activation <name>", "of the networks (default: relu, tanh for a MAF of sbi)").choices([
        "relu",
        "tanh",
        "elu",
        "silu",
      ]),
    );
}
