import type { Table } from "@pushforward/datasets";
import { joinTables, takeTableRows } from "@pushforward/datasets/extend";
import {
  type AskedModel,
  checkQuestions,
  checkScores,
  LogDensitySummary,
  MARGINAL_ROWS,
  marginalRows,
  oddRows,
} from "@pushforward/questions/extend";
import type { RowScores } from "@pushforward/tables";
import { UnseenCells, type UnseenCounts } from "@pushforward/tables/extend";
import type { AnswerSettings, BodyType, LaneResponse, WorkerRequest, WorkerResponse } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest } from "./checked-request.ts";
import { RequestError } from "./read-json.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { jsonResponse, problemResponse, rowsResponse } from "./responses.ts";

interface ScoreOptions {
  readonly cells: boolean;
  readonly anomaly: boolean;
  readonly marginal: boolean;
  readonly others: "refuse" | "ignore";
}

/** A request with its rows after reading. */
interface ReadRequest {
  readonly rows: Table;
  /** Log-densities that are computed by themselves, because missing cells are unknown. */
  readonly marginal: Float64Array | undefined;
  readonly cells: boolean;
  readonly anomaly: boolean;
  /** `true` if missing cells are unknown. */
  readonly isMarginal: boolean;
  readonly answerType: BodyType;
}

/** Answers requests for log-densities, with a single evaluation for all rows. */
export async function scoreRequests(
  model: AnsweringModel,
  requests: readonly WorkerRequest[],
  settings: AnswerSettings,
): Promise<readonly LaneResponse[]> {
  const read = await Promise.all(requests.map((request) => attempt(() => readRows(model, request, settings))));
  const good = read.flatMap((one) =>
    "value" in one && one.value && one.value.marginal === undefined ? one.value.rows : [],
  );
  const all = await attempt(() => evaluate(model, good));
  if ("error" in all) {
    // Which request it is of is not known: each is asked alone.
    if (requests.length === 1) return [problemResponse(all.error)];
    const alone: LaneResponse[] = [];
    for (const request of requests) alone.push(...(await scoreRequests(model, [request], settings)));
    return alone;
  }
  let from = 0;
  return await Promise.all(
    read.map((one) => {
      if (!("value" in one)) return problemResponse(one.error);
      if (one.value === undefined) return undefined;
      const { rows, marginal, ...asked } = one.value;
      if (marginal !== undefined) return answerOf(model, rows, { scores: marginal }, asked).catch(problemResponse);
      const part = { from, to: from + rows.rows };
      from = part.to;
      return answerOf(model, rows, partOf(all.value, part), asked).catch(problemResponse);
    }),
  );
}

/** The log-densities of the rows of all requests. */
function evaluate(model: AnsweringModel, rows: readonly Table[]): RowScores {
  const joined = rows.length > 1 ? joinTables(rows) : rows[0];
  return joined === undefined ? { scores: new Float64Array(0) } : model.model.score(joined);
}

/** The log-densities of some of the rows. */
function partOf({ scores, cells }: RowScores, { from, to }: { from: number; to: number }): RowScores {
  const own = cells?.map(({ name, values }) => ({ name, values: values.subarray(from, to) }));
  return { scores: scores.subarray(from, to), ...(own && { cells: own }) };
}

async function readRows(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<ReadRequest | undefined> {
  const { options, sent } = checkedRequest<ScoreOptions>("score", request, maxRows);
  const { others, cells, anomaly, marginal: isMarginal } = options;
  const needed = model.columns.map(({ name }) => name);
  const table = await requestTable(request, sent, model.layout, { others, mayLack: false, needed, maxRows });
  if (cells && (isMarginal || !model.model.scoresCells)) {
    throw new RequestError("cells: expected a model of any table, and no marginal, got a flow or a marginal.");
  }
  const asked = { cells, anomaly, isMarginal, answerType: request.answerType };
  const isHeavy = lane === "light" && (isMarginal || table.rows > model.lightRows);
  if (!isMarginal) {
    refuseMissing(table, model);
    const rows = model.model.read(table, { file: "body" });
    return isHeavy ? undefined : { ...asked, rows, marginal: undefined };
  }
  checkQuestions(model.model, model.file, []);
  if (isHeavy) return undefined;
  const questions = await model.askedBy(0);
  const typed = model.model.read(table, { file: "body", isPartial: true });
  return { ...asked, rows: typed, marginal: marginalScores(questions, typed) };
}

/** The log-densities of known cells, in blocks as `pushforward score --marginal` computes them. */
function marginalScores(asked: AskedModel, typed: Table): Float64Array {
  const scores = new Float64Array(typed.rows);
  for (let from = 0, block = 0; from < typed.rows; from += MARGINAL_ROWS, block++) {
    const length = Math.min(MARGINAL_ROWS, typed.rows - from);
    const rows = Array.from({ length }, (_, i) => from + i);
    scores.set(marginalRows(asked, takeTableRows(typed, rows), block).logProb, from);
  }
  return scores;
}

async function answerOf(
  model: AnsweringModel,
  typed: Table,
  { scores, cells: ofCells = [] }: RowScores,
  asked: Omit<ReadRequest, "rows" | "marginal">,
): Promise<WorkerResponse> {
  checkScores(scores, typed, "body");
  const cells = asked.cells ? ofCells : [];
  const summary = new LogDensitySummary();
  summary.add(scores);
  const { anomalies } = model.model;
  if (asked.anomaly && anomalies === undefined) {
    throw new RequestError("anomaly: expected a model with anomaly scores, got one without.");
  }
  const logProb = asked.anomaly && asked.isMarginal ? model.model.score(typed).scores : scores;
  const odd =
    asked.anomaly && anomalies !== undefined
      ? oddRows(anomalies, typed, { logProb, rules: model.model.rules })
      : undefined;
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
  const unseen = unseenIn(model, typed, asked.isMarginal);
  return jsonResponse(typed.rows, {
    ...summary.toJson(),
    ...(unseen && { unseen }),
    logDensity: Array.from(scores),
    ...(cells.length > 0 && { cells: Object.fromEntries(cells.map(({ name, values }) => [name, Array.from(values)])) }),
    ...(odd && { anomaly: Array.from(odd.scores), pValue: Array.from(odd.pValues) }),
  });
}

/** The cells of rows that no training row could have. */
function unseenIn({ model }: AnsweringModel, typed: Table, isMarginal: boolean): UnseenCounts | undefined {
  const unseen = new UnseenCells(model);
  unseen.look(typed.columns, isMarginal ? "unknown" : "value");
  return unseen.found();
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

async function attempt<T>(run: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}
