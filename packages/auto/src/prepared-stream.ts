import type { Key } from "@pushforward/core";
import { standardizeRows } from "@pushforward/tables/extend";
import type { RowStream } from "@pushforward/training";
import { dequantize } from "./column-steps.ts";
import type { AutoRows } from "./fit-auto-options.ts";
import type { PreparedRows } from "./prepare-rows.ts";
import { readTableRows } from "./read-table-rows.ts";

/**
 * The blocks of a stream as members learn from them: with noise on the steps that the sample has, and standardized as the
 * sample is.
 */
export function preparedStream(
  stream: RowStream,
  { dequantized, statistics }: Pick<PreparedRows, "dequantized" | "statistics">,
  key: Key,
): RowStream {
  const { rows, blockRows } = stream;
  return {
    rows,
    blockRows,
    block: async (epoch, index) => {
      const block: AutoRows = await stream.block(epoch, index);
      const read = readTableRows("fitAuto: stream", block);
      const x = dequantize(read.x, dequantized, key.fold(epoch).fold(index));
      return standardizeRows({ ...read, x }, statistics);
    },
  };
}
