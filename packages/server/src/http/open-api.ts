import { inputSchema, type OperationDescription, operationsOn, outputSchema } from "@pushforward/questions/operations";
import { ARROW_TYPES, JSON_TYPE } from "../workers/messages.ts";

/** A JSON schema, as OpenAPI 3.1 has it. */
type Schema = Readonly<Record<string, unknown>>;

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

const PROBLEM: Schema = {
  description: "Expected value, actual value and place of the error (RFC 9457)",
  content: { "application/problem+json": { schema: { type: "object" } } },
};

/** The state routes, which have no body. */
const STATE_ROUTES: Readonly<Record<string, string>> = {
  "/health": "Whether the server answers",
  "/models": "The models and their columns",
  "/metrics": "Metrics for Prometheus",
};

/** An operation of the document: one method of a path. */
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
  const paths: Record<string, Readonly<Record<string, DocumentOperation>>> = {};
  for (const operation of operationsOn("route")) {
    paths[`/models/{name}/${operation.name}`] = { post: modelOperation(operation, maxRows, true) };
    if (hasOneModel) paths[`/${operation.name}`] = { post: modelOperation(operation, maxRows, false) };
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

function modelOperation(operation: OperationDescription, maxRows: number, isNamed: boolean): DocumentOperation {
  const [body, answer] = [inputSchema(operation, "route", maxRows), outputSchema(operation, "route")];
  const name = { name: "name", in: "path", required: true, schema: { type: "string" } };
  const arrow = Object.fromEntries(ARROW_TYPES.map((type) => [type, {}]));
  const [stream] = ARROW_TYPES;
  return {
    ...{ summary: operation.help, tags: [isNamed ? "one of several models" : "the model"] },
    operationId: isNamed ? `${operation.name}Model` : operation.name,
    ...(isNamed && { parameters: [name] }),
    requestBody: { required: true, content: { [JSON_TYPE]: { schema: body }, ...arrow } },
    responses: {
      200: { description: "The answer", content: { [JSON_TYPE]: { schema: answer }, [stream]: {} } },
      "4XX": PROBLEM,
      503: PROBLEM,
      504: PROBLEM,
    },
  };
}
