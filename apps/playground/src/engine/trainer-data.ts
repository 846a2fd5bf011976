import { type RowLayout, type TableRows, tableRows } from "@pushforward/tables/extend";
import type { DataInfo } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";
import { dataInfo } from "./data-info.ts";
import { holdOutRows } from "./hold-out-rows.ts";
import type { ReadData } from "./read-data.ts";

/** The rows to learn from. */
export interface TrainerData {
  readonly read: ReadData;
  readonly rows: TableRows;
  readonly train: TableRows;
  readonly validation: TableRows;
  readonly info: DataInfo;
  readonly file: File | undefined;
}

/** The rows of a table by their purpose, and what the page shows of them. */
export function trainerData(
  read: ReadData,
  layout: RowLayout,
  settings: Settings,
  file: File | undefined,
): TrainerData {
  const rows = tableRows(read.table, layout);
  const { train, validation } = holdOutRows(read.table, rows, settings.seed);
  return { read, rows, train, validation, info: dataInfo(read, layout, rows, settings), file };
}
