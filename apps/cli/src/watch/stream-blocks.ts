import type { TableSource } from "@pushforward/columns";
import type { StreamRows } from "@pushforward/diagnostics";
import { checkScores } from "@pushforward/questions/extend";
import type { TableModel } from "@pushforward/tables";
import { UnseenCells } from "@pushforward/tables/extend";

/** Some rows of a stream, as the monitor takes them. */
export interface StreamBlock {
  readonly rows: StreamRows;
  /** The number of each row in its file. */
  readonly rowNumbers: Float64Array;
}

/**
 * The rows of a source with their log-densities and cells as numbers, in blocks.
 *
 * @param unseen counts the cells that no training row could have.
 * @throws {DataError | UserError} as `score`: a column is missing, or a value does not fit; the message names its row.
 */
export async function* streamBlocks(
  model: TableModel,
  source: TableSource,
  missing: "error" | "drop" | undefined,
  unseen: UnseenCells = new UnseenCells(model),
): AsyncGenerator<StreamBlock> {
  for await (const table of source.chunks(model.reading({ missing, keepOthers: false }))) {
    const typed = model.read(table, { file: source.name });
    unseen.look(typed.columns);
    const { scores, cells = [] } = model.score(typed);
    checkScores(scores, table, source.name);
    const logProbs = new Map(cells.map(({ name, values }) => [name, values]));
    const columns = typed.columns.map((column) => {
      const logProb = logProbs.get(column.name);
      return { name: column.name, values: model.numbersOf(column), ...(logProb && { logProb }) };
    });
    yield { rows: { rows: table.rows, logDensity: scores, columns }, rowNumbers: table.rowNumbers };
  }
}
