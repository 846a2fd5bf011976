import type { AskedModel } from "@pushforward/answers";
import { type CsvTable, createKey, marginalLogProb, type Table } from "pushforward";
import type { TableSource } from "pushforward/extend";
import { say } from "../output/terminal.ts";

/** Some rows of the file and the log-densities of the cells that are there. */
interface MarginalChunk {
  readonly table: CsvTable;
  readonly typed: Table;
  readonly scores: Float64Array;
}

/** Rows that are read at once. */
const CHUNK = 2000;

/**
 * The log-density of the known cells of the rows of a file, in blocks.
 *
 * @param keepOthers whether the columns that the model does not know are kept.
 */
export async function* scoreMarginal(
  asked: AskedModel,
  { chunks }: TableSource,
  keepOthers: boolean,
): AsyncGenerator<MarginalChunk> {
  const key = createKey(0).fold("marginal");
  let [rows, poor, block] = [0, 0, 0];
  for await (const table of chunks({
    ...{ columns: asked.names, kinds: "text", missing: "keep", chunkRows: CHUNK },
    others: keepOthers ? "keep" : "leave",
  })) {
    const typed = asked.read(table);
    const found = marginalLogProb(asked.questions, typed, { key: key.fold(block++) });
    rows += table.rows;
    poor += found.poor.length;
    yield { table, typed, scores: found.logProb };
  }
  if (poor > 0) say(`in ${poor} of ${rows} rows the log-density rests on fewer than 10 effective draws`);
}
