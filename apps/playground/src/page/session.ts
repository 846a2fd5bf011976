// What the page knows, as signals, and what a visitor can do, as functions.
import { batch, computed, effect, signal } from "@preact/signals";
import type { OptionName } from "../shared/options.ts";
import type {
  BackendInfo,
  BendFrame,
  CurvePoint,
  DataInfo,
  DensityFrame,
  ModelInfo,
  Outcome,
  Phase,
  Progress,
  Range,
  View,
} from "../shared/protocol.ts";
import {
  type DataName,
  type FlowName,
  formatSettings,
  parseSettings,
  type Settings,
  TRANSFORMS,
} from "../shared/settings.ts";
import { download, svgToPng } from "./download.ts";
import { Engine, EngineClosed } from "./engine.ts";
import { motion, theme } from "./theme.ts";

/** A sentence for the visitor, and what can be done about it. */
export interface Notice {
  readonly kind: "error" | "info";
  readonly text: string;
  readonly action?: { readonly label: string; run(): void };
}

export const settings = signal<Settings>(parseSettings(location.hash));
export const data = signal<DataInfo | undefined>(undefined);
export const model = signal<ModelInfo | undefined>(undefined);
export const progress = signal<Progress | undefined>(undefined);
export const outcome = signal<Outcome | undefined>(undefined);
export const backend = signal<BackendInfo | undefined>(undefined);
export const density = signal<DensityFrame | undefined>(undefined);
export const bend = signal<BendFrame | undefined>(undefined);
export const trainCurve = signal<readonly CurvePoint[]>([]);
export const validationCurve = signal<readonly CurvePoint[]>([]);
export const notice = signal<Notice | undefined>(undefined);
/** What the page waits for. */
export const busy = signal("");
export const pair = signal<readonly [number, number]>([0, 1]);
export const context = signal<readonly number[]>([]);
export const switching = signal(false);
/** The rate that the visitor has chosen, which may differ from that of the settings while the flow learns. */
export const rate = signal(settings.value.rate);

export const phase = computed<Phase>(() => progress.value?.phase ?? "ready");
export const isRunning = computed(() => phase.value === "training" || phase.value === "paused");

/** The window of the picture, and all that decides it. */
export const view = computed<View | undefined>(() => {
  const info = data.value;
  if (info === undefined) return undefined;
  const { ranges, schema } = info;
  if (context.value.length !== schema.context.length) return undefined;
  const [across, up] = schema.columns.length === 1 ? [0, 0] : pair.value;
  const [x, y] = [ranges[across], ranges[up]];
  if (x === undefined || y === undefined) return undefined;
  return { pair: [across, up], x, y, context: context.value, theme: theme.value };
});

let engine: Engine;
let file: File | undefined;
/** Crashes of the last minute: a worker that can't start is not started for ever. */
let crashes: number[] = [];

