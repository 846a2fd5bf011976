import {
  largest,
  type OperationName,
  operationNamed,
  optionsOn,
  type SurfaceOption,
} from "@pushforward/questions/operations";
import type { WorkerRequest } from "../workers/messages.ts";
import { RequestError, readJson } from "./read-json.ts";

/** A request as its operation describes it. */
export interface CheckedRequest<Options> {
  readonly options: Options;
  /** The rows of the body as they were sent. */
  readonly sent: SentRows;
}

/** Rows of a body in JSON, which have not been read. */
export interface SentRows {
  readonly rows: unknown;
  readonly columns: unknown;
}

/**
 * The options of a request, from its body, if it is JSON, or from the query of its address. They are checked by the description
 * of the operation; conditions are as they were sent.
 *
 * @typeParam Options the options of the operation on routes.
 * @param maxRows maximum number of rows of a request, and of its answer.
 * @throws {RequestError} the body is no JSON, an option is not as described, or a field is no option.
 */
export function checkedRequest<Options>(
  name: OperationName,
  { body, bodyType, query }: WorkerRequest,
  maxRows: number,
): CheckedRequest<Options> {
  const left = new Map<string, unknown>([
    ...Object.entries(bodyType === "json" ? readJson(body) : {}),
    ...Object.entries(query),
  ]);
  const known = optionsOn(operationNamed(name), "route");
  const names = known.flatMap((option) => (option.type === "table" ? ["rows", "columns"] : option.name));
  const other = [...left.keys()].find((field) => !names.includes(field));
  if (other !== undefined) {
    throw new RequestError(
      `body: expected the fields ${names.join(", ")}, got ${JSON.stringify(other.slice(0, 100))}.`,
    );
  }
  const options = Object.fromEntries(
    known.flatMap((option): [string, unknown][] => {
      if (option.type === "table") return [];
      const field = { value: left.get(option.name), isQuery: Object.hasOwn(query, option.name) };
      return [[option.key, readOption(option, field, maxRows)]];
    }),
  );
  return { options: options as Options, sent: { rows: left.get("rows"), columns: left.get("columns") } };
}

/** A field with text values, from a body or from the query of an address. */
interface Field {
  readonly value: unknown;
  readonly isQuery: boolean;
}

/** @throws {RequestError} the value is not as the option is described. */
function readOption(option: SurfaceOption, field: Field, maxRows: number): unknown {
  const { type, name, isRequired, default: otherwise } = option;
  const { value } = field;
  if (type === "integer") {
    const [min, max] = [option.min ?? 0, largest(option, "route", maxRows)];
    const number = numberOf(name, field) ?? otherwise;
    if (number === undefined && !isRequired) return undefined;
    if (Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max) return number;
    throw wrong(name, `an integer from ${min} to ${max}`, number);
  }
  if (type === "fraction") {
    const number = numberOf(name, field);
    if (number === undefined || (number > 0 && number < 1)) return number;
    throw wrong(name, "a number between 0 and 1", number);
  }
  if (type === "flag") {
    const read = field.isQuery && (value === "true" || value === "false") ? value === "true" : value;
    if (read === undefined || typeof read === "boolean") return read ?? false;
    throw wrong(name, "true or false", value);
  }
  if (type === "word") {
    const word = value ?? otherwise;
    if (option.words?.some((one) => one === word)) return word;
    throw wrong(name, `one of ${option.words?.join(", ")}`, word);
  }
  if (type === "names") {
    if (value === undefined) return undefined;
    // Names have commas between them in a query.
    if (field.isQuery) return String(value).split(",");
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
    throw wrong(name, "a list of names", value);
  }
  return value;
}

function numberOf(name: string, { value, isQuery }: Field): number | undefined {
  if (value === undefined) return undefined;
  const read = isQuery && String(value).trim() !== "" ? Number(value) : value;
  if (typeof read === "number" && Number.isFinite(read)) return read;
  throw wrong(name, "a number", value);
}

function wrong(name: string, expected: string, got: unknown): RequestError {
  const written = got === undefined ? "nothing" : (JSON.stringify(got) ?? "nothing").slice(0, 100);
  return new RequestError(`${name}: expected ${expected}, got ${written}.`);
}
