import { freeName } from "@pushforward/columns/extend";
import { createTable, joinCsvTables } from "@pushforward/datasets/extend";
import { UnseenCells } from "@pushforward/tables/extend";
import {
  type Column,
  type CsvTable,
  formatCsv,
  type RowScores,
  type Table,
  type TableModel,
  type TableSource,
} from "pushforward";
import type { OddRow, TableScore } from "../../shared/table-protocol.ts";
import { tableCells } from "./table-columns.ts";

/** Rows of low density that are shown. */
const ODD = 8;

/** Rows of a file and their scores by a model. */
export interface ScoredTable {
  readonly score: TableScore;
  readonly table: CsvTable;
  readonly scores: Float64Array;
}

/**
 * Scores the rows of a file.
 *
 * @throws {DataError} a column of the model is missing, or a value does not fit its kind.
 */
export async function scoreTable(model: TableModel, source: TableSource): Promise<ScoredTable> {
  const unseen = new UnseenCells(model);
  const tables: CsvTable[] = [];
  const scores: Float64Array[] = [];
  let odd: OddRow[] = [];
  for await (const block of source.chunks(model.reading({ keepOthers: true }))) {
    const rows = model.read(block, { file: source.name });
    unseen.look(rows.columns);
    const scored = model.score(rows);
    tables.push(block);
    scores.push(scored.scores);
    odd = [...odd, ...oddRows(block, scored)].sort((a, b) => a.logDensity - b.logDensity).slice(0, ODD);
  }
  const table = joinCsvTables(tables);
  if (table === undefined || table.rows === 0) throw new Error(`${source.name}: expected at least one row, got none.`);
  const all = new Float64Array(table.rows);
  let at = 0;
  for (const part of scores) {
    all.set(part, at);
    at += part.length;
  }
  const notes = unseen.notes();
  return {
    score: {
      name: source.name,
      rows: table.rows,
      ...momentsOf(all),
      odd,
      ...(notes.length > 0 && { note: notes.join(" ") }),
    },
    table,
    scores: all,
  };
}

/** The table with a column of log-densities, as CSV. */
export function scoresCsv({ table, scores }: ScoredTable): string {
  const name = freeName(
    "log_density",
    table.columns.map((column) => column.name),
  );
  const columns: Column[] = [...table.columns, { name, kind: "number", values: scores }];
  return formatCsv(createTable(columns));
}

/** Rows of a block with the lowest densities, each with its least probable cell if the model scores cells. */
function oddRows(table: CsvTable, { scores, cells = [] }: RowScores): OddRow[] {
  const order = Array.from(scores.keys()).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  return order.slice(0, ODD).map((row) => {
    const logProbs = cells.map(({ values }) => values[row] as number);
    const place = logProbs.indexOf(Math.min(...logProbs));
    const column = cells[place]?.name;
    return {
      row: table.rowNumbers[row] as number,
      logDensity: scores[row] as number,
      ...(column !== undefined && {
        least: { column, cell: cellOf(table, column, row), logProb: logProbs[place] as number },
      }),
    };
  });
}

function cellOf(table: Table, column: string, row: number): string {
  return tableCells(table, [column], [row]).rows[0]?.[0] ?? "";
}

function momentsOf(values: Float64Array): Pick<TableScore, "meanLogDensity" | "standardError"> {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { meanLogDensity: mean, standardError: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
}
