import {
  type AskedModel,
  askedModel,
  checkQuestions,
  type LoadedModel,
  MARGINAL_ROWS,
  marginalRows,
} from "@pushforward/questions/extend";
import type { UnseenCells } from "@pushforward/tables/extend";
import type { CsvTable, Table, TableSource } from "pushforward";
import { say } from "../output/terminal.ts";

/** Rows of the file with the log-densities of their present cells. */
interface MarginalChunk {
  readonly table: CsvTable;
  readonly typed: Table;
  readonly scores: Float64Array;
}

/**
 * Scores the known cells of the rows of a file by their marginal log-density, in blocks.
 *
 * @param keepOthers `true` to keep the columns that the model does not know.
 * @param unseen counts the cells that no training row could have.
 */
export async function* scoreMarginal(
  model: LoadedModel,
  modelFile: string,
  { chunks }: TableSource,
  keepOthers: boolean,
  unseen: UnseenCells,
): AsyncGenerator<MarginalChunk> {
  checkQuestions(model, modelFile, []);
  let asked: AskedModel | undefined;
  let [rows, poor, block] = [0, 0, 0];
  for await (const table of chunks({
    ...{ columns: model.names, kinds: "text", missing: "keep", chunkRows: MARGINAL_ROWS },
    others: keepOthers ? "keep" : "leave",
  })) {
    const typed = model.read(table, { isPartial: true });
    unseen.look(typed.columns, "unknown");
    // The model is prepared for seconds, which a wrong file is not worth.
    asked ??= await askedModel(model, modelFile, 0);
    const found = marginalRows(asked, typed, block++);
    rows += table.rows;
    poor += found.poor.length;
    yield { table, typed, scores: found.logProb };
  }
  if (poor > 0) say(`the log-density of ${poor} of ${rows} rows is from fewer than 10 effective draws`);
}
