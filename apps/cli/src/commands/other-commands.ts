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

const EXAMPLES = ["earthquakes", "penguins"] as const;

/** The name of an example table. */
export type ExampleName = (typeof EXAMPLES)[number];

/** `pushforward data`: an example table. */
function dataCommand(): Command {
  return new Command("data")
    .description("Write an example table: 342 penguins with missing cells, or 1,707 earthquakes of one week.")
    .addArgument(new Argument("<name>", "the table").choices(EXAMPLES))
    .option("--out <file>", "output file, .csv, .parquet, .arrow or .jsonl (default: CSV on standard output)", path)
    .addOption(forceOption())
    .action(lazily(async () => (await import("./data.ts")).runData));
}

const MOST_PORT = 65_535;

const MOST_WORKERS = 256;

/** `pushforward serve`: models over HTTP. */
function serveCommand(): Command {
  return new Command("serve")
    .description("Serve models over HTTP: densities, samples, questions, odd rows and filled cells, until Ctrl-C.")
    .argument("<model.safetensors...>", "the models; each is named after its file")
    .option("--port <n>", "port to listen at; 0 takes a free one", integer(0, MOST_PORT), 8080)
    .option("--host <address>", "address to listen at; 0.0.0.0 is all of this machine", "127.0.0.1")
    .option(
      "--allowed-hosts <names>",
      "names that requests may use for this server, besides localhost, its addresses and --host; * allows any",
      names,
    )
    .option(
      "--token <file>",
      `a file with the token that requests must carry (default: $${TOKEN_VARIABLE}, else none)`,
      path,
    )
    .option("--no-watch", "do not load model files again when they change")
    .option("--max-rows <n>", "maximum rows of a request, and of its answer", integer(1), MOST_ANSWER_ROWS)
    .option("--max-body <MiB>", "most MiB of a body", positive, 16)
    .option("--timeout <seconds>", "most seconds to send a request, to wait, and to be computed", seconds, 30)
    .option(
      "--workers <n>",
      "worker processes for heavy requests; half as many more, at least one, take light ones (default: one less than cores, at least 1)",
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
    .description("Serve tools for agents over standard input and output: the commands, on the files of one folder.")
    .usage("--folder <folder> [options]");
  requireOption(
    command,
    new Option("--folder <folder>", "the folder; nothing outside of it is read or written").argParser(path),
  );
  return command
    .option("--max-file <MiB>", "most MiB of a file that is read", positive, 512)
    .option("--timeout <seconds>", "most seconds of a call", seconds, 3600)
    .action(lazily(async () => (await import("./mcp.ts")).runMcp(version)));
}

/** `pushforward plot`: a picture of a density. */
function plotCommand(): Command {
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

/** `pushforward export`: a model file as the state_dict of a PyTorch flow, or as a model of ONNX. */
function exportCommand(): Command {
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

/** `pushforward import`: a model of zuko, nflows or sbi as a model file of ours. */
function importCommand(): Command {
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

/** Shards and members at once, at most. */
const MOST_THREADS = 256;

/** `pushforward worker`: does the work of `score`, `sample` and `fit` with `--redis`. */
function workerCommand(): Command {
  const command = new Command("worker")
    .description(
      "Do the shards of score --redis and sample --redis and train the members of fit --redis, on any number of machines, until stopped.",
    )
    .usage("--redis <url> [options]");
  requireOption(command, redisOption("where the work is queued, for instance redis://localhost:6379"));
  return command
    .option("--folder <folder>", "read and write in this folder only; the runs and their files are in it", path, ".")
    .option("--concurrency <n>", "shards and members at once, each in a thread", integer(1, MOST_THREADS), 1)
    .action(lazily(async () => (await import("../jobs/worker.ts")).runWorker));
}
