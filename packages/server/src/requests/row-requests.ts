import type { Table } from "@pushforward/datasets";
import { joinTables, takeTableRows } from "@pushforward/datasets/extend";
import {
  type AskedModel,
  checkQuestions,
  checkScores,
  LogDensitySummary,
  MARGINAL_ROWS,
  marginalRows,
  type OddRows,
  oddRows,
  TopRows,
} from "@pushforward/questions/extend";
import type { RowScores } from "@pushforward/tables";
import { describeMeasure, UnseenCells, type UnseenCounts } from "@pushforward/tables/extend";
import type { AnswerSettings, LaneResponse, WorkerRequest, WorkerResponse } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest, type SentRows } from "./checked-request.ts";
import { RequestError } from "./read-json.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { jsonResponse, problemResponse, rowsResponse } from "./responses.ts";

/** A request with its rows after reading. */
interface ReadRequest {
  readonly rows: Table;
  /** The anomaly of the rows: not requested, scores only, or scores with reasons. */
  readonly anomaly: "none" | "scores" | "reasons";
  /** Log-densities of the known cells, if missing cells are unknown. */
  readonly marginal?: Float64Array;
  readonly answer: (evaluated: EvaluatedRows) => WorkerResponse | Promise<WorkerResponse>;
}

/** Log-densities of the rows of a request, and their anomaly if requested. */
interface EvaluatedRows extends RowScores {
  readonly odd: OddRows | undefined;
}

/** Answers requests for log-densities and anomalies, with a single evaluation of all rows. */
export async function rowRequests(
  model: AnsweringModel,
  requests: readonly WorkerRequest[],
  settings: AnswerSettings,
): Promise<readonly LaneResponse[]> {
  const read = await Promise.all(requests.map((request) => attempt(() => readRequest(model, request, settings))));
  const good = read.flatMap((one) => ("value" in one && one.value ? one.value : []));
  const evaluated = new Map<ReadRequest, EvaluatedRows>();
  const found = await attempt(() => {
    for (const anomaly of ["none", "scores", "reasons"] as const) {
      const together = good.filter((one) => one.anomaly === anomaly && one.marginal === undefined);
      evaluateTogether(model, together, evaluated);
    }
    for (const one of good)
      if (one.marginal !== undefined) evaluated.set(one, marginalRequest(model, one, one.marginal));
  });
  if ("error" in found) {
    // Which request it is of is not known: each is asked alone.
    if (requests.length === 1) return [problemResponse(found.error)];
    const alone: LaneResponse[] = [];
    for (const request of requests) alone.push(...(await rowRequests(model, [request], settings)));
    return alone;
  }
  return await Promise.all(
    read.map(async (one) => {
      if (!("value" in one)) return problemResponse(one.error);
      if (one.value === undefined) return undefined;
      const { rows, answer } = one.value;
      const own = evaluated.get(one.value) as EvaluatedRows;
      try {
        checkScores(own.scores, rows, "body");
        return await answer(own);
      } catch (error) {
        return problemResponse(error);
      }
    }),
  );
}

/** Evaluates the rows of requests for the same results. */
function evaluateTogether(
  model: AnsweringModel,
  requests: readonly ReadRequest[],
  evaluated: Map<ReadRequest, EvaluatedRows>,
): void {
  const [first] = requests;
  const rows = joinTables(requests.map((one) => one.rows));
  if (first === undefined || rows === undefined) return;
  const scores = model.model.score(rows);
  const odd = oddnessOf(model, rows, scores.scores, first.anomaly);
  let from = 0;
  for (const request of requests) {
    const to = from + request.rows.rows;
    const part = (values: Float64Array): Float64Array => values.subarray(from, to);
    evaluated.set(request, {
      scores: part(scores.scores),
      ...(scores.cells && { cells: scores.cells.map(({ name, values }) => ({ name, values: part(values) })) }),
      odd: odd && {
        scores: part(odd.scores),
        pValues: part(odd.pValues),
        reasons: odd.reasons && { ...odd.reasons, surprises: odd.reasons.surprises.map(part) },
      },
    });
    from = to;
  }
}

/** Rows with unknown cells. Their anomaly treats a missing cell as a value. */
function marginalRequest(model: AnsweringModel, { rows, anomaly }: ReadRequest, marginal: Float64Array): EvaluatedRows {
  const logProb = anomaly === "none" ? marginal : model.model.score(rows).scores;
  return { scores: marginal, odd: oddnessOf(model, rows, logProb, anomaly) };
}

function oddnessOf(
  { model }: AnsweringModel,
  rows: Table,
  logProb: Float64Array,
  anomaly: ReadRequest["anomaly"],
): OddRows | undefined {
  if (anomaly === "none" || model.anomalies === undefined) return undefined;
  return oddRows(model.anomalies, rows, { logProb, explain: anomaly === "reasons", rules: model.rules });
}

