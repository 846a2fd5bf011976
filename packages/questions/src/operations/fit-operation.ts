import { architectureNames } from "@pushforward/flows/architectures";
import type { OperationDescription, Surface } from "./operation.ts";
import { BACKEND, COMMAND, DATA, FORCE, numberField, SEED } from "./shared.ts";

/** Sizes beyond which a mistake is more likely than a model. */
const MOST_LAYERS = 1000;
const MOST_BINS = 1000;
const MOST_MEMBERS = 100;
const MOST_EPOCHS = 1_000_000;
/** Minimum number of rows for a sample that is informative about a table. */
const LEAST_MEMORY_ROWS = 100;

const BOTH: readonly Surface[] = ["command", "tool"];

/** Learning a model: the command has all options, the tool has the options that matter to an agent. */
export const FIT: OperationDescription = {
  ...{ name: "fit", on: BOTH, prints: "json", flags: ["--progress"] },
  help: "Learn the density of the columns of a table: numbers, categories, dates, with or without missing cells.",
  usage: "<data> --out <model.safetensors> [options]",
  options: {
    data: DATA,
    out: {
      ...{ type: "output", value: "<model.safetensors>", endings: [".safetensors"], isRequired: true },
      help: "output file for the model",
      but: { tool: { help: "output file for the model, *.safetensors" } },
    },
    force: FORCE,
    flow: {
      ...{
        type: "word",
        value: "<name>",
        words: ["auto", "gmm", "table", "copula", ...architectureNames],
        default: "auto",
      },
      help: "architecture; table: the density of any table; copula: a Gaussian copula, a fast baseline",
    },
    quality: {
      ...{ type: "word", value: "<name>", words: ["fast", "default", "best"] },
      help: "fast, default, best: with flow auto 1, 2–3 or 6 flows; for other tables up to 1, 3 or 6 networks per column",
    },
    declare: {
      ...{ type: "declarations", value: "<kinds>" },
      help: 'kinds of columns: "age:integer,zip:category,when:date(%d/%m/%Y),pay:positive,score:interval(0,100),angle:circular(360),size:ordinal(S<M<L)"; also real, boolean, id, text',
    },
    select: {
      ...{ type: "flag", on: COMMAND, help: "with --flow auto: keep the best flow alone instead of a mixture" },
    },
    dequantize: {
      ...{ type: "off", on: COMMAND },
      help: "with --flow auto: learn integers and other evenly spaced numbers without added noise",
    },
    kernelBaseline: {
      ...{ type: "flag", on: COMMAND },
      help: "with --flow auto: also measure a kernel density estimate; not with --context",
    },
    columns: {
      ...{ type: "names", value: "<names>", help: "columns to learn (default: all that have a density)" },
    },
    context: { type: "names", value: "<names>", help: "columns to condition on: they are given, not learned" },
    splitColumn: {
      ...{ type: "text", value: "<name>", help: "a column with train, val or test for each row" },
    },
    validation: {
      ...{ type: "heldOut", value: "<fraction>", on: COMMAND },
      help: "fraction of rows held out for early stopping, unless a column marks rows as val (default: 0.1)",
    },
    missing: {
      ...{ type: "word", value: "<what>", words: ["error", "drop"] },
      help: "learn numeric columns only, and report an error for missing values or drop these rows (default: learn all columns and missing cells)",
    },
    memoryRows: {
      ...{ type: "integer", value: "<n>", min: LEAST_MEMORY_ROWS, on: COMMAND },
      help: "maximum rows kept in memory; larger tables are sampled, and flows stream every row from disk (default: about a gigabyte)",
    },
    epochs: { type: "integer", value: "<n>", min: 1, max: MOST_EPOCHS, help: "maximum number of epochs" },
    patience: {
      ...{ type: "integer", value: "<n>", min: 1, on: COMMAND },
      help: "epochs without improvement before training stops",
    },
    batchSize: { type: "integer", value: "<n>", min: 1, on: COMMAND, help: "batch size" },
    learningRate: {
      ...{ type: "positive", value: "<x>", on: COMMAND, help: "initial learning rate (cosine decay to 0)" },
    },
    transforms: { type: "integer", value: "<n>", min: 1, max: MOST_LAYERS, on: COMMAND, help: "layers of the flow" },
    hidden: { type: "widths", value: "<sizes>", on: COMMAND, help: "widths of the networks, for instance 64,64" },
    bins: { type: "integer", value: "<n>", min: 2, max: MOST_BINS, on: COMMAND, help: "bins of a spline" },
    members: {
      ...{ type: "integer", value: "<n>", min: 1, max: MOST_MEMBERS, on: COMMAND },
      help: "for tables: maximum number of networks per column, averaged (default: up to 3, while the loss improves)",
    },
    rules: {
      ...{ type: "off", on: COMMAND },
      help: "for tables: do not search for rules that all rows satisfy, such as low ≤ high, and that samples keep",
    },
    checkpoint: {
      ...{ type: "path", value: "<file>", on: COMMAND },
      help: "for tables: save the state of the fit to this file every few seconds, and remove it at the end",
    },
    redis: {
      ...{ type: "text", value: "<url>", on: COMMAND },
      help: "with --flow auto: train the members with pushforward worker on any number of machines, to the same model",
    },
    jobs: {
      ...{ type: "path", value: "<folder>", on: COMMAND },
      help: "with --redis: folder in which the machines exchange rows and members, removed at the end (default: the file of --out with .jobs)",
    },
    resume: {
      ...{ type: "flag", on: COMMAND },
      help: "continue from the file of --checkpoint, or with the members in the folder of --jobs, to the same model",
    },
    keepPartial: {
      ...{ type: "flag", on: COMMAND },
      help: "after Ctrl-C, write the best model so far to --out; the exit code is 130 in any case",
    },
    anomalies: {
      ...{ type: "off", on: COMMAND },
      help: "do not learn which rows are anomalous, for score --top, --p-value and --explain",
    },
    contaminated: {
      ...{ type: "contaminated", value: "<share>", on: COMMAND },
      help: "share of training rows that may be anomalous",
    },
    seed: SEED,
    backend: BACKEND,
    threads: {
      ...{ type: "threads", value: "<n>", default: "auto", on: COMMAND },
      help: "number of training threads; the same number produces the same model",
    },
    json: { type: "flag", on: COMMAND, help: "print one JSON document on standard output, and no other text" },
    progress: { type: "flag", on: COMMAND, help: "also report progress on standard error (with --json)" },
  },
  answer: {
    model: { schema: { type: "string", description: "The file that was written." } },
    trainNll: { schema: numberField("Mean negative log-density of the training rows, in nats.") },
    validationNll: { schema: numberField("The same for the validation rows.") },
    testNll: { schema: numberField("The same for the test rows."), isOptional: true },
    seconds: { schema: numberField("Duration of the fit."), isOptional: true },
  },
};
