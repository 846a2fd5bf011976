import { MOST_ANSWER_ROWS } from "@pushforward/questions/operations";
import { Argument, Command, Option } from "commander";
import {
  forceOption,
  integer,
  lazily,
  names,
  nonNegative,
  path,
  positive,
  redisOption,
  requireOption,
  seconds,
  TOKEN_VARIABLE,
} from "../options/options.ts";
import { addReadOptions } from "../options/read-options.ts";

/** The commands that are no operations on a model. @param version of this program. */
export function otherCommands(version: string): readonly Command[] {
  return [
    dataCommand(),
    plotCommand(),
    importCommand(),
    exportCommand(),
    workerCommand(),
    serveCommand(),
    mcpCommand(version),
  ];
}

/**
 * `pushforward completion`: a script for a shell.
 *
 * @param all the commands, without this one.
 */
export function completionCommand(all: readonly Command[]): Command {
  const command = new Command("completion")
    .description(
      "Print a script that completes commands and options in a shell, for instance: source <(pushforward completion bash).",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish", "powershell"]));
  return command.action(lazily(async () => (await import("./completion.ts")).runCompletion([...all, command])));
}

/** `pushforward data`: an example table. */
function dataCommand(): Command {
  return new Command("data")
    .description("Write an example table: 342 penguins with missing cells, or 1,707 earthquakes of one week.")
    .addArgument(new Argument("<name>", "the table").choices(["earthquakes", "penguins"]))
    .option(
      "--out <file>",
      "output file, .csv, .parquet, .arrow or .jsonl; - for standard output (default: the name, .csv)",
      path,
    )
    .addOption(forceOption())
    .action(lazily(async () => (await import("./data.ts")).runData));
}

const MOST_PORT = 65_535;

const MOST_WORKERS = 256;

/** `pushforward serve`: models over HTTP. */
function serveCommand(): Command {
  return new Command("serve")
    .description("Serve models over HTTP: densities, samples, conditions, anomalies and imputation, until Ctrl-C.")
    .argument("<model.safetensors...>", "the models, named after their files")
    .option("--port <n>", "port; 0 selects a free port", integer(0, MOST_PORT), 8080)
    .option("--host <address>", "address to listen on; 0.0.0.0 means all interfaces", "127.0.0.1")
    .option(
      "--allowed-hosts <names>",
      "host names accepted in requests, in addition to localhost, local addresses and --host; * allows all",
      names,
    )
    .option(
      "--token <file>",
      `file with the token that requests must have (default: $${TOKEN_VARIABLE}, else none)`,
      path,
    )
    .option("--no-watch", "do not reload model files when they change")
    .option("--max-rows <n>", "maximum number of rows in a request or an answer", integer(1), MOST_ANSWER_ROWS)
    .option("--max-body <MiB>", "maximum size of a body", positive, 16)
    .option("--timeout <seconds>", "maximum time to receive, queue and compute a request, each", seconds, 30)
    .option(
      "--workers <n>",
      "worker processes for heavy requests, plus half of that number, at least 1, for light requests (default: cores − 1, at least 1)",
      integer(1, MOST_WORKERS),
    )
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .action(lazily(async () => (await import("./serve.ts")).runServe));
}

/**
 * `pushforward mcp`: tools for agents.
 *
 * @param version of this program.
 */
function mcpCommand(version: string): Command {
  const command = new Command("mcp")
    .description(
      "Serve the commands as tools for agents (MCP over standard input and output), with access to one folder.",
    )
    .usage("--folder <folder> [options]");
  requireOption(
    command,
    new Option("--folder <folder>", "the folder; files outside are not accessible").argParser(path),
  );
  return command
    .option("--max-file <MiB>", "maximum size of an input file", positive, 512)
    .option("--timeout <seconds>", "maximum time of a call", seconds, 3600)
    .action(lazily(async () => (await import("./mcp.ts")).runMcp(version)));
}

/** `pushforward plot`: a picture of a density. */
function plotCommand(): Command {
  const command = new Command("plot")
    .description("Plot a model: a curve for one column, contours for two, a pair plot of samples for more.")
    .argument("<model.safetensors>", "the model", path)
    .usage("<model.safetensors> --out <picture> [options]");
  requireOption(command, new Option("--out <picture>", "output file, .svg or .png"));
  command
    .addOption(forceOption())
    .option("--data <data.csv>", "rows to plot with the model; - reads standard input")
    .option(
      "--context <context.csv>",
      "for a conditional model: contexts to plot (default: each category, or the contexts of the data)",
    )
    .option("--columns <names>", "columns of the pair plot (default: the first 12)", names)
    .option("--title <text>", "title of the plot")
    .addOption(new Option("--aspect <what>", "equal: same length for one unit of x and y").choices(["equal"]))
    .option("--seed <n>", "random seed for the samples of a pair plot", integer(0), 0);
  return addReadOptions(command)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .action(lazily(async () => (await import("./plot.ts")).runPlot));
}

/** `pushforward export`: a model file as the state_dict of a PyTorch flow, or as a model of ONNX. */
function exportCommand(): Command {
  const command = new Command("export")
    .description(
      "Export a model as an ONNX file that scores or draws rows in any engine, as one offline page, or as the state_dict " +
        "of a zuko or nflows flow (safetensors). A state_dict needs a model with the layers of that library, such as an imported model.",
    )
    .argument("<model.safetensors>", "the model", path)
    .usage("<model.safetensors> --to <format> --out <file> | --html <page.html> [options]");
  const html = new Option("--html <page.html>", "one offline page that scores, samples and plots").conflicts([
    "to",
    "out",
  ]);
  requireOption(
    command,
    new Option("--to <format>", "ONNX, or the library of the state_dict").choices(["onnx", "zuko", "nflows"]),
    html,
  );
  requireOption(command, new Option("--out <file>", "output file"), html);
  return command
    .addOption(
      new Option("--task <kind>", "task of the ONNX file: log-densities of rows, or rows from random numbers")
        .choices(["density", "sampler"])
        .default("density"),
    )
    .addOption(
      new Option(
        "--layout <kind>",
        "key layout: one list of layers, construct_maf and construct_nsf (nflows), or an sbi estimator",
      )
        .choices(["flat", "original", "sbi"])
        .default("flat"),
    )
    .addOption(html)
    .addOption(forceOption())
    .action(lazily(async () => (await import("./export.ts")).runExport));
}

/** `pushforward import`: a model of zuko, nflows or sbi as a model file of ours. */
function importCommand(): Command {
  const command = new Command("import")
    .description(
      "Convert the state_dict of a PyTorch flow (safetensors) to a model file: MAF, NSF, NICE, RealNVP and GMM of zuko; " +
        "MAF, NSF and RealNVP of nflows and sbi. Missing constructor arguments are options.",
    )
    .argument("<file.safetensors>", "the state_dict", path)
    .usage("<file.safetensors> --from <library> --out <model.safetensors> [options]");
  requireOption(command, new Option("--from <library>", "library of the state_dict").choices(["zuko", "nflows"]));
  requireOption(command, new Option("--out <model.safetensors>", "output file for the model"));
  command
    .option("--columns <names>", "names of the variables (default: x1,x2,…)", names)
    .option("--context <names>", "names of the context's columns (default: c1,c2,…)", names);
  return addLibraryOptions(command)
    .option(
      "--reference <reference.csv>",
      "log-densities computed by the library, to verify the import: the columns and log_density",
    )
    .option("--tolerance <x>", "largest difference, relative above 1 (default: 1e-4)", positive)
    .addOption(forceOption())
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--json", "print {library, columns, context, parameters, checked, model} as JSON on standard output")
    .action(lazily(async () => (await import("./import.ts")).runImport));
}

/** Adds the options with settings that a library's file does not contain. */
function addLibraryOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--flow <class>", "zuko: the class; required for splines").choices([
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
    .option("--zuko-version <version>", "zuko: version of the library, which determines slope and epsilon")
    .option("--slope <x>", "zuko: the smallest slope", positive)
    .option("--bound <x>", "zuko: splines and polynomials act on [-x, x] (default: 5)", positive)
    .option("--polynomials <n>", "zuko: polynomials of a SOSPF", integer(1))
    .addOption(
      new Option("--affine <kind>", "zuko: type of a transform with two unnamed vectors").choices([
        "plain",
        "monotonic",
      ]),
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
    .option("--epsilon <x>", "zuko: constant added to standard deviations of a GMM", nonNegative)
    .option("--tail-bound <x>", "nflows: splines act on [-x, x] (default: 3 for sbi and construct_nsf)", positive)
    .addOption(
      new Option("--spline <kind>", "nflows: type of the splines, which is not in the file").choices([
        "rational-quadratic",
        "linear",
        "quadratic",
        "cubic",
      ]),
    )
    .option("--softmax-scale <x>", "nflows: factor of widths and heights of splines", positive)
    .addOption(
      new Option("--activation <name>", "activation of the networks (default: relu; tanh for a MAF of sbi)").choices([
        "relu",
        "tanh",
        "elu",
        "silu",
      ]),
    );
}

/** Shards and members at once, at most. */
const MOST_THREADS = 256;

/** `pushforward worker`: does the work of `score`, `sample` and `fit` with `--redis`. */
function workerCommand(): Command {
  const command = new Command("worker")
    .description(
      "Compute shards of score --redis and sample --redis and train members of fit --redis, on any number of machines, until stopped.",
    )
    .usage("--redis <url> [options]");
  requireOption(command, redisOption("server of the queue, for instance redis://localhost:6379"));
  return command
    .option("--folder <folder>", "access only this folder, which contains the runs and their files", path, ".")
    .option(
      "--concurrency <n>",
      "number of shards and members computed in parallel, one per thread",
      integer(1, MOST_THREADS),
      1,
    )
    .action(lazily(async () => (await import("../jobs/worker.ts")).runWorker));
}
