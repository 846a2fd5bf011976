import { joinTables, listNames } from "@pushforward/datasets/extend";
import { refuseUnseen } from "@pushforward/tables/extend";
import type { Table } from "pushforward";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { MOST_SEED } from "./limits.ts";
import { RequestError } from "./read-json.ts";
import { bodyFields, type RequestFields } from "./request-fields.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { rowsResponse } from "./responses.ts";
import { typedColumns } from "./table-json.ts";

/** New rows: those of `pushforward sample` with the same seed. */
export async function sampleRequest(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const fields = bodyFields(request);
  const count = fields.integer("count", { min: 1, max: maxRows });
  const seed = fields.integer("seed", { min: 0, max: MOST_SEED, otherwise: 0 });
  const context = await readContext(model, request, fields, maxRows);
  fields.end(["count", "seed", "rows", "columns"]);
  const total = count * (context?.rows ?? 1);
  if (total > maxRows) throw new RequestError(`count: expected at most ${maxRows} rows in all, got ${total}.`);
  if (lane === "light" && total > model.lightRows) return undefined;
  const drawn = joinTables([...model.model.draw({ count, seed, context, contextFile: "body" })]) as Table;
  return await rowsResponse(typedColumns(drawn, model.layout, model.model), request, {});
}

/** The rows that a conditional model draws at, as it reads them. */
async function readContext(
  model: AnsweringModel,
  request: WorkerRequest,
  fields: RequestFields,
  maxRows: number,
): Promise<Table | undefined> {
  const names = model.context;
  if (names.length === 0) {
    if (!hasRows(request, fields)) return undefined;
    throw new RequestError("rows: expected none, because the model takes no context, got some.");
  }
  const layout = new Map([...model.layout].filter(([name]) => names.includes(name)));
  const options = { others: "refuse", mayLack: false, needed: names, maxRows } as const;
  if (!hasRows(request, fields)) {
    throw new RequestError(
      `rows: expected the columns ${listNames(names)} to draw at, because the model is conditional.`,
    );
  }
  const table = await requestTable(request, fields, layout, options);
  refuseMissing(table, model);
  const typed = model.model.read(table, { file: "body", isPartial: true });
  refuseUnseen(model.model, typed, table, "body");
  return typed;
}

function hasRows({ bodyType }: WorkerRequest, fields: RequestFields): boolean {
  return bodyType === "arrow" || fields.has("rows") || fields.has("columns");
}
