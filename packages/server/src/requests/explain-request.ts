import { checkScores, oddRows, TopRows } from "@pushforward/questions/extend";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest } from "./checked-request.ts";
import { RequestError } from "./read-json.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { jsonResponse } from "./responses.ts";

interface ExplainOptions {
  readonly top: number | undefined;
  readonly others: "refuse" | "ignore";
}

/** How odd rows are and why: the rows of `pushforward score --top`, and how surprising each cell is. */
export async function explainRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const { options, sent } = checkedRequest<ExplainOptions>("explain", request, maxRows);
  const { anomalies } = model.model;
  if (anomalies === undefined) {
    throw new RequestError(`${model.file}: expected a model that knows which rows are odd, got one fitted without.`);
  }
  const needed = model.columns.map(({ name }) => name);
  const table = await requestTable(request, sent, model.layout, {
    ...{ others: options.others, mayLack: false, needed, maxRows },
  });
  refuseMissing(table, model);
  const rows = model.model.read(table, { file: "body" });
  if (lane === "light" && table.rows > model.lightRows) return undefined;
  const { scores } = model.model.score(rows);
  checkScores(scores, rows, "body");
  const odd = oddRows(anomalies, rows, true);
  const top = new TopRows(options.top ?? table.rows, []);
  const rowNumbers = Float64Array.from({ length: table.rows }, (_, i) => i + 1);
  top.add({ ...table, rowNumbers, dropped: 0, droppedBy: new Map() }, scores, odd);
  const { columns = [], surprises = [] } = odd.reasons ?? {};
  return jsonResponse(table.rows, {
    rows: table.rows,
    top: top.toJson(),
    surprises: Object.fromEntries(columns.map((name, k) => [name, Array.from(surprises[k] as Float64Array)])),
  });
}
