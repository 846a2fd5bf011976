import { computed, signal } from "@preact/signals";
import type {
  BackendInfo,
  BendFrame,
  CurvePoint,
  DataInfo,
  DensityFrame,
  Intro,
  ModelInfo,
  Outcome,
  Progress,
  View,
} from "../shared/protocol.ts";
import { type Phase, parseSettings, type Settings, type ToyName } from "../shared/settings.ts";
import type { ColumnProgress, TableInfo, TableModelInfo, TableProgress } from "../shared/table-protocol.ts";
import { theme } from "./theme.ts";

// What the page knows, as signals.

/** A sentence for the visitor, with an optional action. */
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
/** Pictures of the training, from its beginning to its last one. */
export const frames = signal<readonly DensityFrame[]>([]);
/** Number of the picture that the visitor has gone back to; undefined for the last one. */
export const moment = signal<number | undefined>(undefined);
/** Step of a model that was brought back: pictures of earlier steps that still arrive are of the model that was left. */
export const broughtBack = signal<number | undefined>(undefined);
/** Pictures of a trained flow while they are played; undefined for the flow of the visitor. */
export const intro = signal<Intro | undefined>(undefined);
/** Where the picture of the layers is; between two layers it is not an integer. */
export const layerPlace = signal(0);
/** The picture that is shown. */
export const density = computed<DensityFrame | undefined>(() =>
  intro.value === undefined
    ? frames.value.at(moment.value ?? -1)
    : intro.value.densities.at(Math.round(layerPlace.value)),
);
export const bend = signal<BendFrame | undefined>(undefined);
export const trainCurve = signal<readonly CurvePoint[]>([]);
export const validationCurve = signal<readonly CurvePoint[]>([]);
export const notice = signal<Notice | undefined>(undefined);
/** Small pictures of the toy sets, as SVG paths in a square of 40 units. */
export const thumbnails = signal<Readonly<Partial<Record<ToyName, string>>>>({});
/** Description of the work in progress. */
export const busy = signal("");
export const pair = signal<readonly [number, number]>([0, 1]);
export const context = signal<readonly number[]>([]);
export const switching = signal(false);
/** Learning rate chosen by the visitor. During training it may differ from the rate in the settings. */
export const rate = signal(settings.value.rate);

/** A table of any columns, which is shown instead of a flow; its model, and how its columns are learned. */
export const table = signal<TableInfo | undefined>(undefined);
export const tableModel = signal<TableModelInfo | undefined>(undefined);
export const tableProgress = signal<TableProgress | undefined>(undefined);
export const columnProgress = signal<ReadonlyMap<string, ColumnProgress>>(new Map());
/** Name of the visitor's file, once a file is open. */
export const fileName = signal<string | undefined>(undefined);

export const phase = computed<Phase>(
  () => (table.value === undefined ? progress.value : tableProgress.value)?.phase ?? "ready",
);
/** Name of the model file that is open, if one is. */
export const modelFile = computed(() => (table.value === undefined ? model.value : tableModel.value)?.file);
/** Rows that a training would learn. */
export const rowsToLearn = computed(() => {
  if (table.value === undefined) return data.value?.rows ?? 0;
  const isLearned = table.value.columns.some(({ use }) => use === "learned");
  return isLearned && tableModel.value?.file === undefined ? table.value.rows : 0;
});
export const isRunning = computed(() => phase.value === "training" || phase.value === "paused");

/** Trained model that can predict some columns given the rest; undefined without such a model. */
export const askable = computed<object | undefined>(() => {
  if (isRunning.value) return undefined;
  if (table.value !== undefined) return tableModel.value;
  const now = model.value;
  const isTrained = phase.value === "finished" || now?.file !== undefined;
  return isTrained && now?.layout.context.length === 0 && now.layout.columns.length > 1 ? now : undefined;
});

/** The window of the picture, and all that decides it. */
export const view = computed<View | undefined>(() => {
  const info = data.value;
  if (info === undefined) return undefined;
  const { ranges, layout } = info;
  if (context.value.length !== layout.context.length) return undefined;
  const [across, up] = layout.columns.length === 1 ? [0, 0] : pair.value;
  const [x, y] = [ranges[across], ranges[up]];
  if (x === undefined || y === undefined) return undefined;
  return { pair: [across, up], x, y, context: context.value, theme: theme.value };
});

/** The settings of the training that is shown; undefined before the first. */
export const ran = signal<Settings | undefined>(undefined);
/** True if learning rate, backend or end changed during training. A link does not store such changes. */
export const isChanged = signal(false);

/** Shows a message. */
export function inform(text: string, action?: Notice["action"]): void {
  notice.value = { kind: "info", text, ...(action === undefined ? {} : { action }) };
}

/** Shows an error. */
export function fail(text: string, action?: Notice["action"]): void {
  notice.value = { kind: "error", text, ...(action === undefined ? {} : { action }) };
}

/** Forgets the training that was shown. */
export function clearRun(): void {
  progress.value = undefined;
  outcome.value = undefined;
  tableProgress.value = undefined;
  columnProgress.value = new Map();
  trainCurve.value = [];
  validationCurve.value = [];
  rate.value = settings.value.rate;
  ran.value = undefined;
  isChanged.value = false;
  moment.value = undefined;
  broughtBack.value = undefined;
}

/** This tab: two tabs have two runs. */
export function tabId(): string {
  try {
    const known = sessionStorage.getItem("pushforward-tab") ?? crypto.randomUUID?.() ?? String(Date.now());
    sessionStorage.setItem("pushforward-tab", known);
    return known;
  } catch {
    return "tab";
  }
}
