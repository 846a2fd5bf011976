// The workers, and what they read and show.
import { batch, effect } from "@preact/signals";
import { type ArchitectureName, architectures } from "pushforward";
import type { FileReading, OptionName } from "../shared/options.ts";
import type { Remedy } from "../shared/page-error.ts";
import type { DataInfo, DensityFrame, Loaded, Progress } from "../shared/protocol.ts";
import { RemoteError } from "../shared/rpc.ts";
import {
  type DataName,
  formatSettings,
  parseSettings,
  type Range,
  type Settings,
  withData,
} from "../shared/settings.ts";
import { addTableProgress, attempt, report, working } from "./attempt.ts";
import { withFrame } from "./decisions.ts";
import { Engine, EngineClosed } from "./engine.ts";
import { shortened } from "./plots/plot-area.ts";
import {
  backend,
  bend,
  busy,
  clearRun,
  context,
  data,
  density,
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
  tabId,
  table,
  tableModel,
  tableProgress,
  thumbnails,
  trainCurve,
  validationCurve,
  view,
} from "./state.ts";

let engine: Engine;
let file: File | undefined;
/** Crashes of the last minute: a worker that can't start is not started for ever. */
let crashes: number[] = [];

/** Most points of a curve. */
const CURVE = 1200;

/** The workers that run now: after a crash they are others. */
export function workers(): Engine {
  return engine;
}

