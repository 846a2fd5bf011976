import { FIT } from "./fit-operation.ts";
import {
  type AnswerField,
  MOST_DRAWS,
  MOST_FILE_ROWS,
  MOST_REPORT_ROWS,
  MOST_TABLES,
  MOST_TOOL_ROWS,
  type OperationDescription,
  type OperationName,
  type OptionDescription,
  type Surface,
} from "./operation.ts";
import { EXPLAIN, SCORE } from "./score-operations.ts";
import {
  BACKEND,
  CELL,
  COMMAND,
  DATA,
  ESCAPE_FORMULAS,
  FORCE,
  JSON_FLAG,
  MODEL,
  numberField,
  OUT,
  onRoute,
  SEED,
  TOOL,
} from "./shared.ts";

const COUNT: OptionDescription = {
  ...{ type: "integer", letter: "n", value: "<n>", min: 1, max: MOST_FILE_ROWS, isRequired: true, countsRows: true },
  help: "number of rows; of a conditional model, number of rows for each row of the context",
  but: { tool: { max: MOST_TOOL_ROWS } },
};
const WHERE: OptionDescription = {
  ...{ type: "text", value: "<conditions>", on: ["command", "tool"] },
  help: 'conditions that rows must meet, for instance "temp_min<=temp_max,age>=18": rows that do not are drawn again and counted',
};
/** Rows of an answer. */
const ROWS: AnswerField = onRoute({ type: "array", items: { type: "object", additionalProperties: CELL } });
/** Rows of a tool. */
const TOOL_ROWS: Readonly<Record<"csv" | "out", AnswerField>> = {
  csv: { schema: { type: "string", description: "The rows as CSV, without out." }, on: TOOL, isOptional: true },
  out: { schema: { type: "string", description: "The file that was written." }, on: TOOL, isOptional: true },
};
const SAMPLE: OperationDescription = {
  ...{ name: "sample", on: ["command", "route", "tool"], prints: "rows" },
  help: "Draw new rows from a model, in the units of its table.",
  usage: "<model.safetensors> -n <count> [options]",
  options: {
    model: MODEL,
    count: COUNT,
    context: {
      ...{ type: "table", value: "<contexts.csv>" },
      help: "for a conditional model: the table of contexts to draw at; - reads standard input",
      but: {
        route: { help: "The context, for a conditional model" },
        tool: { help: "for a conditional model: the table of contexts to draw at" },
      },
    },
    where: WHERE,
    combinations: {
      ...{ type: "text", value: "<columns>", on: COMMAND },
      help: "columns with combinations of values that must occur in --data",
    },
    data: { type: "path", value: "<data.csv>", on: COMMAND, help: "the table of --combinations" },
    seed: SEED,
    out: {
      ...{ ...OUT, value: "<samples>" },
      help: "output file for the rows: .csv, .parquet, .arrow, .jsonl (default: CSV to standard output)",
      but: { tool: { help: "output file for the rows: .csv, .parquet, .arrow, .jsonl" } },
    },
    force: FORCE,
    escapeFormulas: ESCAPE_FORMULAS,
    backend: BACKEND,
    threads: {
      ...{ type: "threads", value: "<n>", default: "auto", on: COMMAND },
      help: "number of threads (default: all cores for many rows)",
    },
  },
  answer: { rows: ROWS, ...TOOL_ROWS },
};

