import { type AskedModel, MARGINAL_ROWS, marginalRows } from "@pushforward/answers";
import type { CsvTable, Table } from "pushforward";
import type { TableSource, UnseenCells } from "pushforward/extend";
import { say } from "../output/terminal.ts";

/** Some rows of the file and the log-densities of the cells that are there. */
interface MarginalChunk {
  readonly table: CsvTable;
  readonly typed: Table;
  readonly scores: Float64Array;
}

/**
 * The log-density of the known cells of the rows of a file, in blocks.
 *
 * @param keepOthers whether the columns that the model does not know are kept.
 * @param unseen counts the cells that no training row could have.
 */
export async function* scoreMarginal(
  asked: AskedModel,
  { chunks }: TableSource,
  keepOthers: boolean,
  unseen: UnseenCells | undefined,
): AsyncGenerator<MarginalChunk> {
  let [rows, poor, block] = [0, 0, 0];
  for await (const table of chunks({
    ...{ columns: asked.names, kinds: "text", missing: "keep", chunkRows: MARGINAL_ROWS },
    others: keepOthers ? "keep" : "leave",
  })) {
    const typed = asked.read(table);
    unseen?.look(typed.columns, "unknown");
    const found = marginalRows(asked, typed, block++);
    rows += table.rows;
    poor += found.poor.length;
    yield { table, typed, scores: found.logProb };
  }
  if (poor > 0) say(`in ${poor} of ${rows} rows the log-density rests on fewer than 10 effective draws`);
}
