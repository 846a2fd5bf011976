import {
  checkScores,
  joinRows,
  LogDensitySummary,
  logDensities,
  oddRows,
  type ReadRows,
  readRows,
} from "@pushforward/answers";
import type { WorkerRequest, WorkerResponse, WorkerSettings } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { bodyFields } from "./body-fields.ts";
import { jsonResponse } from "./json-response.ts";
import { problemResponse } from "./problem-response.ts";
import { RequestError } from "./request-error.ts";
import { refuseMissing, requestTable } from "./request-table.ts";

/** A request whose rows were read. */
interface ReadRequest {
  readonly rows: ReadRows;
  readonly cells: boolean;
  readonly anomaly: boolean;
}

/** Answers requests for log-densities, with the rows of all of them evaluated at once. */
export function scoreRequests(
  model: AnsweringModel,
  requests: readonly WorkerRequest[],
  settings: WorkerSettings,
): readonly WorkerResponse[] {
  const read = requests.map((request) => attempt(() => readRequest(model, request, settings)));
  const good = read.flatMap((one) => ("value" in one ? one.value.rows : []));
  const joined = joinRows(good);
  const all = joined && logDensities(model.model, joined);
  let from = 0;
  return read.map((one) => {
    if (!("value" in one) || all === undefined) return problemResponse("error" in one ? one.error : undefined);
    const { rows, cells, anomaly } = one.value;
    const to = from + rows.typed.rows;
    const scores = all.scores.slice(from, to);
    const ofCells = all.cells?.map(({ name, values }) => [name, Array.from(values.subarray(from, to))] as const);
    from = to;
    const answer = attempt(() => answerOf(model, rows, scores, { cells: cells ? ofCells : undefined, anomaly }));
    return "value" in answer ? answer.value : problemResponse(answer.error);
  });
}

function readRequest(model: AnsweringModel, request: WorkerRequest, { maxRows }: WorkerSettings): ReadRequest {
  const fields = bodyFields(request);
  const others = fields.word("others", ["refuse", "ignore"]);
  const needed = model.columns.map(({ name }) => name);
  const table = requestTable(request, fields, model.layout, { others, mayLack: false, needed, maxRows });
  const [cells, anomaly] = [fields.flag("cells"), fields.flag("anomaly")];
  fields.end(["rows", "columns", "cells", "anomaly", "others"]);
  refuseMissing(table, model);
  return { rows: readRows(model.model, table, "body"), cells, anomaly };
}

interface Asked {
  readonly cells: readonly (readonly [name: string, values: readonly number[]])[] | undefined;
  readonly anomaly: boolean;
}

function answerOf(model: AnsweringModel, { typed }: ReadRows, scores: Float64Array, asked: Asked): WorkerResponse {
  checkScores(scores, typed, "body");
  const summary = new LogDensitySummary();
  summary.add(scores);
  const { anomalies } = model.model;
  if (asked.anomaly && anomalies === undefined) {
    throw new RequestError("anomaly: expected a model that knows which rows are odd, got one fitted without.");
  }
  const odd = asked.anomaly && anomalies !== undefined ? oddRows(anomalies, typed, false) : undefined;
  return jsonResponse(typed.rows, {
    ...summary.toJson(),
    logDensity: Array.from(scores),
    ...(asked.cells && { cells: Object.fromEntries(asked.cells) }),
    ...(odd && { anomaly: Array.from(odd.scores), pValue: Array.from(odd.pValues) }),
  });
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

function attempt<T>(run: () => T): Attempt<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}
