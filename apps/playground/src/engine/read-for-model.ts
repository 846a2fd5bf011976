import { hasColumnsOf, layoutNames, type RowLayout } from "@pushforward/tables/extend";
import type { ModelInfo } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";
import { chooseLayout, withColumnsOf } from "./choose-layout.ts";
import { columnsOf, type ReadData, readData } from "./read-data.ts";

/** Rows, and what their columns mean. */
export interface RowsRead {
  readonly read: ReadData;
  readonly layout: RowLayout;
  /** Whether the rows are those of the model, which then scores them; otherwise a new flow learns them. */
  readonly isScored: boolean;
}

/** Reads the rows of the settings for the model that is open, unless the visitor has chosen columns or it takes others. */
export async function readForModel(
  settings: Settings,
  file: File | undefined,
  model: ModelInfo | undefined,
): Promise<RowsRead> {
  if (model !== undefined && settings.columns.length === 0) {
    const { layout } = model;
    const read = await readData(withColumnsOf(layout, settings), file);
    if (hasColumnsOf(read.table, layout)) return { read, layout, isScored: true };
  }
  const read = await readData(settings, file);
  return { read, layout: chooseLayout(read.table, settings), isScored: false };
}

/** Whether a file has the columns of the model that is open, which then scores it. */
export async function isForModel(settings: Settings, file: File | undefined, model: ModelInfo): Promise<boolean> {
  if (file === undefined || settings.columns.length > 0 || settings.way === "table") return false;
  const names = new Set((await columnsOf(file, settings)).map(({ name }) => name));
  return layoutNames(model.layout).every((name) => names.has(name));
}
