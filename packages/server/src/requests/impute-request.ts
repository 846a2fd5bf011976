import type { Column, Table } from "@pushforward/datasets";
import { checkImputedColumns, checkQuestions, imputedRows } from "@pushforward/questions/extend";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest } from "./checked-request.ts";
import { RequestError } from "./read-json.ts";
import { requestTable } from "./request-table.ts";
import { rowsResponse } from "./responses.ts";
import { typedColumns } from "./table-json.ts";

interface ImputeOptions {
  readonly columns: readonly string[] | undefined;
  readonly expected: boolean;
  readonly multiple: number;
  readonly intervals: number | undefined;
  readonly draws: number;
  readonly seed: number;
}

/** Filled cells: those of `pushforward impute` with the same seed. */
export async function imputeRequest(
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

/** A column that no row has is missing in all of them. */
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
