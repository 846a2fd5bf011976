import { type Key, type Module, OptionError } from "@pushforward/core";
import type { RowStream } from "../data/row-stream.ts";
import { StreamedSource } from "../data/streamed-source.ts";
import { readTable, selectRows, type Table, type TrainingData } from "../data/training-data.ts";
import { TableTrainingSource, type TrainingSource } from "../data/training-source.ts";
import type { TrainOptions } from "./train-options.ts";

/** Checks the data and splits off the validation rows, unless these are given, or none are wanted. */
export function splitData<M extends Module>(
  data: TrainingData | RowStream,
  options: Pick<TrainOptions<M>, "key" | "validation">,
): [train: TrainingSource, validation: Table | undefined] {
  if (isRowStream(data)) {
    const { validation } = options;
    if (typeof validation === "object") {
      const held = readTable(validation, "train: validation");
      return [new StreamedSource(data, held), held];
    }
    throw new OptionError(
      `train: expected validation rows of their own beside a stream, got ${validation ?? "none"}. A stream can't be split.`,
    );
  }
  const [train, validation] = splitTable(data, options);
  return [new TableTrainingSource(train), validation];
}

function splitTable<M extends Module>(
  data: TrainingData,
  options: Pick<TrainOptions<M>, "key" | "validation">,
): [train: Table, validation: Table | undefined] {
  const table = readTable(data, "train");
  const n = table.rows.length;
  const validation = options.validation ?? (n >= 20 ? 0.1 : 0);
  if (typeof validation !== "number") return [table, readTable(validation, "train: validation")];
  if (validation === 0) return [table, undefined];
  if (n === 1) throw new OptionError("train: expected at least 2 rows, to hold out some for validation, got 1.");
  const held = Math.max(1, Math.round(n * validation));
  if (held >= n) {
    throw new OptionError(`train: expected validation that leaves training rows, got ${validation} of ${n} rows.`);
  }
  const order = splitOrder(options.key, n).map((i) => table.rows[i] as number);
  return [selectRows(table, order.subarray(held).sort()), selectRows(table, order.subarray(0, held).sort())];
}

function isRowStream(data: TrainingData | RowStream): data is RowStream {
  return typeof data === "object" && data !== null && "block" in data && typeof data.block === "function";
}

function splitOrder(key: Key, n: number): Int32Array {
  return key.fold("split").permutation(n);
}
