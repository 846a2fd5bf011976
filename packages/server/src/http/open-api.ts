import { MOST_DRAWS, MOST_TABLES } from "../requests/limits.ts";
import { ARROW_TYPES, JSON_TYPE, OPERATIONS, type Operation } from "../workers/messages.ts";

/** A JSON schema, as OpenAPI 3.1 has it. */
type Schema = Readonly<Record<string, unknown>>;

const integer = (description: string, more: Schema = {}): Schema => ({ type: "integer", description, ...more });
const flag = (description: string): Schema => ({ type: "boolean", default: false, description });
const numbers = (description: string): Schema => ({ type: "array", items: { type: ["number", "null"] }, description });
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  ...{ type: "object", properties, additionalProperties: false },
  ...(required.length > 0 && { required }),
});

/** Limits of a server, which its document announces. */
export interface ServerLimits {
  /** Rows of a request, and rows that it may ask for. */
  readonly maxRows: number;
  /** Bytes of a body. */
  readonly maxBody: number;
  /** Seconds that a request waits, and that it is computed. */
  readonly timeout: number;
  /** Requests that wait. */
  readonly maxQueue: number;
}

const CELL: Schema = { type: ["number", "string", "boolean", "null"] };
const rowsOf = (maxRows: number): Schema => ({
  type: "array",
  minItems: 1,
  maxItems: maxRows,
  items: { type: "object", additionalProperties: CELL },
  description: "Rows as objects of cells by column; null is a missing cell.",
});
const columnsOf = (maxRows: number): Schema => ({
  type: "object",
  additionalProperties: { type: "array", items: CELL, minItems: 1, maxItems: maxRows },
  description: "The same as lists of cells by column, instead of rows.",
});
/** The rows of an answer. */
const ROWS: Schema = { type: "array", items: { type: "object", additionalProperties: CELL } };
const OTHERS: Schema = {
  ...{ enum: ["refuse", "ignore"], default: "refuse" },
  description: "What becomes of columns that the model does not know.",
};
const SEED = integer("Decides every random number.", { minimum: 0, default: 0 });

/** The bodies of a server with some limits. */
function bodiesOf({ maxRows }: ServerLimits): Readonly<Record<Operation, Schema>> {
  const [rows, columns] = [rowsOf(maxRows), columnsOf(maxRows)];
  return {
    score: object({
      rows,
      columns,
      cells: flag("Also the log-probability of each cell given those before it, for a model of any table."),
      anomaly: flag("Also how odd each row is, and its p-value."),
      marginal: flag("A missing cell is unknown, not a value: the log-density is that of the others, by sampling."),
      others: OTHERS,
    }),
    sample: object(
      {
        count: integer("Number of rows; of a conditional model, the number for each row of the context.", {
          minimum: 1,
          maximum: maxRows,
        }),
        seed: SEED,
        rows: { ...rows, description: "The context, for a conditional model." },
        columns,
      },
      ["count"],
    ),
    given: object(
      {
        given: {
          type: "object",
          description:
            'What is known, by column: a value, null for a missing cell, a range {"min", "above", "max", "below"} or a set {"in": [...]}.',
        },
        count: integer("Rows to draw.", { minimum: 0, maximum: maxRows, default: 0 }),
        seed: SEED,
      },
      ["given"],
    ),
    explain: object({
      rows,
      columns,
      top: integer("The oddest rows that are told with reasons. Default: all rows.", { minimum: 1, maximum: maxRows }),
      others: OTHERS,
    }),
    impute: object({
      rows: {
        ...rows,
        description: "Rows whose missing cells are filled. Columns that the model does not know are kept.",
      },
      columns,
      only: { type: "array", items: { type: "string" }, description: "Columns that are filled. Default: all." },
      seed: SEED,
      draws: integer("Draws for each row.", { minimum: 10, maximum: MOST_DRAWS, default: 100 }),
      expected: flag("Means of numbers and most probable categories, instead of one draw."),
      intervals: {
        type: "number",
        description: "With expected: adds columns with central intervals of this probability.",
      },
      multiple: integer("Filled tables with different draws, below each other.", {
        minimum: 1,
        maximum: MOST_TABLES,
        default: 1,
      }),
    }),
  };
}

