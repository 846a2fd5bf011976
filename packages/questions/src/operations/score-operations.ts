import { type AnswerField, MOST_ANSWER_ROWS, type OperationDescription } from "./operation.ts";
import {
  BACKEND,
  COMMAND,
  DATA,
  ESCAPE_FORMULAS,
  FORCE,
  integerField,
  JSON_FLAG,
  MISSING,
  MODEL,
  numberField,
  numbers,
  OTHERS,
  OUT,
  onRoute,
  ROUTE,
  TOOL,
} from "./shared.ts";

const SUMMARY: Readonly<Record<"rows" | "meanLogDensity", AnswerField>> = {
  rows: { schema: integerField("Number of rows.") },
  meanLogDensity: { schema: numberField("In nats per row.") },
};
const ROW_COUNT: AnswerField = SUMMARY.rows;

export const SCORE: OperationDescription = {
  ...{ name: "score", on: ["command", "route", "tool"], prints: "json" },
  help: "Compute the log-density of each row of a table, in nats, and how anomalous it is.",
  options: {
    model: MODEL,
    data: DATA,
    out: {
      ...{ ...OUT, value: "<scores>" },
      help: "output file for the table with the columns log_density and anomaly: .csv, .parquet, .arrow, .jsonl",
    },
    cells: {
      type: "flag",
      help: "add the log-probability of each cell given the cells before it, for models of any table (in a file: with --out)",
      but: {
        route: { help: "add the log-probability of each cell given the cells before it, for models of any table" },
      },
    },
    anomaly: { type: "flag", on: ROUTE, help: "add how anomalous each row is, and its p-value" },
    marginal: {
      type: "flag",
      help: "treat missing cells as unknown: the log-density of the other cells of the row, by sampling",
    },
    pValue: {
      ...{ type: "flag", on: COMMAND },
      help: "with --out: add the share of usual rows that are as anomalous, from rows held out of the fit",
    },
    explain: {
      ...{ type: "flag", on: COMMAND },
      help: "with --out: add how surprising each cell is given the other cells of its row, in nats",
    },
    anomalies: {
      ...{ type: "off", on: COMMAND },
      help: "with --out: leave out how anomalous rows are, which takes most of the time for large files",
    },
    others: OTHERS,
    missing: MISSING,
    force: FORCE,
    escapeFormulas: ESCAPE_FORMULAS,
    backend: BACKEND,
    threads: {
      ...{ type: "threads", value: "<n>", default: "auto", on: COMMAND },
      help: "number of threads (default: all cores for large tables)",
    },
    json: {
      ...JSON_FLAG,
      help: "print {rows, meanLogDensity, standardError, measure} on standard output, and no other text",
    },
  },
  answer: {
    ...SUMMARY,
    standardError: { schema: numberField("Standard error of the mean.") },
    measure: {
      schema: { type: "string", description: "Measure of the log-densities: mass or density, of which columns." },
    },
    logDensity: onRoute(numbers("In nats and the units of the table; null where the density is 0.")),
    unseen: {
      schema: {
        type: "object",
        description:
          "Number of cells that no training row could have, by reason (categories, missing, offGrid, context) and column. Absent if there are none.",
      },
      isOptional: true,
    },
    cells: onRoute({ type: "object", additionalProperties: numbers("For each row.") }, true),
    anomaly: onRoute(numbers("How anomalous each row is, in nats."), true),
    pValue: onRoute(numbers("Share of usual rows that are as anomalous."), true),
  },
};

export const EXPLAIN: OperationDescription = {
  ...{ name: "explain", on: ["command", "route", "tool"], command: "score", prints: "json" },
  help: "List the most anomalous rows of a table, and the columns responsible.",
  options: {
    model: MODEL,
    data: DATA,
    top: {
      ...{ type: "integer", value: "<n>", min: 1, max: MOST_ANSWER_ROWS, countsRows: true },
      help: "number of the most anomalous rows to list with reasons, instead of log-densities",
      but: {
        route: { help: "number of the most anomalous rows to list with reasons (default: all rows)" },
        tool: { help: "number of the most anomalous rows to list with reasons", default: 10 },
      },
    },
    keep: {
      ...{ type: "names", value: "<names>", on: ["command", "tool"] },
      help: "with --top: additional columns of the table to list, for instance an id",
      but: { tool: { help: "additional columns of the table to list, for instance an id" } },
    },
    others: OTHERS,
  },
  answer: {
    rows: ROW_COUNT,
    meanLogDensity: { ...SUMMARY.meanLogDensity, on: TOOL },
    top: {
      schema: {
        ...{ type: "array", items: { type: "object" } },
        description: "The most anomalous rows and the columns responsible.",
      },
    },
    surprises: onRoute({
      type: "object",
      additionalProperties: numbers("Surprise of each cell given the other cells of its row, in nats."),
    }),
  },
};