/** Most points of a curve: of more every second one is left out. */
const CURVE = 1200;

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
    settings.value = next;
    void loadData();
  });
  void restoreOrLoad();
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
      else {
        progress.value = undefined;
        fail(event.message);
      }
    },
    painter(event) {
      if (event.type === "density") density.value = event.frame;
      else if (event.type === "bend") bend.value = event.frame;
      else fail(event.message);
    },
    crashed(which, message) {
      const now = performance.now();
      crashes = [...crashes.filter((time) => now - time < 60_000), now];
      const work = which === "trainer" ? "trains" : "draws";
      const wasRunning = isRunning.value;
      progress.value = undefined;
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
      ...(found ? { action: { label: "Continue", run: resume } } : {}),
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
    batch(() => {
      settings.value = found.settings;
      rate.value = found.settings.rate;
      setData(found.data);
      model.value = found.model;
      trainCurve.value = found.progress.train;
      validationCurve.value = found.progress.validation;
      progress.value = { ...found.progress, train: [], validation: [] };
      outcome.value = found.outcome;
      if (found.progress.phase === "paused") {
        inform(`Your training was found again at step ${count(found.progress.step)}.`, {
          label: "Continue",
          run: resume,
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

/** Reads the data of the settings. */
async function loadData(): Promise<void> {
  await working("Reading the data", async () => {
    notice.value = undefined;
    try {
      const info = await engine.trainer.call("load", { settings: settings.value, file });
      batch(() => {
        clearRun();
        setData(info);
        if (info.notes.length > 0) inform(info.notes.join(" "));
      });
    } catch (error) {
      if (error instanceof EngineClosed) throw error;
      data.value = undefined;
      clearRun();
      model.value = undefined;
      density.value = undefined;
      bend.value = undefined;
      const text = error instanceof Error ? error.message : String(error);
      if (settings.value.data === "drawn" && settings.value.points.length < 6) return;
      const isMissing = settings.value.data === "file" && !settings.value.dropMissing && /missing|empty/i.test(text);
      notice.value = {
        kind: "error",
        text,
        ...(isMissing
          ? { action: { label: "Leave out such rows", run: () => changeData({ dropMissing: true }) } }
          : {}),
      };
    }
  });
}

function setData(info: DataInfo): void {
  const isSame = JSON.stringify(data.value?.schema) === JSON.stringify(info.schema);
  data.value = info;
  if (isSame && context.value.length === info.schema.context.length) return;
  pair.value = info.schema.columns.length === 1 ? [0, 0] : [0, 1];
  context.value = info.schema.context.map((column, k) => {
    const [low, high] = info.contextRanges[k] as Range;
    return column.kind === "category" ? 0 : (low + high) / 2;
  });
}

function clearRun(): void {
  progress.value = undefined;
  outcome.value = undefined;
  trainCurve.value = [];
  validationCurve.value = [];
  rate.value = settings.value.rate;
}

function addProgress(next: Progress): void {
  batch(() => {
    if (next.train.length > 0) trainCurve.value = shortened([...trainCurve.value, ...next.train]);
    if (next.validation.length > 0) {
      validationCurve.value = shortened([...validationCurve.value, ...next.validation]);
    }
    progress.value = next;
  });
}

function shortened(points: readonly CurvePoint[]): readonly CurvePoint[] {
  if (points.length <= CURVE) return points;
  return points.filter((_, i) => i % 2 === 0 || i >= points.length - 100);
}

let later: ReturnType<typeof setTimeout> | undefined;

/** Does something when the visitor has stopped changing numbers. */
function soon(work: () => void): void {
  clearTimeout(later);
  later = setTimeout(work, 200);
}

/** Other data, or another choice of its columns. */
export function changeData(change: Partial<Settings> & { readonly data?: DataName }, chosen?: File): void {
  if (chosen !== undefined) file = chosen;
  const isOther = change.data !== undefined;
  settings.value = {
    ...settings.value,
    ...(isOther ? { columns: [], given: [], dropMissing: false } : {}),
    ...change,
  };
  if (settings.value.data === "file" && file === undefined) {
    batch(() => {
      data.value = undefined;
      density.value = undefined;
      bend.value = undefined;
      notice.value = undefined;
    });
    return;
  }
  if (isOther) void loadData();
  else soon(() => void loadData());
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
  batch(() => {
    data.value = undefined;
    model.value = undefined;
    density.value = undefined;
    bend.value = undefined;
    clearRun();
  });
}

export function changeFlow(flow: FlowName): void {
  settings.value = { ...settings.value, flow, transforms: TRANSFORMS[flow] };
  prepare();
}

/** Another number of the settings. */
export function changeOption(name: OptionName, value: number): void {
  settings.value = { ...settings.value, [name]: value };
  if (name === "rate") rate.value = value;
  if (name === "rows" || name === "seed") soon(() => void loadData());
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

/** Starts a training. */
export async function train(): Promise<void> {
  clearTimeout(later);
  clearRun();
  notice.value = undefined;
  // Seen at once, and so is a second press.
  progress.value = {
    ...{ phase: "training", step: 0, totalSteps: 0, epoch: 0, stepsPerSecond: 0, learningRate: settings.value.rate },
    ...{ train: [], validation: [] },
  };
  showStage();
  const isStarted = await attempt(() => engine.trainer.call("train", settings.value));
  if (!isStarted) progress.value = undefined;
}

/** On a narrow screen the pictures are below the controls. */
function showStage(): void {
  if (!matchMedia("(max-width: 760px)").matches) return;
  document.getElementById("stage")?.scrollIntoView({ behavior: motion ? "smooth" : "instant", block: "start" });
}

export function pause(): void {
  void attempt(() => engine.trainer.call("pause", null));
}

export function resume(): void {
  notice.value = undefined;
  void attempt(() => engine.trainer.call("resume", null));
}

export async function stop(): Promise<void> {
  await attempt(() => engine.trainer.call("stop", null));
}

/** Changes the learning rate, also while the flow learns. */
export function setRate(value: number): void {
  rate.value = value;
  if (isRunning.value) void attempt(() => engine.trainer.call("setRate", value));
  else changeOption("rate", value);
}

/** Changes what computes, also while the flow learns. */
export async function setBackend(name: "wasm" | "cpu"): Promise<void> {
  const before = settings.value.backend;
  switching.value = true;
  if (!isRunning.value) settings.value = { ...settings.value, backend: name };
  const isDone = await attempt(() => engine.trainer.call("useBackend", name));
  if (!isDone) settings.value = { ...settings.value, backend: before };
  switching.value = false;
}

/** Reads a file that was dropped or chosen: a model, or a table. */
export async function openFile(chosen: File): Promise<void> {
  if (isRunning.value) await stop();
  if (/\.safetensors$/i.test(chosen.name)) {
    await working("Reading the model", async () => {
      await attempt(async () => {
        const bytes = new Uint8Array(await chosen.arrayBuffer());
        const info = await engine.trainer.call("open", { name: chosen.name, bytes });
        batch(() => {
          clearRun();
          setData(info);
          notice.value = undefined;
        });
      });
    });
    return;
  }
  changeData({ data: "file" }, chosen);
}

export async function saveModel(): Promise<void> {
  await attempt(async () => {
    const bytes = await engine.trainer.call("save", null);
    download(`${nameOfRun()}.safetensors`, new Blob([bytes], { type: "application/octet-stream" }));
  });
}

export async function saveData(): Promise<void> {
  await attempt(async () => {
    const text = await engine.trainer.call("dataCsv", null);
    const name = settings.value.data === "file" ? (data.value?.name ?? "data.csv") : `${settings.value.data}.csv`;
    download(name, new Blob([text], { type: "text/csv" }));
  });
}

export async function saveSamples(count: number): Promise<void> {
  await working("Drawing samples", async () => {
    await attempt(async () => {
      const request = { count, seed: settings.value.seed, context: context.value };
      const text = await engine.painter.call("samples", request);
      download(`${nameOfRun()}-samples.csv`, new Blob([text], { type: "text/csv" }));
    });
  });
}

export async function savePicture(format: "svg" | "png"): Promise<void> {
  const current = view.value;
  if (current === undefined) return;
  await working("Drawing the picture", async () => {
    await attempt(async () => {
      const svg = await engine.painter.call("picture", { view: current, kind: "density" });
      const picture = format === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await svgToPng(svg);
      download(`${nameOfRun()}.${format}`, picture);
    });
  });
}

/** The pair plot as SVG. */
export async function pairPicture(): Promise<string | undefined> {
  const current = view.value;
  if (current === undefined) return undefined;
  let svg: string | undefined;
  await attempt(async () => {
    svg = await engine.painter.call("picture", { view: current, kind: "pairs" });
  });
  return svg;
}

/** The log-density at a place of the picture; undefined where it can't be had. */
export async function probe(x: number, y: number): Promise<number | undefined> {
  try {
    return (await engine.painter.call("probe", { x, y, context: context.value })) ?? undefined;
  } catch {
    return undefined;
  }
}

function nameOfRun(): string {
  const { data: name, flow } = settings.value;
  const base = name === "file" ? (data.value?.name ?? "table").replace(/\.[^.]*$/, "") : name;
  return model.value?.file === undefined ? `${base}-${flow}` : model.value.file.replace(/\.[^.]*$/, "");
}

/** Says something. */
export function inform(text: string, action?: Notice["action"]): void {
  notice.value = { kind: "info", text, ...(action === undefined ? {} : { action }) };
}

function fail(text: string): void {
  notice.value = { kind: "error", text };
}

function report(error: unknown): void {
  busy.value = "";
  // A crash has its own notice.
  if (!(error instanceof EngineClosed)) fail(error instanceof Error ? error.message : String(error));
}

async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

async function working(what: string, work: () => Promise<void>): Promise<void> {
  busy.value = what;
  try {
    await work();
  } catch (error) {
    report(error);
  } finally {
    busy.value = "";
  }
}

async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // The painter tells by itself what is wrong.
  }
}

/** This tab: two tabs have two runs. */
function tabId(): string {
  try {
    const known = sessionStorage.getItem("pushforward-tab") ?? crypto.randomUUID?.() ?? String(Date.now());
    sessionStorage.setItem("pushforward-tab", known);
    return known;
  } catch {
    return "tab";
  }
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