/** Reads a request; undefined for a request that is too heavy for its lane. */
function readRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  settings: AnswerSettings,
): Promise<ReadRequest | undefined> {
  return request.operation === "score" ? readScore(model, request, settings) : readExplain(model, request, settings);
}

/** The rows of a request with all columns of the model. Throws as {@link requestTable}. */
function completeTable(
  model: AnsweringModel,
  request: WorkerRequest,
  sent: SentRows,
  options: { readonly others: "refuse" | "ignore"; readonly maxRows: number },
): Promise<Table> {
  const needed = model.columns.map(({ name }) => name);
  return requestTable(request, sent, model.layout, { ...options, mayLack: false, needed });
}

interface ScoreOptions {
  readonly cells: boolean;
  readonly anomaly: boolean;
  readonly marginal: boolean;
  readonly others: "refuse" | "ignore";
}

async function readScore(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<ReadRequest | undefined> {
  const { options, sent } = checkedRequest<ScoreOptions>("score", request, maxRows);
  const { others, cells, anomaly, marginal: isMarginal } = options;
  const table = await completeTable(model, request, sent, { others, maxRows });
  if (cells && (isMarginal || !model.model.scoresCells)) {
    throw new RequestError("cells: expected a model of any table, and no marginal, got a flow or a marginal.");
  }
  if (anomaly && model.model.anomalies === undefined) {
    throw new RequestError("anomaly: expected a model with anomaly scores, got one without.");
  }
  const isHeavy = lane === "light" && (isMarginal || table.rows > model.lightRows);
  const asked = (rows: Table): ReadRequest => ({
    ...{ rows, anomaly: anomaly ? "scores" : "none" },
    answer: (evaluated) => scoreAnswer(model, rows, evaluated, { cells, isMarginal, request }),
  });
  if (!isMarginal) {
    refuseMissing(table, model);
    const rows = model.model.read(table, { file: "body" });
    return isHeavy ? undefined : asked(rows);
  }
  checkQuestions(model.model, model.file, []);
  if (isHeavy) return undefined;
  const questions = await model.askedBy(0);
  const typed = model.model.read(table, { file: "body", isPartial: true });
  return { ...asked(typed), marginal: marginalScores(questions, typed) };
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

async function scoreAnswer(
  model: AnsweringModel,
  typed: Table,
  { scores, cells: ofCells = [], odd }: EvaluatedRows,
  asked: { readonly cells: boolean; readonly isMarginal: boolean; readonly request: WorkerRequest },
): Promise<WorkerResponse> {
  const cells = asked.cells ? ofCells : [];
  const summary = new LogDensitySummary();
  summary.add(scores);
  if (asked.request.answerType === "arrow") {
    const columns = [
      ["log_density", scores] as const,
      ...cells.map(({ name, values }) => [`log_density of ${name}`, values] as const),
      ...(odd ? [["anomaly", odd.scores] as const, ["p_value", odd.pValues] as const] : []),
    ];
    const table: Table = {
      rows: typed.rows,
      columns: columns.map(([name, values]) => ({ name, kind: "number", values })),
    };
    return await rowsResponse(table, asked.request, {});
  }
  const unseen = unseenIn(model, typed, asked.isMarginal);
  return jsonResponse(typed.rows, {
    ...summary.toJson(),
    measure: describeMeasure(model.model),
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

interface ExplainOptions {
  readonly top: number | undefined;
  readonly others: "refuse" | "ignore";
}

/** Explains how unusual rows are and why: the rows of `pushforward score --top`, with the surprise of each cell. */
async function readExplain(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<ReadRequest | undefined> {
  const { options, sent } = checkedRequest<ExplainOptions>("explain", request, maxRows);
  if (model.model.anomalies === undefined) {
    throw new RequestError(`${model.file}: expected a model with anomaly scores, got one without.`);
  }
  const table = await completeTable(model, request, sent, { others: options.others, maxRows });
  refuseMissing(table, model);
  const rows = model.model.read(table, { file: "body" });
  if (lane === "light" && table.rows > model.lightRows) return undefined;
  const answer = ({ scores, odd }: EvaluatedRows): WorkerResponse => {
    const top = new TopRows(options.top ?? table.rows, []);
    const rowNumbers = Float64Array.from({ length: table.rows }, (_, i) => i + 1);
    top.add({ ...table, rowNumbers, dropped: 0, droppedBy: new Map() }, scores, odd as OddRows);
    const { columns = [], surprises = [] } = odd?.reasons ?? {};
    return jsonResponse(table.rows, {
      rows: table.rows,
      top: top.toJson(),
      surprises: Object.fromEntries(columns.map((name, k) => [name, Array.from(surprises[k] as Float64Array)])),
    });
  };
  return { rows, anomaly: "reasons", answer };
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

async function attempt<T>(run: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}
