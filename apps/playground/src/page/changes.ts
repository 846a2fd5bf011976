// What changes the data or the model that is shown.
import { batch, type Signal } from "@preact/signals";
import { type ArchitectureName, architectures } from "pushforward";
import type { FileReading, OptionName } from "../shared/options.ts";
import type { Remedy } from "../shared/page-error.ts";
import type { DataInfo, Loaded } from "../shared/protocol.ts";
import { RemoteError } from "../shared/rpc.ts";
import { type DataName, type Range, type Settings, withData } from "../shared/settings.ts";
import { attempt, quietly, working } from "./attempt.ts";
import { EngineClosed, workers } from "./engine.ts";
import {
  bend,
  broughtBack,
  clearRun,
  columnProgress,
  context,
  data,
  fail,
  fileName,
  frames,
  inform,
  isChanged,
  isRunning,
  model,
  modelFile,
  moment,
  type Notice,
  notice,
  outcome,
  pair,
  phase,
  progress,
  ran,
  rate,
  settings,
  table,
  tableModel,
  tableProgress,
  trainCurve,
  validationCurve,
} from "./state.ts";

let file: File | undefined;

/** A change of the data, or of the model, that has begun. */
interface Change {
  readonly settings: Settings;
  readonly file: File | undefined;
  /** Restores the previous data and model; undefined if no work would be lost. */
  readonly undo: (() => void) | undefined;
}

let change: Change | undefined;
/** Undoes the last undoable change, as long as the workers keep the previous state. */
let undoable: Change["undo"];

/** Forgets all changes after the workers have been restarted, because new workers keep no state. */
export function forgetChanges(): void {
  change = undefined;
  undoable = undefined;
}

/** All of the page that belongs to the data and the model. */
const remembered: readonly Signal<unknown>[] = [
  ...[settings, rate, fileName, data, pair, context, model, frames, bend, table, tableModel],
  ...[progress, outcome, trainCurve, validationCurve, tableProgress, columnProgress, ran, isChanged],
] as Signal<unknown>[];

/**
 * Records the current state before a change of data or model, so that an error leaves it unchanged.
 *
 * @param isLost `true` if the visitor would miss the current state, even if it is not trained.
 */
export function beginChange(isLost: boolean): void {
  if (change !== undefined || (data.value === undefined && table.value === undefined)) return;
  const isTrained = phase.value === "finished" || modelFile.value !== undefined || tableModel.value !== undefined;
  change = {
    ...{ settings: settings.value, file },
    undo:
      isLost || isTrained
        ? undoOf(
            file,
            remembered.map((one) => one.peek()),
          )
        : undefined,
  };
  if (change.undo !== undefined) void quietly(workers().trainer.call("remember", null));
}

function undoOf(ownFile: File | undefined, values: readonly unknown[]): () => void {
  return () => {
    void working("Going back", async () => {
      if (isRunning.value) await workers().trainer.call("stop", null);
      await workers().trainer.call("undo", null);
      batch(() => {
        file = ownFile;
        for (const [i, one] of remembered.entries()) one.value = values[i];
        moment.value = undefined;
        broughtBack.value = frames.value.at(-1)?.step;
      });
      undoable = undefined;
      notice.value = undefined;
    });
  };
}

/** Completes a change: shows its notes, and offers to undo it. */
export function endChange(notes: readonly string[]): void {
  // Where nothing was shown, an earlier change has closed it.
  if (change !== undefined) undoable = change.undo;
  change = undefined;
  notice.value = undefined;
  if (undoable !== undefined) {
    inform([...notes, "The former data and model are kept."].join(" "), { label: "Undo", run: undoable });
  } else if (notes.length > 0) inform(notes.join(" "));
}

/** Handles a failed change: keeps the current state, if any, and shows the reason. */
export function failChange(error: unknown): void {
  const failed = { settings: settings.value, file };
  if (change !== undefined) {
    settings.value = change.settings;
    setFile(change.file);
    if (change.undo !== undefined) undoable = undefined;
  } else clearAll();
  change = undefined;
  if (error instanceof EngineClosed) return;
  const undo = undoable && { label: "Undo", run: undoable };
  fail(
    error instanceof Error ? error.message : String(error),
    (error instanceof RemoteError ? cure(error.remedy, failed) : undefined) ?? undo,
  );
}

export function setFile(next: File | undefined): void {
  file = next;
  fileName.value = next?.name;
}

/** Returns `true` if the current data are from the visitor, not from the page. */
export function isOwnData(): boolean {
  return settings.value.data === "file" || settings.value.data === "drawn";
}

/** Reads the data of the settings. Returns `true` if they could be read. */
export async function loadData(): Promise<boolean> {
  let isDone = false;
  await working("Reading the data", async () => {
    notice.value = undefined;
    try {
      const loaded = await workers().trainer.call("load", { settings: settings.value, file });
      show(loaded);
      const { notes } = loaded.data ?? loaded.table;
      endChange(loaded.data === undefined ? notes : [...notes, ...(model.value?.notes ?? [])]);
      isDone = true;
    } catch (error) {
      if (error instanceof EngineClosed) throw error;
      if (settings.value.data === "drawn" && settings.value.points.length < 6) {
        clearAll();
        endChange([]);
        return;
      }
      failChange(error);
    }
  });
  return isDone;
}

