import { createKey, OptionError } from "@pushforward/core";
import type { Column } from "@pushforward/datasets";
import { joinTables, listNames } from "@pushforward/datasets/extend";
import type { ConditionalTable, Conditions } from "@pushforward/questions";
import {
  checkImputedColumns,
  checkQuestions,
  givenRows,
  imputedRows,
  OPERATION_ANSWERS,
} from "@pushforward/questions/extend";
import { type OperationName, operationNamed, optionsOn } from "@pushforward/questions/operations";
import { refuseUnseen } from "@pushforward/tables/extend";
import type { Table } from "pushforward";
import { type AnswerSettings, type LaneResponse, ROW_OPERATIONS, type WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest, type SentRows } from "./checked-request.ts";
import { readConditions } from "./read-conditions.ts";
import { RequestError } from "./read-json.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { jsonResponse, problemResponse, rowsResponse } from "./responses.ts";
import { rowRequests } from "./row-requests.ts";
import { typedColumns } from "./table-json.ts";

type Answer = (
  model: AnsweringModel,
  request: WorkerRequest,
  settings: AnswerSettings,
) => LaneResponse | Promise<LaneResponse>;

/** How requests are answered that are not answered several at a time. */
const ANSWERS: Readonly<Partial<Record<OperationName, Answer>>> = {
  sample: sampleRequest,
  given: givenRequest,
  impute: imputeRequest,
};

/**
 * Answers requests of one operation. The answer is undefined for a request that is too heavy for its lane. A failing
 * request does not affect the rest of the batch.
 */
export async function answerBatch(
  model: AnsweringModel,
  requests: readonly WorkerRequest[],
  settings: AnswerSettings,
): Promise<readonly LaneResponse[]> {
  if (requests.every(({ operation }) => ROW_OPERATIONS.has(operation))) {
    return await rowRequests(model, requests, settings);
  }
  const responses: LaneResponse[] = [];
  for (const request of requests) responses.push(await answerOne(model, request, settings));
  return responses;
}

async function answerOne(
  model: AnsweringModel,
  request: WorkerRequest,
  settings: AnswerSettings,
): Promise<LaneResponse> {
  const { operation } = request;
  try {
    if (ROW_OPERATIONS.has(operation)) return (await rowRequests(model, [request], settings))[0];
    return await (ANSWERS[operation] ?? answerQuestion)(model, request, settings);
  } catch (error) {
    return problemResponse(error);
  }
}

/** Answers an operation with a single object as its result. */
async function answerQuestion(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const { operation } = request;
  const answer = OPERATION_ANSWERS[operation];
  if (answer === undefined)
    throw new OptionError(`${operation}: expected an operation of the server, got an unknown one.`);
  const { options } = checkedRequest<Record<string, unknown>>(operation, request, maxRows);
  for (const { key, name, type, isRequired } of optionsOn(operationNamed(operation), "route")) {
    if (type !== "conditions" || (options[key] === undefined && !isRequired)) continue;
    options[key] = readConditions(name, options[key], model.model, model.layout);
  }
  const compute = answer(model.model, model.file, options);
  if (lane === "light") return undefined;
  return jsonResponse(1, await compute(() => model.askedBy(Number(options["seed"]))));
}

interface SampleOptions {
  readonly count: number;
  readonly seed: number;
}

/** Draws new rows: the same rows as `pushforward sample` with the same seed. */
async function sampleRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const { options, sent } = checkedRequest<SampleOptions>("sample", request, maxRows);
  const { count, seed } = options;
  const context = await readContext(model, request, sent, maxRows);
  const total = count * (context?.rows ?? 1);
  if (total > maxRows) throw new RequestError(`count: expected at most ${maxRows} rows in all, got ${total}.`);
  if (lane === "light" && total > model.lightRows) return undefined;
  const drawn = joinTables([...model.model.draw({ count, seed, context, contextFile: "body" })]) as Table;
  return await rowsResponse(typedColumns(drawn, model.layout, model.model), request, {});
}

/** Reads the context rows of a conditional model, in the form the model expects. */
async function readContext(
  model: AnsweringModel,
  request: WorkerRequest,
  sent: SentRows,
  maxRows: number,
): Promise<Table | undefined> {
  const names = model.context;
  if (names.length === 0) {
    if (!hasRows(request, sent)) return undefined;
    throw new RequestError("rows: expected none, because the model takes no context, got some.");
  }
  const layout = new Map([...model.layout].filter(([name]) => names.includes(name)));
  const options = { others: "refuse", mayLack: false, needed: names, maxRows } as const;
  if (!hasRows(request, sent)) {
    throw new RequestError(
      `rows: expected the columns ${listNames(names)} to draw at, because the model is conditional.`,
    );
  }
  const table = await requestTable(request, sent, layout, options);
  refuseMissing(table, model);
  const typed = model.model.read(table, { file: "body", isPartial: true });
  refuseUnseen(model.model, typed, table, "body");
  return typed;
}

