import { UserError } from "../errors/user-error.ts";
import type { AllowedFolder } from "./allowed-folder.ts";
import type { CommandResult } from "./run-command.ts";

/** A JSON schema of the arguments of a tool. */
type Schema = Readonly<Record<string, unknown>>;
/** The arguments of a call, which its schema has checked. */
export type ToolArguments = Readonly<Record<string, unknown>>;

/** A tool that runs a command of this program. */
export interface CommandTool {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  /** What a call returns. */
  readonly output: Schema;
  /** Whether files stay as they are. */
  readonly isReadOnly: boolean;
  /** The command line of a call. @throws {UserError} a file that must not be read or written. */
  readonly command: (given: ToolArguments, folder: AllowedFolder) => Promise<readonly string[]>;
  /** What a call returns. */
  readonly result: (output: CommandResult, given: ToolArguments) => object;
}

/** Rows that a tool returns without a file, and rows that it writes to one, at most. */
const MOST_RETURNED = 1000;
const MOST_ROWS = 1_000_000;

const text = (description: string, more: Schema = {}): Schema => ({
  type: "string",
  maxLength: 10_000,
  description,
  ...more,
});
const integer = (description: string, minimum: number, maximum: number): Schema => ({
  ...{ type: "integer", minimum, maximum, description },
});
const flag = (description: string): Schema => ({ type: "boolean", description });
const list = (description: string): Schema => ({
  type: "array",
  items: { type: "string" },
  maxItems: 1000,
  description,
});
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  ...{ type: "object", properties, required, additionalProperties: false },
});

/** Ends of the names of tables that are written. */
const TABLES = [".csv", ".parquet", ".arrow", ".jsonl"];

const number = (description: string): Schema => ({ type: ["number", "null"], description });
const NOTES: Schema = { type: "array", items: { type: "string" }, description: "What the command told." };
/** What a tool returns: these fields, and others of the command line. */
const returns = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  ...{ type: "object", properties: { ...properties, notes: NOTES }, required: [...required, "notes"] },
});
const WRITTEN: Schema = { type: "string", description: "The file that was written." };
const RETURNED_ROWS = returns(
  { csv: { type: "string", description: "Rows as CSV, without a file in out." }, out: WRITTEN },
  [],
);

const MODEL = text("A model file of the folder, for instance penguins.safetensors.");
const DATA = text("A table of the folder: CSV, Parquet, Arrow, JSON lines, npy, SQLite.");
const SEED = integer("Decides every random number. Default: 0.", 0, Number.MAX_SAFE_INTEGER);
const OUT = text("The file of the folder to write: .csv, .parquet, .arrow or .jsonl.");

const asJson = ({ stdout, lines }: CommandResult): object => ({ ...(JSON.parse(stdout) as object), notes: lines });

/** Rows as CSV, or the file that they were written to. */
function asRows({ stdout, lines }: CommandResult, { out }: ToolArguments): object {
  return { ...(out === undefined ? { csv: stdout } : { out }), notes: lines };
}