/** The button of a remedy, for the settings and the file that failed. */
function cure(remedy: Remedy | undefined, failed: Pick<Change, "settings" | "file">): Notice["action"] {
  const again = (cured: Partial<Settings>): void => changeData({ ...failed.settings, ...cured }, failed.file);
  switch (remedy?.kind) {
    case "open-file":
      return { label: "Open the file", run: () => document.getElementById("data-file")?.click() };
    case "drop-missing":
      return { label: "Leave out these rows", run: () => again({ dropMissing: true }) };
    case "no-names":
      return { label: "Read it as data", run: () => again({ header: "none", columns: [], given: [], kinds: [] }) };
    case "leave-out": {
      const { column, columns, given } = remedy;
      return { label: `Leave out “${column}”`, run: () => again({ columns, given }) };
    }
    case undefined:
      return undefined;
  }
}

/** Removes the data and the model. */
function clearAll(): void {
  batch(() => {
    data.value = undefined;
    model.value = undefined;
    table.value = undefined;
    tableModel.value = undefined;
    frames.value = [];
    bend.value = undefined;
    clearRun();
  });
}

/** Shows the loaded data or model. */
export function show(loaded: Loaded): void {
  batch(() => {
    clearRun();
    if (loaded.data !== undefined) {
      table.value = undefined;
      tableModel.value = undefined;
      setData(loaded.data);
      return;
    }
    // A model that scores the table has been told already.
    if (tableModel.value?.file === undefined || loaded.table.command !== "") tableModel.value = undefined;
    table.value = loaded.table;
    data.value = undefined;
    model.value = undefined;
    frames.value = [];
    bend.value = undefined;
  });
}

/** Shows other data. */
export function setData(info: DataInfo): void {
  const isSame = JSON.stringify(data.value?.layout) === JSON.stringify(info.layout);
  data.value = info;
  if (isSame && context.value.length === info.layout.context.length) return;
  pair.value = info.layout.columns.length === 1 ? [0, 0] : [0, 1];
  context.value = info.layout.context.map((column, k) => {
    const [low, high] = info.contextRanges[k] as Range;
    return column.kind === "category" ? 0 : (low + high) / 2;
  });
}

let later: ReturnType<typeof setTimeout> | undefined;

/** Does something when the visitor has stopped changing numbers. */
function soon(work: () => void): void {
  clearTimeout(later);
  later = setTimeout(work, 200);
}

/** Cancels delayed work. */
export function cancelSoon(): void {
  clearTimeout(later);
}

/** Changes the data, or the choice of columns. */
export function changeData(next: Partial<Settings> & { readonly data?: DataName }, chosen?: File): void {
  const awaitsFile = settings.value.data === "file" && file === undefined;
  beginChange(next.data !== undefined && isOwnData());
  if (chosen !== undefined) setFile(chosen);
  settings.value = withData(settings.value, next, awaitsFile);
  if (settings.value.data === "file" && file === undefined) {
    // A model that is open waits for rows to score.
    if (modelFile.value === undefined) clearAll();
    else change = undefined;
    endChange([]);
    return;
  }
  if (next.data !== undefined) void loadData();
  else soon(() => void loadData());
}

/** Changes how the file is read. If the column names change, the choices about columns are reset. */
export function changeReading(next: Partial<FileReading>): void {
  changeData({ ...next, ...(next.header !== undefined && { columns: [], given: [], kinds: [] }) });
}

/** Adds drawn points; the rows are read when the hand rests. */
export function addPoints(points: readonly number[]): void {
  beginChange(false);
  const all = [...settings.value.points, ...points].slice(-2 * MOST_POINTS);
  settings.value = { ...settings.value, points: all };
  soon(() => void loadData());
}

/** Maximum number of drawn points, limited by the length of the address. */
const MOST_POINTS = 800;

export function clearPoints(): void {
  beginChange(true);
  settings.value = { ...settings.value, points: [] };
  clearAll();
  endChange([]);
}

export function changeFlow(flow: ArchitectureName): void {
  settings.value = { ...settings.value, flow, transforms: architectures[flow].transforms };
  prepare();
}

/** Changes a numeric setting. */
export function changeOption(name: OptionName, value: number): void {
  const isOfData = table.value === undefined && (name === "rows" || name === "seed");
  if (isOfData) beginChange(false);
  settings.value = { ...settings.value, [name]: value };
  if (name === "rate") rate.value = value;
  if (table.value !== undefined) describeTable();
  else if (isOfData) soon(() => void loadData());
  else prepare();
}

/** Shows the new model; one that has learned stays until the next training. */
function prepare(): void {
  if (data.value === undefined || data.value.rows === 0 || phase.value !== "ready" || model.value?.file) return;
  soon(() => {
    void (async () => {
      clearRun();
      await attempt(() => workers().trainer.call("prepare", settings.value));
    })();
  });
}

/** The commands of the table with the settings of now. */
export function describeTable(): void {
  soon(() => {
    void attempt(async () => {
      table.value = (await workers().trainer.call("describeTable", settings.value)) ?? table.value;
    });
  });
}
