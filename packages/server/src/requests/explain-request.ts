import { checkScores, oddRows, TopRows } from "@pushforward/questions/extend";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { RequestError } from "./read-json.ts";
import { bodyFields } from "./request-fields.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { jsonResponse } from "./responses.ts";

/** How odd rows are and why: the rows of `pushforward score --top`, and how surprising each cell is. */
export async function explainRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const fields = bodyFields(request);
  const { anomalies } = model.model;
  if (anomalies === undefined) {
    throw new RequestError(`${model.file}: expected a model that knows which rows are odd, got one fitted without.`);
  }
  const others = fields.word("others", ["refuse", "ignore"]);
  const needed = model.columns.map(({ name }) => name);
  const table = await requestTable(request, fields, model.layout, { others, mayLack: false, needed, maxRows });
  const count = fields.integer("top", { min: 1, max: maxRows, otherwise: table.rows });
  fields.end(["rows", "columns", "top", "others"]);
  refuseMissing(table, model);
  const rows = model.model.read(table, { file: "body" });
  if (lane === "light" && table.rows > model.lightRows) return undefined;
  const { scores } = model.model.score(rows);
  checkScores(scores, rows, "body");
  const odd = oddRows(anomalies, rows, true);
  const top = new TopRows(count, []);
  const rowNumbers = Float64Array.from({ length: table.rows }, (_, i) => i + 1);
  top.add({ ...table, rowNumbers, dropped: 0, droppedBy: new Map() }, scores, odd);
  const { columns = [], surprises = [] } = odd.reasons ?? {};
  return jsonResponse(table.rows, {
    rows: table.rows,
    top: top.toJson(),
    surprises: Object.fromEntries(columns.map((name, k) => [name, Array.from(surprises[k] as Float64Array)])),
  });
}
