import {
  checkScores,
  joinRows,
  type LogDensities,
  LogDensitySummary,
  logDensities,
  oddRows,
  type ReadRows,
  readRows,
} from "@pushforward/answers";
import type { Table } from "pushforward";
import type { BodyType, WorkerRequest, WorkerResponse, WorkerSettings } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { bodyFields } from "./body-fields.ts";
import { jsonResponse } from "./json-response.ts";
import { problemResponse } from "./problem-response.ts";
import { RequestError } from "./request-error.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { rowsResponse } from "./rows-response.ts";

/** A request whose rows were read. */
interface ReadRequest {
  readonly rows: ReadRows;
  readonly cells: boolean;
  readonly anomaly: boolean;
  readonly answerType: BodyType;
}

/** Answers requests for log-densities, with the rows of all of them evaluated at once. */
export async function scoreRequests(
  model: AnsweringModel,
  requests: readonly WorkerRequest[],
  settings: WorkerSettings,
): Promise<readonly WorkerResponse[]> {
  const read = await Promise.all(requests.map((request) => attempt(() => readRequest(model, request, settings))));
  const good = read.flatMap((one) => ("value" in one ? one.value.rows : []));
  const joined = joinRows(good);
  const all = joined && logDensities(model.model, joined);
  let from = 0;
  return await Promise.all(
    read.map((one) => {
      if (!("value" in one)) return problemResponse(one.error);
      const { rows, ...asked } = one.value;
      const part = { from, to: from + rows.typed.rows };
      from = part.to;
      return answerOf(model, rows, partOf(all as LogDensities, part), asked).catch(problemResponse);
    }),
  );
}

/** The log-densities of some of the rows. */
function partOf({ scores, cells }: LogDensities, { from, to }: { from: number; to: number }): LogDensities {
  const own = cells?.map(({ name, values }) => ({ name, values: values.subarray(from, to) }));
  return { scores: scores.subarray(from, to), ...(own && { cells: own }) };
}

async function readRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows }: WorkerSettings,
): Promise<ReadRequest> {
  const fields = bodyFields(request);
  const others = fields.word("others", ["refuse", "ignore"]);
  const needed = model.columns.map(({ name }) => name);
  const table = await requestTable(request, fields, model.layout, { others, mayLack: false, needed, maxRows });
  const [cells, anomaly] = [fields.flag("cells"), fields.flag("anomaly")];
  fields.end(["rows", "columns", "cells", "anomaly", "others"]);
  refuseMissing(table, model);
  return { rows: readRows(model.model, table, "body"), cells, anomaly, answerType: request.answerType };
}

async function answerOf(
  model: AnsweringModel,
  { typed }: ReadRows,
  { scores, cells: ofCells = [] }: LogDensities,
  asked: Omit<ReadRequest, "rows">,
): Promise<WorkerResponse> {
  checkScores(scores, typed, "body");
  const cells = asked.cells ? ofCells : [];
  const summary = new LogDensitySummary();
  summary.add(scores);
  const { anomalies } = model.model;
  if (asked.anomaly && anomalies === undefined) {
    throw new RequestError("anomaly: expected a model that knows which rows are odd, got one fitted without.");
  }
  const odd = asked.anomaly && anomalies !== undefined ? oddRows(anomalies, typed, false) : undefined;
  if (asked.answerType === "arrow") {
    const columns = [
      ["log_density", scores] as const,
      ...cells.map(({ name, values }) => [`log_density of ${name}`, values] as const),
      ...(odd ? [["anomaly", odd.scores] as const, ["p_value", odd.pValues] as const] : []),
    ];
    const table: Table = {
      rows: typed.rows,
      columns: columns.map(([name, values]) => ({ name, kind: "number", values })),
    };
    return await rowsResponse(table, asked, {});
  }
  return jsonResponse(typed.rows, {
    ...summary.toJson(),
    logDensity: Array.from(scores),
    ...(cells.length > 0 && { cells: Object.fromEntries(cells.map(({ name, values }) => [name, Array.from(values)])) }),
    ...(odd && { anomaly: Array.from(odd.scores), pValue: Array.from(odd.pValues) }),
  });
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

async function attempt<T>(run: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}
