import {
  type JsonSchema,
  MOST_ANSWER_ROWS,
  type OperationDescription,
  optionsOn,
  type Surface,
  type SurfaceOption,
} from "./operation.ts";
import { CELL } from "./shared.ts";

/** Characters of a text, and names in a list, that a tool takes. */
const MOST_TEXT = 10_000;
const MOST_NAMES = 1000;

/** A surface with JSON as input and output. */
export type JsonSurface = Exclude<Surface, "command">;

/** The largest number of an option: rows of an answer of a server are limited by the server. */
export function largest({ countsRows, max }: SurfaceOption, surface: JsonSurface, mostRows: number): number {
  const most = max ?? Number.MAX_SAFE_INTEGER;
  return countsRows && surface === "route" ? mostRows : most;
}

/**
 * The JSON schema of the input of an operation: the body of a request, or the arguments of a tool.
 *
 * @param mostRows maximum number of rows of a request, and of its answer.
 * @example
 * inputSchema(operationNamed("impute"), "route")["required"]; // → undefined
 */
export function inputSchema(
  operation: OperationDescription,
  surface: JsonSurface,
  mostRows: number = MOST_ANSWER_ROWS,
): JsonSchema {
  const options = optionsOn(operation, surface);
  const required = options.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(options.flatMap((option) => fieldsOf(option, surface, mostRows))),
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
}

/**
 * The JSON schema of the answer of an operation. A tool also returns the notes of the command, and other fields of its JSON.
 *
 * @example
 * outputSchema(operationNamed("score"), "tool")["required"]; // → ["rows", "meanLogDensity", "standardError", "measure", "notes"]
 */
export function outputSchema({ answer }: OperationDescription, surface: JsonSurface): JsonSchema {
  const fields = Object.entries(answer).filter(([, { on }]) => on === undefined || on.includes(surface));
  const properties = Object.fromEntries(fields.map(([name, { schema }]) => [name, schema]));
  const required = fields.filter(([, { isOptional }]) => !isOptional).map(([name]) => name);
  if (surface === "route") return { type: "object", properties, additionalProperties: false, required };
  const notes = { type: "array", items: { type: "string" }, description: "Notes of the command." };
  return { type: "object", properties: { ...properties, notes }, required: [...required, "notes"] };
}

/** The fields of an option: a table is rows or columns in the body of a request. */
function fieldsOf(option: SurfaceOption, surface: JsonSurface, mostRows: number): [string, JsonSchema][] {
  const { name, type } = option;
  if (type !== "table" || surface === "tool") return [[name, schemaOf(option, surface, mostRows)]];
  const rows = {
    type: "array",
    minItems: 1,
    maxItems: mostRows,
    items: { type: "object", additionalProperties: CELL },
  };
  const cells = { type: "array", items: CELL, minItems: 1, maxItems: mostRows };
  return [
    ["rows", { ...rows, description: sentence(option.help) }],
    [
      "columns",
      {
        type: "object",
        additionalProperties: cells,
        description: "The same as lists of cells by column, instead of rows.",
      },
    ],
  ];
}

function schemaOf(option: SurfaceOption, surface: JsonSurface, mostRows: number): JsonSchema {
  const description = sentence(option.help);
  const more = { description, ...(option.default !== undefined && { default: option.default }) };
  switch (option.type) {
    case "integer":
      return { type: "integer", minimum: option.min, maximum: largest(option, surface, mostRows), ...more };
    case "fraction":
      return { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1, ...more };
    case "flag":
      return { type: "boolean", default: false, ...more };
    case "word":
      return { enum: option.words, ...more };
    case "names":
      return { type: "array", items: { type: "string" }, maxItems: MOST_NAMES, ...more };
    case "conditions":
      if (surface === "tool") return { type: "string", maxLength: MOST_TEXT, ...more };
      return {
        type: "object",
        description: `${description} By column: a value, null for a missing cell, a range {"min", "above", "max", "below"} or a set {"in": [...]}.`,
      };
    default:
      return { type: "string", maxLength: MOST_TEXT, ...more };
  }
}

/** A text of help as a sentence. */
function sentence(help: string): string {
  return `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
}