/** Starts the workers, and what the address says. */
export function startSession(): void {
  openEngine();
  effect(() => {
    const current = view.value;
    if (current !== undefined) void quietly(engine.painter.call("show", current));
  });
  effect(() => {
    const hash = formatSettings(settings.value);
    const address = `${location.pathname}${location.search}${hash === "" ? "" : `#${hash}`}`;
    if (location.hash.replace(/^#/, "") !== hash) history.replaceState(null, "", address);
  });
  addEventListener("hashchange", () => {
    const next = parseSettings(location.hash);
    if (formatSettings(next) === formatSettings(settings.value)) return;
    file = undefined;
    fileName.value = undefined;
    settings.value = next;
    void loadData();
  });
  void restoreOrLoad();
  void quietly(
    (async () => {
      thumbnails.value = await engine.painter.call("thumbnails", null);
    })(),
  );
}

function openEngine(): void {
  engine = new Engine({
    trainer(event) {
      if (event.type === "model") {
        batch(() => {
          model.value = event.model;
          if (event.model.notes.length > 0) inform(event.model.notes.join(" "));
        });
      } else if (event.type === "progress") addProgress(event.progress);
      else if (event.type === "outcome") {
        outcome.value = event.outcome;
        if (event.outcome.message !== undefined) fail(event.outcome.message);
      } else if (event.type === "backend") backend.value = event.backend;
      else if (event.type === "table-progress") addTableProgress(event.progress);
      else if (event.type === "table-model") tableModel.value = event.model;
      else {
        progress.value = undefined;
        tableProgress.value = undefined;
        fail(event.message);
      }
    },
    painter(event) {
      if (event.type === "density") addFrame(event.frame);
      else if (event.type === "bend") bend.value = event.frame;
      else fail(event.message);
    },
    crashed(which, message) {
      const now = performance.now();
      crashes = [...crashes.filter((time) => now - time < 60_000), now];
      const work = which === "trainer" ? "trains" : "draws";
      const wasRunning = isRunning.value;
      progress.value = undefined;
      tableProgress.value = undefined;
      busy.value = "";
      if (crashes.length > 3) {
        notice.value = {
          kind: "error",
          text: `The worker that ${work} ended again: ${message}.`,
          action: { label: "Start it again", run: () => recover(work, wasRunning) },
        };
        return;
      }
      recover(work, wasRunning);
    },
  });
}

function recover(work: string, wasRunning: boolean): void {
  openEngine();
  void (async () => {
    const wasFound = await restoreOrLoad();
    const found = wasFound && wasRunning;
    const step = found ? ` It was restored at step ${(progress.value as Progress | undefined)?.step ?? 0}.` : "";
    notice.value = {
      kind: "error",
      text: `The worker that ${work} ended unexpectedly and was started again.${step}`,
      ...(found ? { action: { label: "Continue", run: goOn } } : {}),
    };
    const current = view.value;
    if (current !== undefined) void quietly(engine.painter.call("show", current));
  })();
}

/** Goes on with a training of this tab, or reads the data. */
async function restoreOrLoad(): Promise<boolean> {
  busy.value = "Starting";
  try {
    const address = formatSettings(settings.value);
    const found = await engine.trainer.call("restore", { id: tabId(), address });
    if (found === null) {
      await loadData();
      return false;
    }
    if ("table" in found) {
      const { table: info, model: trained } = found;
      settings.value = found.settings;
      batch(() => {
        show({ table: info });
        tableModel.value = trained;
        ran.value = trained && found.settings;
      });
      busy.value = "";
      return true;
    }
    batch(() => {
      settings.value = found.settings;
      rate.value = found.settings.rate;
      ran.value = found.settings;
      isChanged.value = found.isChanged;
      setData(found.data);
      model.value = found.model;
      trainCurve.value = found.progress.train;
      validationCurve.value = found.progress.validation;
      progress.value = { ...found.progress, train: [], validation: [] };
      outcome.value = found.outcome;
      if (found.progress.phase === "paused") {
        inform(`Your training was found again at step ${count(found.progress.step)}.`, {
          label: "Continue",
          run: goOn,
        });
      }
      busy.value = "";
    });
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

function goOn(): void {
  notice.value = undefined;
  void attempt(() => engine.trainer.call("resume", null));
}

/** Reads the data of the settings. */
async function loadData(): Promise<void> {
  await working("Reading the data", async () => {
    notice.value = undefined;
    try {
      const loaded = await readAgain();
      show(loaded);
      const { notes } = loaded.data ?? loaded.table;
      if (notes.length > 0) inform(notes.join(" "));
    } catch (error) {
      if (error instanceof EngineClosed) throw error;
      clearAll();
      if (settings.value.data === "drawn" && settings.value.points.length < 6) return;
      fail(
        error instanceof Error ? error.message : String(error),
        error instanceof RemoteError ? cure(error.remedy) : undefined,
      );
    }
  });
}

/** The button of a remedy. */
function cure(remedy: Remedy | undefined): Notice["action"] {
  switch (remedy?.kind) {
    case "open-file":
      return { label: "Open the file", run: () => document.getElementById("data-file")?.click() };
    case "drop-missing":
      return { label: "Leave out these rows", run: () => changeData({ dropMissing: true }) };
    case "no-names":
      return { label: "Read it as data", run: () => changeReading({ header: "none" }) };
    case "leave-out": {
      const { column, columns, given } = remedy;
      return { label: `Leave out “${column}”`, run: () => changeData({ columns, given }) };
    }
    case undefined:
      return undefined;
  }
}

/** Nothing to learn from, and no model. */
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

/** Shows what was read. */
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
function setData(info: DataInfo): void {
  const isSame = JSON.stringify(data.value?.layout) === JSON.stringify(info.layout);
  data.value = info;
  if (isSame && context.value.length === info.layout.context.length) return;
  pair.value = info.layout.columns.length === 1 ? [0, 0] : [0, 1];
  context.value = info.layout.context.map((column, k) => {
    const [low, high] = info.contextRanges[k] as Range;
    return column.kind === "category" ? 0 : (low + high) / 2;
  });
}

/** Takes in a picture. The one that the visitor has gone back to stays. */
function addFrame(frame: DensityFrame): void {
  batch(() => {
    const shown = moment.value === undefined ? undefined : density.value;
    frames.value = withFrame(frames.value, frame, shown);
    const at = shown === undefined ? -1 : frames.value.indexOf(shown);
    moment.value = at < 0 ? undefined : at;
  });
}

function addProgress(next: Progress): void {
  batch(() => {
    if (next.train.length > 0) trainCurve.value = shortened([...trainCurve.value, ...next.train], CURVE);
    if (next.validation.length > 0) {
      validationCurve.value = shortened([...validationCurve.value, ...next.validation], CURVE);
    }
    progress.value = next;
  });
}

let later: ReturnType<typeof setTimeout> | undefined;

/** Does something when the visitor has stopped changing numbers. */
function soon(work: () => void): void {
  clearTimeout(later);
  later = setTimeout(work, 200);
}

/** What was to come is not wanted any more. */
export function cancelSoon(): void {
  clearTimeout(later);
}

/** Other data, or another choice of its columns. */
export function changeData(change: Partial<Settings> & { readonly data?: DataName }, chosen?: File): void {
  const awaitsFile = settings.value.data === "file" && file === undefined;
  if (chosen !== undefined) {
    file = chosen;
    fileName.value = chosen.name;
  }
  settings.value = withData(settings.value, change, awaitsFile);
  if (settings.value.data === "file" && file === undefined) {
    notice.value = undefined;
    // A model that is open waits for rows to score.
    if (modelFile.value === undefined) clearAll();
    return;
  }
  if (change.data !== undefined) void loadData();
  else soon(() => void loadData());
}

/** How the file is read. What was chosen of its columns means nothing once they have other names. */
export function changeReading(change: Partial<FileReading>): void {
  changeData({ ...change, ...(change.header !== undefined && { columns: [], given: [], kinds: [] }) });
}

/** Reads the file, or whatever else the settings name, again. */
export function readAgain(): Promise<Loaded> {
  return engine.trainer.call("load", { settings: settings.value, file });
}

/** Adds drawn points; the rows are read when the hand rests. */
export function addPoints(points: readonly number[]): void {
  const all = [...settings.value.points, ...points].slice(-2 * MOST_POINTS);
  settings.value = { ...settings.value, points: all };
  soon(() => void loadData());
}

/** Most drawn points: the address must hold them. */
const MOST_POINTS = 800;

export function clearPoints(): void {
  settings.value = { ...settings.value, points: [] };
  clearAll();
}

export function changeFlow(flow: ArchitectureName): void {
  settings.value = { ...settings.value, flow, transforms: architectures[flow].transforms };
  prepare();
}

/** Another number of the settings. */
export function changeOption(name: OptionName, value: number): void {
  settings.value = { ...settings.value, [name]: value };
  if (name === "rate") rate.value = value;
  if (table.value !== undefined) describeTable();
  else if (name === "rows" || name === "seed") soon(() => void loadData());
  else prepare();
}

/** Shows the new model; one that has learned stays until the next training. */
function prepare(): void {
  if (data.value === undefined || data.value.rows === 0 || phase.value !== "ready" || model.value?.file) return;
  soon(() => {
    void (async () => {
      clearRun();
      await attempt(() => engine.trainer.call("prepare", settings.value));
    })();
  });
}

/** The commands of the table with the settings of now. */
export function describeTable(): void {
  soon(() => {
    void attempt(async () => {
      table.value = (await engine.trainer.call("describeTable", settings.value)) ?? table.value;
    });
  });
}

async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // The painter tells by itself what is wrong.
  }
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