function hasRows({ bodyType }: WorkerRequest, { rows, columns }: SentRows): boolean {
  return bodyType === "arrow" || rows !== undefined || columns !== undefined;
}

/** Maximum number of values of a text column with a reported probability. */
const MOST_VALUES = 100;
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];

interface GivenOptions {
  readonly given: unknown;
  readonly count: number;
  readonly seed: number;
}

/** Draws rows and columns given known cells: the same rows as `pushforward sample --given` with the same seed. */
async function givenRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const { given, count, seed } = checkedRequest<GivenOptions>("given", request, maxRows).options;
  const conditions = readConditions("given", given, model.model, model.layout);
  checkQuestions(model.model, model.file, [conditions]);
  if (lane === "light") return undefined;
  const asked = await model.askedBy(seed);
  const { answer, draw } = givenRows(asked, conditions, createKey(seed).fold(0), count);
  const drawn = typedColumns(draw("sample", count), model.layout, model.model);
  return await rowsResponse(drawn, request, {
    columns: describe(answer, conditions, model),
    effectiveSampleSize: answer.effectiveSampleSize,
    logEvidence: answer.logEvidence,
    isExact: answer.isExact,
    warning: answer.warning ?? null,
  });
}

/** Describes the distribution of each column with an unknown cell. */
function describe(answer: ConditionalTable, conditions: Conditions, model: AnsweringModel): object {
  const isOpen = (name: string): boolean => {
    const condition = Object.hasOwn(conditions, name) ? conditions[name] : undefined;
    return condition === undefined || (typeof condition === "object" && condition !== null);
  };
  const open = answer.table.columns.filter(({ name }) => isOpen(name));
  return Object.fromEntries(
    open.map(({ name, kind }) => {
      const probabilities = answer.probabilities(name);
      const missing = probabilities.get(null) ?? 0;
      if (kind === "number") {
        // 0.1 · 388 is 38.800000000000004, and 38.8 in the file.
        const written = (value: number): number | string | null =>
          Number.isNaN(value) ? null : model.written(name, Number(value.toPrecision(15)));
        const quantiles = Object.fromEntries(LEVELS.map((level) => [level, written(answer.quantile(name, level))]));
        return [name, { mean: written(answer.mean(name)), quantiles, missing }];
      }
      const values = [...probabilities].filter(([value]) => value !== null).slice(0, MOST_VALUES);
      return [name, { probabilities: Object.fromEntries(values), missing }];
    }),
  );
}

interface ImputeOptions {
  readonly columns: readonly string[] | undefined;
  readonly expected: boolean;
  readonly multiple: number;
  readonly intervals: number | undefined;
  readonly draws: number;
  readonly seed: number;
}

/** Fills cells: the same cells as `pushforward impute` with the same seed. */
async function imputeRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const { options, sent } = checkedRequest<ImputeOptions>("impute", request, maxRows);
  const { columns, expected, multiple, intervals, seed } = options;
  const table = await requestTable(request, sent, model.layout, {
    others: "keep",
    mayLack: true,
    needed: [],
    maxRows,
  });
  if (expected && multiple > 1) throw new RequestError("multiple: expected draws, got expected.");
  if (intervals !== undefined && !expected) throw new RequestError("intervals: expected expected, got draws.");
  if (table.rows * multiple > maxRows) {
    throw new RequestError(`multiple: expected at most ${maxRows} rows in all, got ${table.rows * multiple}.`);
  }
  const cells = model.model;
  checkQuestions(model.model, model.file, []);
  checkImputedColumns(cells, columns, model.file);
  const all = withAllColumns(table, cells.names);
  if (lane === "light") {
    cells.read(all, { isPartial: true });
    return undefined;
  }
  const asked = await model.askedBy(seed);
  const { table: filledTable, filled } = imputedRows(asked, all, model.file, options);
  return await rowsResponse(typedColumns(filledTable, model.layout, model.model), request, {
    cells: filled.cells.map(({ row, column, value, interval, ...cell }) => ({
      ...{ row: row + 1, column, value: model.written(column, value), ...cell },
      ...(interval && { interval: interval.map((end) => model.written(column, end)) }),
    })),
    poor: filled.poor.map((row) => row + 1),
  });
}

/** Adds the columns that no row contains, with all cells missing. */
function withAllColumns({ rows, columns }: Table, names: readonly string[]): Table {
  const known = new Set(columns.map(({ name }) => name));
  const missing = new Set(Array.from({ length: rows }, (_, row) => row));
  const lacking = names.filter((name) => !known.has(name));
  return {
    rows,
    columns: [
      ...columns,
      ...lacking.map((name): Column => ({ name, kind: "text", values: Array(rows).fill(""), missing })),
    ],
  };
}
