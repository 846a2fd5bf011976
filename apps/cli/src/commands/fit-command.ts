import { Command, Option } from "commander";
import { FLOW_NAMES } from "../fit/flow-names.ts";
import { forceOption, lazily, redisOption, requireOption } from "../options/command-parts.ts";
import {
  contaminatedShare,
  heldOutFraction,
  integer,
  names,
  once,
  path,
  positive,
  threadCount,
  widths,
} from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT } from "../options/query-option.ts";
import { addReadOptions } from "../options/read-options.ts";

/** Sizes beyond which a mistake is more likely than a model. */
const MAX_TRANSFORMS = 1000;

const MAX_BINS = 1000;

const MAX_MEMBERS = 100;

/** Rows below which a sample says little of a table. */
const LEAST_MEMORY_ROWS = 100;

/** `pushforward fit`: learns the density of a table. */
export function fitCommand(): Command {
  const command = new Command("fit")
    .description(
      "Learn the density of the columns of a table: numbers, categories, dates, with or without missing cells.",
    )
    .argument("[data]", DATA_ARGUMENT, path)
    .usage("<data> --out <model.safetensors> [options]");
  requireOption(command, new Option("--out <model.safetensors>", "where the model goes"));
  command
    .addOption(forceOption())
    .addOption(
      new Option(
        "--flow <name>",
        "architecture; table: the density of any table; copula: a Gaussian copula, a fast baseline",
      )
        .choices(FLOW_NAMES)
        .default("auto"),
    )
    .addOption(
      new Option(
        "--quality <name>",
        "of numbers: one flow, a mixture of two or three, or of six; of other tables: up to 1, 3 or 6 networks per column",
      ).choices(["fast", "default", "best"]),
    )
    .option(
      "--declare <kinds>",
      'what columns are: "age:integer,zip:category,when:date(%d/%m/%Y),pay:positive,score:interval(0,100),angle:circular(360),size:ordinal(S<M<L)"; also real, boolean, id, text',
      once,
    )
    .option("--select", "of auto: keep the best flow alone instead of a mixture")
    .option("--no-dequantize", "of auto: learn integers and other steps as they are, without noise")
    .option("--kernel-baseline", "of auto: also measure a kernel density estimate; not with --context")
    .option("--columns <names>", "columns to learn, with commas between them (default: all that have a density)", names)
    .option("--context <names>", "columns to condition on: they are given, not learned", names)
    .option("--split-column <name>", "a column that says train, val or test for each row")
    .option(
      "--validation <fraction>",
      "rows held out for early stopping, where no column says val (default: 0.1)",
      heldOutFraction,
    );
  return addReadOptions(
    addQueryOption(command),
    "learn the numeric columns only, and refuse rows with missing values in them or leave them out (default: learn all columns, and that cells are missing)",
  )
    .option(
      "--memory-rows <n>",
      "rows that are held in memory; of a larger table a random sample of so many, and a density of numbers is trained on all rows from disk (default: what takes about a gigabyte)",
      integer(LEAST_MEMORY_ROWS),
    )
    .option("--epochs <n>", "maximum number of epochs", integer(1))
    .option("--patience <n>", "epochs without improvement before it stops", integer(1))
    .option("--batch-size <n>", "batch size", integer(1))
    .option("--learning-rate <x>", "initial learning rate (cosine decay to 0)", positive)
    .option("--transforms <n>", "layers of the flow", integer(1, MAX_TRANSFORMS))
    .option("--hidden <sizes>", "widths of the networks, for instance 64,64", widths)
    .option("--bins <n>", "bins of a spline", integer(2, MAX_BINS))
    .option(
      "--members <n>",
      "of a table: most networks per column, whose probabilities are averaged (default: up to 3, while they help)",
      integer(1, MAX_MEMBERS),
    )
    .option(
      "--checkpoint <file>",
      "of a table: save the state of the fit there every few seconds, and remove it at the end",
      path,
    )
    .addOption(
      redisOption(
        "of auto: have the members trained by pushforward worker on any number of machines, to the same model",
      ),
    )
    .option(
      "--jobs <folder>",
      "with --redis: where the machines exchange rows and members, removed at the end (default: the file of --out with .jobs)",
      path,
    )
    .option(
      "--resume",
      "go on from the file of --checkpoint, or with the members in the folder of --jobs, to the same model",
    )
    .option("--keep-partial", "after Ctrl-C, write the best model so far to --out; the exit code is 130 as without it")
    .option("--no-anomalies", "do not learn which rows are odd, for score --top, --p-value and --explain")
    .option(
      "--contaminated <share>",
      "the share of the rows that may be odd themselves, when it is learned which are",
      contaminatedShare,
    )
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--threads <n>", "threads that train; the same number gives the same model", threadCount, "auto")
    .option("--json", "print one JSON document on standard output, and nothing else")
    .option("--progress", "with --json: tell the progress on standard error, too")
    .action(lazily(async () => (await import("./fit.ts")).runFit));
}