/** The tools, each a command of the command line. */
export const COMMAND_TOOLS: readonly CommandTool[] = [
  {
    name: "fit",
    description: "Learn the density of the columns of a table, and save it as a model file. Tells progress.",
    schema: object(
      {
        data: DATA,
        out: text("The model file to write; it ends in .safetensors."),
        columns: list("Columns to learn. Default: all that have a density."),
        context: list("Columns to condition on."),
        declare: text("What columns are, for instance age:integer,when:date(%d/%m/%Y)."),
        flow: text("Architecture. Default: auto.", { pattern: "^[a-z-]+$" }),
        quality: { enum: ["fast", "default", "best"], description: "How many models are tried." },
        splitColumn: text("A column that says train, val or test."),
        missing: { enum: ["error", "drop"], description: "Learn numeric columns only, without missing cells." },
        epochs: integer("Maximum number of epochs.", 1, 100_000),
        seed: SEED,
      },
      ["data", "out"],
    ),
    output: returns(
      {
        model: WRITTEN,
        trainNll: number("Mean negative log-density of the training rows, in nats."),
        validationNll: number("The same of rows that were held out."),
        testNll: number("The same of the rows for test."),
        seconds: number("How long it took."),
      },
      ["model", "trainNll", "validationNll"],
    ),
    isReadOnly: false,
    command: async ({ data, out, ...more }, folder) => [
      ...["fit", await folder.input("data", String(data)), "--json", "--progress"],
      `--out=${await folder.output("out", String(out), [".safetensors"])}`,
      ...options(more, { splitColumn: "split-column" }),
    ],
    result: asJson,
  },
  {
    name: "score",
    description: "The mean log-density of the rows of a table, in nats; with out, that of each row and how odd it is.",
    schema: object(
      {
        model: MODEL,
        data: DATA,
        out: OUT,
        cells: flag("With out: also the log-probability of each cell, for a model of any table."),
        marginal: flag("A missing cell is unknown, not a value."),
        missing: { enum: ["error", "drop"], description: "Refuse rows with missing cells, or leave them out." },
      },
      ["model", "data"],
    ),
    output: returns(
      {
        rows: { type: "integer" },
        meanLogDensity: number("In nats per row."),
        standardError: number("Of the mean."),
      },
      ["rows", "meanLogDensity"],
    ),
    isReadOnly: false,
    command: async ({ out, ...given }, folder) => [
      ...["score", ...(await modelAndData(given, folder)), "--json"],
      ...(out === undefined ? [] : [`--out=${await folder.output("out", String(out), TABLES)}`]),
      ...options(given),
    ],
    result: asJson,
  },
  {
    name: "explain",
    description: "The oddest rows of a table, how odd they are, and the columns that make them odd.",
    schema: object(
      {
        model: MODEL,
        data: DATA,
        top: integer("Rows to tell. Default: 10.", 1, MOST_RETURNED),
        keep: list("Columns to show, for instance an id."),
      },
      ["model", "data"],
    ),
    output: returns(
      {
        rows: { type: "integer" },
        meanLogDensity: number("In nats per row."),
        top: {
          type: "array",
          items: { type: "object" },
          description: "The oddest rows, and the columns that make them odd.",
        },
      },
      ["rows", "top"],
    ),
    isReadOnly: true,
    command: async ({ top = 10, ...given }, folder) => [
      ...["score", ...(await modelAndData(given, folder)), "--json", `--top=${top}`],
      ...options(given),
    ],
    result: asJson,
  },
  {
    name: "sample",
    description: `New rows of a model, in the units of its table; up to ${MOST_RETURNED} are returned as CSV, more need out.`,
    schema: object(
      {
        model: MODEL,
        count: integer("Number of rows.", 1, MOST_ROWS),
        context: text("For a conditional model: a table of the folder with the rows to draw at."),
        where: text("Conditions that rows must meet, for instance temp_min<=temp_max."),
        out: OUT,
        seed: SEED,
      },
      ["model", "count"],
    ),
    output: RETURNED_ROWS,
    isReadOnly: false,
    command: async ({ context, ...given }, folder) => [
      ...(await sampleCommand(given, folder)),
      ...(context === undefined ? [] : [`--context=${await folder.input("context", String(context))}`]),
    ],
    result: asRows,
  },
  {
    name: "given",
    description: "Rows of which some columns are known: the others are drawn given these.",
    schema: object(
      {
        model: MODEL,
        given: text("What is known, for instance age=30,size>=2,group=A."),
        count: integer("Number of rows.", 1, MOST_ROWS),
        where: text("Conditions that rows must meet besides."),
        out: OUT,
        seed: SEED,
      },
      ["model", "given", "count"],
    ),
    output: RETURNED_ROWS,
    isReadOnly: false,
    command: async ({ given, ...more }, folder) => {
      // The command would take the name of a file for questions in it.
      if (await folder.isFile(String(given))) {
        throw new UserError("given: expected conditions such as age=30, got the name of a file.");
      }
      return [...(await sampleCommand(more, folder)), `--given=${given}`];
    },
    result: asRows,
  },
  {
    name: "impute",
    description: "Fill the missing cells of a table with what a model says of them given the others of their rows.",
    schema: object(
      {
        model: MODEL,
        data: DATA,
        out: OUT,
        columns: list("Columns whose cells are filled. Default: all of the model."),
        expected: flag("Means and most probable categories, instead of one draw."),
        multiple: integer("Filled tables with different draws, below each other.", 2, 1000),
        draws: integer("Draws for each row. Default: 100.", 10, 100_000),
        seed: SEED,
      },
      ["model", "data", "out"],
    ),
    output: returns({ out: WRITTEN }, ["out"]),
    isReadOnly: false,
    command: async ({ out, ...given }, folder) => [
      ...["impute", ...(await modelAndData(given, folder)), `--out=${await folder.output("out", String(out), TABLES)}`],
      ...options(given),
    ],
    result: ({ lines }, { out }) => ({ out, notes: lines }),
  },
  {
    name: "report",
    description: "A page on a model and its samples (quality, calibration, odd rows, privacy), and its numbers.",
    schema: object(
      {
        model: MODEL,
        data: { ...DATA, description: "The table that the model was fitted on." },
        out: text("The page to write, for instance report.html."),
        holdout: text("A table of the folder with rows that the model was not fitted on."),
        splitColumn: text("A column that says train, val and test: the test rows are held out."),
        rows: integer("Most rows that are used.", 10, MOST_ROWS),
        seed: SEED,
      },
      ["model", "data", "out"],
    ),
    output: returns(
      {
        model: { type: "string" },
        data: { type: "string" },
        quality: { type: "object" },
        calibration: { type: "object" },
        privacy: { type: "object" },
      },
      ["model", "data", "quality", "calibration", "privacy"],
    ),
    isReadOnly: false,
    command: async ({ out, holdout, ...given }, folder) => [
      ...[
        "report",
        ...(await modelAndData(given, folder)),
        "--json",
        `--out=${await folder.output("out", String(out), [".html"])}`,
      ],
      ...(holdout === undefined ? [] : [`--holdout=${await folder.input("holdout", String(holdout))}`]),
      ...options(given, { splitColumn: "split-column" }),
    ],
    result: asJson,
  },
  {
    name: "inspect",
    description: "What is in a model file: its columns, how it was fitted, and the tree of the model.",
    schema: object({ model: MODEL }, ["model"]),
    output: returns(
      {
        metadata: { type: "object", description: "Columns, and how the model was fitted." },
        model: { type: "object", description: "The tree of the model." },
      },
      ["model"],
    ),
    isReadOnly: true,
    command: async ({ model }, folder) => ["inspect", await folder.input("model", String(model)), "--json"],
    result: asJson,
  },
];

async function modelAndData({ model, data }: ToolArguments, folder: AllowedFolder): Promise<readonly string[]> {
  return [await folder.input("model", String(model)), await folder.input("data", String(data))];
}

async function sampleCommand(
  { model, out, ...more }: ToolArguments,
  folder: AllowedFolder,
): Promise<readonly string[]> {
  if (out === undefined && Number(more["count"]) > MOST_RETURNED) {
    throw new UserError(`count: expected at most ${MOST_RETURNED} rows without a file in out, got ${more["count"]}.`);
  }
  return [
    ...["sample", await folder.input("model", String(model))],
    ...(out === undefined ? [] : [`--out=${await folder.output("out", String(out), TABLES)}`]),
    ...options(more),
  ];
}

/** The other arguments as options; a value that begins with a dash is none of its own. */
function options(
  { model: _, data: __, ...given }: ToolArguments,
  names: Readonly<Record<string, string>> = {},
): readonly string[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const name = names[key] ?? key;
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    return [`--${name}=${Array.isArray(value) ? value.map(quotedName).join(",") : String(value)}`];
  });
}

/** The name of a column in a list of the command line. */
function quotedName(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}
