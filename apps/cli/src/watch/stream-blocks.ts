import type { StreamRows } from "@pushforward/diagnostics";
import { type DescribedModel, isTableDensity } from "@pushforward/questions/extend";
import { contextValues, scoreDensity, type TableDensityModel, UnseenCells } from "@pushforward/tables/extend";
import type { CsvTable, Table, TableSource } from "pushforward";
import { scoreFlow } from "../reading/score-flow.ts";

/** Some rows of a stream, as the monitor takes them. */
export interface StreamBlock {
  readonly rows: StreamRows;
  /** The number of each row in its file. */
  readonly rowNumbers: Float64Array;
}

/**
 * The rows of a source with what the model says of them, in blocks.
 *
 * @param unseen counts the cells that no training row could have, of a density of any columns.
 * @throws {DataError | UserError} as `score`: a column is missing, or a value does not fit; the message names its row.
 */
export async function* streamBlocks(
  model: DescribedModel | TableDensityModel,
  source: TableSource,
  missing: "error" | "drop" | undefined,
  unseen?: UnseenCells,
): AsyncGenerator<StreamBlock> {
  if (isTableDensity(model)) {
    const options = { missing, keepOthers: false, cells: true };
    for await (const { table, typed, scores, cells = [] } of scoreDensity(
      model,
      source,
      unseen ?? new UnseenCells(model),
      options,
    )) {
      const logProbs = new Map(cells.map(({ name, values }) => [name, values]));
      const columns = typed.columns.map(({ name }, j) => ({
        ...{ name, values: columnNumbers(model, typed, j), logProb: logProbs.get(name) },
      }));
      yield blockOf(table, { rows: table.rows, logDensity: scores, columns });
    }
    return;
  }
  for await (const { table, typed, scores } of scoreFlow(model, source, { missing, keepOthers: false })) {
    const given = contextValues(table, model.schema, source.name);
    const columns = [
      ...typed.columns.map(({ name, values }) => ({ name, values: values as Float64Array })),
      ...model.schema.context.map(({ name }, k) => ({ name, values: given[k] as Float64Array })),
    ];
    yield blockOf(table, { rows: table.rows, logDensity: scores, columns });
  }
}

function blockOf({ rowNumbers }: CsvTable, rows: StreamRows): StreamBlock {
  return { rows, rowNumbers };
}

/** Numbers as they are; categories by their place in the model, −1 for one that it does not know; NaN where missing. */
function columnNumbers({ density }: TableDensityModel, { columns }: Table, place: number): ArrayLike<number> {
  const column = columns[place] as Table["columns"][number];
  if (column.kind === "number") return column.values;
  const { name, missing } = column;
  const coded = density.columns.find((one) => one.name === name)?.coding.encode(column);
  return Float64Array.from(column.values, (_, row) => {
    if (missing?.has(row)) return Number.NaN;
    // A category that the model knows has no floor.
    return coded?.logFloor[row] === Number.NEGATIVE_INFINITY ? (coded.codes[row] as number) : -1;
  });
}