const GIVEN: OperationDescription = {
  ...{ name: "given", on: ["command", "route", "tool"], command: "sample", prints: "rows" },
  help: "Draw rows given the values of some columns.",
  options: {
    model: MODEL,
    given: {
      ...{ type: "conditions", value: "<conditions>" },
      help: 'known columns, for instance "age=30,size>=2,group=A", or a file with a row for each question, whose empty cells are drawn; -n rows for each',
      but: {
        route: { isRequired: true, help: "known columns" },
        tool: { isRequired: true, help: "known columns, for instance age=30,size>=2,group=A" },
      },
    },
    count: {
      ...{ ...COUNT, help: "number of rows" },
      but: { tool: { max: MOST_TOOL_ROWS }, route: { min: 0, default: 0, isRequired: false } },
    },
    where: WHERE,
    seed: SEED,
    out: { ...OUT, help: "output file for the rows: .csv, .parquet, .arrow, .jsonl" },
  },
  answer: {
    rows: ROWS,
    columns: onRoute({
      type: "object",
      description: "For each column that is not given: mean and quantiles, or probabilities.",
    }),
    effectiveSampleSize: onRoute({
      ...{ type: "number", description: "Effective number of equally weighted draws of the answer." },
    }),
    logEvidence: onRoute(numberField("Log-density of the given cells, in nats.")),
    isExact: onRoute({ type: "boolean" }),
    warning: onRoute({ type: ["string", "null"], description: "Why the answer may be wrong." }),
    ...TOOL_ROWS,
  },
};

const PROBABILITY: OperationDescription = {
  ...{ name: "probability", on: ["command", "route", "tool"], prints: "json" },
  help: "Compute the probability of a condition, given other conditions.",
  usage: "<model.safetensors> --of <conditions> [options]",
  options: {
    model: MODEL,
    of: {
      ...{ type: "conditions", value: "<conditions>", isRequired: true },
      help: 'conditions whose probability is computed, for instance "income>50000"',
      but: { route: { help: "conditions to compute the probability of" } },
    },
    given: {
      ...{ type: "conditions", value: "<conditions>" },
      help: 'known values, for instance "age=30,size>=2"; for a conditional model also its context (default: no condition)',
      but: { route: { help: "given conditions, including the context of a conditional model" } },
    },
    draws: {
      ...{ type: "integer", value: "<n>", min: 100, max: MOST_DRAWS, default: 10_000 },
      help: "effective number of draws where the probability is not exact",
    },
    seed: SEED,
    backend: BACKEND,
    json: JSON_FLAG,
  },
  answer: {
    probability: { schema: { type: "number", description: "From 0 to 1." } },
    standardError: { schema: { type: "number", description: "Standard error of the draws; 0 for an exact answer." } },
    effectiveSampleSize: {
      schema: numberField("Effective number of equally weighted draws of the answer; null for an exact answer."),
    },
    isExact: { schema: { type: "boolean" } },
    warning: { schema: { type: ["string", "null"], description: "Why the answer may be wrong." } },
  },
};

const IMPUTE: OperationDescription = {
  ...{ name: "impute", on: ["command", "route", "tool"], prints: "notes" },
  help: "Fill the missing cells of a table with values that a model draws given the other cells of their rows.",
  usage: "<model.safetensors> <data> --out <filled.csv> [options]",
  options: {
    model: MODEL,
    data: {
      ...DATA,
      but: {
        ...DATA.but,
        route: { ...DATA.but?.route, help: "Rows with missing cells as null. Unknown columns are kept" },
      },
    },
    out: {
      ...{ ...OUT, value: "<filled>", isRequired: true },
      help: "output file for the filled table: .csv, .parquet, .arrow, .jsonl",
    },
    force: FORCE,
    columns: {
      ...{ type: "names", value: "<names>" },
      help: "columns to fill (default: all columns of the model)",
      but: { route: { name: "only" } },
    },
    expected: { type: "flag", help: "fill with means of numbers and most probable categories instead of draws" },
    multiple: {
      ...{ type: "integer", value: "<m>", min: 1, max: MOST_TABLES, default: 1 },
      help: "write m tables with different draws one after the other, numbered in a column",
    },
    intervals: {
      ...{ type: "fraction", value: "<level>" },
      help: "with expected values: add columns with central intervals of numbers, for instance 0.9",
    },
    draws: {
      ...{ type: "integer", value: "<n>", min: 10, max: MOST_DRAWS, default: 50 },
      help: "minimum number of draws per row",
    },
    seed: SEED,
    escapeFormulas: ESCAPE_FORMULAS,
    backend: BACKEND,
  },
  answer: {
    rows: ROWS,
    cells: onRoute({
      ...{ type: "array", items: { type: "object" }, description: "The cells that were filled; rows count from 1." },
    }),
    poor: onRoute({
      ...{ type: "array", items: { type: "integer" } },
      description: "Rows with values from fewer than 10 effective draws.",
    }),
    out: { ...TOOL_ROWS.out, isOptional: false },
  },
};