const ANSWERS: Readonly<Record<Operation, Schema>> = {
  score: object({
    rows: integer("Number of rows."),
    meanLogDensity: { type: ["number", "null"] },
    standardError: { type: ["number", "null"] },
    logDensity: numbers("In nats and the units of the table; null where the density is 0."),
    unseen: {
      type: "object",
      description:
        "How many cells no training row could have, by reason (categories, missing, offGrid, context) and column. Absent for none.",
    },
    cells: { type: "object", additionalProperties: numbers("For each row.") },
    anomaly: numbers("How odd each row is, in nats."),
    pValue: numbers("Share of usual rows that are as odd."),
  }),
  sample: object({ rows: ROWS }),
  given: object({
    rows: ROWS,
    columns: {
      type: "object",
      description: "For each column that is not given: mean and quantiles, or probabilities.",
    },
    effectiveSampleSize: { type: "number", description: "How many equally weighted draws the answer rests on." },
    logEvidence: { type: ["number", "null"], description: "Log-density of what is given, in nats." },
    isExact: { type: "boolean" },
    warning: { type: ["string", "null"], description: "What is wrong with the answer." },
  }),
  explain: object({
    rows: integer("Number of rows."),
    top: {
      type: "array",
      items: { type: "object" },
      description: "The oddest rows and the columns that make them odd.",
    },
    surprises: { type: "object", additionalProperties: numbers("Of each cell given the others of its row, in nats.") },
  }),
  impute: object({
    rows: ROWS,
    cells: { type: "array", items: { type: "object" }, description: "The cells that were filled; rows count from 1." },
    poor: { type: "array", items: { type: "integer" }, description: "Rows whose values rest on fewer than 10 draws." },
  }),
};

const SUMMARIES: Readonly<Record<Operation, string>> = {
  score: "The log-density of each row",
  sample: "New rows",
  given: "Columns given others",
  explain: "How odd rows are, and why",
  impute: "Missing cells filled",
};

const PROBLEM: Schema = {
  description: "What was expected, what came, and where (RFC 9457)",
  content: { "application/problem+json": { schema: { type: "object" } } },
};

/** The state routes, which have no body. */
const STATE_ROUTES: Readonly<Record<string, string>> = {
  "/health": "Whether the server answers",
  "/models": "The models and their columns",
  "/metrics": "Metrics for Prometheus",
};

/** An operation of the document: one method of one path. */
export interface DocumentOperation {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly operationId?: string;
  readonly parameters?: readonly Schema[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Schema>> };
  readonly responses: Readonly<Record<string, Schema>>;
}

/** A document of OpenAPI 3.1. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Readonly<Record<"title" | "version" | "description", string>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  /** The limits that are no part of a schema, too. */
  readonly "x-limits": ServerLimits;
  readonly components?: Schema;
  readonly security?: readonly Schema[];
}

/** Describes all routes of a server. */
export function openApiDocument({
  version,
  hasToken,
  hasOneModel,
  limits,
}: {
  readonly version: string;
  readonly hasToken: boolean;
  readonly hasOneModel: boolean;
  readonly limits: ServerLimits;
}): OpenApiDocument {
  const { maxRows, maxBody, timeout, maxQueue } = limits;
  const bodies = bodiesOf(limits);
  const paths: Record<string, Readonly<Record<string, DocumentOperation>>> = {};
  for (const operation of OPERATIONS) {
    paths[`/models/{name}/${operation}`] = { post: modelOperation(operation, bodies[operation], true) };
    if (hasOneModel) paths[`/${operation}`] = { post: modelOperation(operation, bodies[operation], false) };
  }
  for (const [path, summary] of Object.entries(STATE_ROUTES)) {
    paths[path] = { get: { summary, tags: ["the server"], responses: { 200: { description: "The answer" } } } };
  }
  return {
    openapi: "3.1.0",
    info: {
      ...{ title: "pushforward", version },
      description: `Densities of tables. A body has at most ${maxBody} bytes and ${maxRows} rows, and an answer at most ${maxRows} rows. A request waits at most ${timeout} s and is computed for at most ${timeout} s; at most ${maxQueue} requests wait. Scores and samples of few rows never wait for longer computations.`,
    },
    "x-limits": limits,
    paths,
    ...(hasToken && {
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    }),
  };
}

function modelOperation(operation: Operation, body: Schema, isNamed: boolean): DocumentOperation {
  const name = { name: "name", in: "path", required: true, schema: { type: "string" } };
  const arrow = Object.fromEntries(ARROW_TYPES.map((type) => [type, {}]));
  const [stream] = ARROW_TYPES;
  return {
    ...{ summary: SUMMARIES[operation], tags: [isNamed ? "one of several models" : "the model"] },
    operationId: isNamed ? `${operation}Model` : operation,
    ...(isNamed && { parameters: [name] }),
    requestBody: { required: true, content: { [JSON_TYPE]: { schema: body }, ...arrow } },
    responses: {
      200: { description: "The answer", content: { [JSON_TYPE]: { schema: ANSWERS[operation] }, [stream]: {} } },
      "4XX": PROBLEM,
      503: PROBLEM,
      504: PROBLEM,
    },
  };
}
