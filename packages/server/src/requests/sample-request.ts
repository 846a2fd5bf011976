import { joinTables, listNames } from "@pushforward/datasets/extend";
import { refuseUnseen } from "@pushforward/tables/extend";
import type { Table } from "pushforward";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest, type SentRows } from "./checked-request.ts";
import { RequestError } from "./read-json.ts";
import { refuseMissing, requestTable } from "./request-table.ts";
import { rowsResponse } from "./responses.ts";
import { typedColumns } from "./table-json.ts";

interface SampleOptions {
  readonly count: number;
  readonly seed: number;
}

/** New rows: those of `pushforward sample` with the same seed. */
export async function sampleRequest(
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

/** The rows that a conditional model draws at, as it reads them. */
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