const REPORT: OperationDescription = {
  ...{ name: "report", on: ["command", "tool"], prints: "json" },
  help: "Report on a model and its samples on one page: quality, calibration, anomalous rows, privacy.",
  options: {
    model: MODEL,
    data: { ...DATA, help: "the table that the model was fitted on" },
    out: {
      ...{
        type: "output",
        value: "<report.html>",
        endings: [".html"],
        help: "output file for the page, for instance report.html",
      },
      but: { tool: { isRequired: true } },
    },
    force: FORCE,
    holdout: {
      ...{ type: "table", value: "<file.csv>" },
      help: "rows that the model was not fitted on, for calibration and privacy",
    },
    splitColumn: {
      ...{ type: "text", value: "<name>" },
      help: "a column with the words train, val and test: the test rows are held out",
    },
    rows: {
      ...{ type: "integer", value: "<n>", min: 10, max: MOST_REPORT_ROWS, default: 50_000 },
      help: "maximum number of rows of the table, and of held-out rows, chosen at random",
    },
    seed: SEED,
    backend: BACKEND,
    json: { ...JSON_FLAG, help: "print all numbers on standard output as one JSON document" },
  },
  answer: {
    model: { schema: { type: "string" } },
    data: { schema: { type: "string" } },
    quality: { schema: { type: "object" } },
    calibration: { schema: { type: "object" } },
    privacy: { schema: { type: "object" } },
  },
};

const INSPECT: OperationDescription = {
  ...{ name: "inspect", on: ["command", "tool"], prints: "json" },
  help: "Show the contents of a model file: its columns, how it was fitted, the tree of the model.",
  options: {
    model: MODEL,
    verbose: { type: "flag", on: COMMAND, help: "show all settings, and the shape of each array" },
    json: JSON_FLAG,
  },
  answer: {
    metadata: {
      ...{ schema: { type: "object", description: "Columns, and how the model was fitted." }, isOptional: true },
    },
    model: { schema: { type: "object", description: "The tree of the model." } },
  },
};

const WATCH: OperationDescription = {
  ...{ name: "watch", on: COMMAND },
  help: "Watch a stream of rows, and raise an alarm when they drift away from a model or a reference.",
  options: {
    model: MODEL,
    data: { type: "table", default: "-", help: "the stream; - reads standard input" },
    reference: {
      ...{ type: "table", value: "<held-out.csv>" },
      help: "usual rows that the model was not trained on (default: rows drawn from the model)",
    },
    level: { type: "fraction", value: "<probability>", default: 0.05, help: "probability of a false alarm, ever" },
    follow: {
      type: "flag",
      help: "wait for rows that are appended to the file, until Ctrl-C, which exits with 0",
    },
    fail: { type: "flag", help: "exit with code 1 if there was an alarm; with --follow, end at the first one" },
    seed: SEED,
    backend: BACKEND,
    json: {
      ...JSON_FLAG,
      help: "print {rows, level, reference, evidence, alarms}; with --follow, a line for each alarm",
    },
  },
  answer: {},
};

/** The operations on the model of a table, in the order of the tools. */
export const OPERATIONS: readonly OperationDescription[] = [
  ...[FIT, SCORE, EXPLAIN, SAMPLE, GIVEN, PROBABILITY, IMPUTE, REPORT, INSPECT, WATCH],
];

/**
 * The description of an operation.
 *
 * @example
 * operationNamed("sample").options["count"]?.min; // → 1
 */
export function operationNamed(name: OperationName): OperationDescription {
  return OPERATIONS.find((operation) => operation.name === name) as OperationDescription;
}

/**
 * The operations of a surface.
 *
 * @example
 * operationsOn("route").map(({ name }) => name).includes("given"); // → true
 */
export function operationsOn(surface: Surface): readonly OperationDescription[] {
  return OPERATIONS.filter(({ on }) => on.includes(surface));
}
