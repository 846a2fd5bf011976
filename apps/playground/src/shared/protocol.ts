import type { RowLayout } from "@pushforward/tables/extend";
import type { AskApi } from "./ask-protocol.ts";
import type { FoundReading } from "./options.ts";
import type { Handover } from "./rpc.ts";
import type { Phase, Range, Settings, ToyName } from "./settings.ts";
import type { TableApi, TableEvent, TableInfo, TableModelInfo } from "./table-protocol.ts";

/** The only direct message to a worker: its role, the port of its calls, which buffers calls until it listens, and the port to
 * the second worker.*/
export interface Role {
  readonly role: "trainer" | "painter";
  readonly calls: MessagePort;
  /** Name of a lock held during the life of the worker. */
  readonly life: string;
  readonly peer: MessagePort;
}

/** A column of a table. */
export interface ColumnInfo {
  readonly name: string;
  readonly kind: "number" | "text";
}

/** Training rows, as needed by the page. */
export interface DataInfo {
  readonly name: string;
  readonly rows: number;
  /** Rows left out because a value was missing. */
  readonly dropped: number;
  /** All columns of the table, and their roles. */
  readonly table: readonly ColumnInfo[];
  readonly layout: RowLayout;
  /** Some rows to plot, column by column. */
  readonly points: readonly Float64Array[];
  /** The contexts of the same rows, one column of `layout.context` after the other: numbers, or numbers of categories. */
  readonly contexts: readonly Float64Array[];
  /** Display of each column, and the range of each context column. */
  readonly ranges: readonly Range[];
  readonly contextRanges: readonly Range[];
  /** Entropy of the set in nats, if known: the lowest possible loss on average. */
  readonly entropy?: number;
  /** How the file was read; absent without a file. */
  readonly reading?: FoundReading;
  readonly notes: readonly string[];
}

/** The data: rows for a flow, or a table. */
export type Loaded =
  | { readonly data: DataInfo; readonly table?: undefined }
  | { readonly table: TableInfo; readonly data?: undefined };

/** A model, trained or not. */
export interface ModelInfo {
  readonly flow: string;
  readonly parameters: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Mean −log p of the validation rows before training. */
  readonly initialNll?: number;
  /** Mean −log p of the validation rows under a Gaussian; absent for a constant column or without rows. */
  readonly gaussianNll?: number;
  readonly layout: RowLayout;
  /** The same run on the command line; empty for a model from a file. */
  readonly command: string;
  /** The same run in TypeScript; empty for a model from a file. */
  readonly code: string;
  /** Name of the file that it came from. */
  readonly file?: string;
  /** Mean −log p of all rows, for a model from a file. */
  readonly score?: { readonly rows: number; readonly nll: number };
  readonly notes: readonly string[];
}

/** A point of a curve: nats per row, in the units of the data. */
export interface CurvePoint {
  readonly step: number;
  readonly nll: number;
}

/** State of a training run. */
export interface Progress {
  readonly phase: Phase;
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
  readonly stepsPerSecond: number;
  readonly learningRate: number;
  /** Since the event before: mean losses of batches, and validation losses. */
  readonly train: readonly CurvePoint[];
  readonly validation: readonly CurvePoint[];
  /** Validation loss of the best weights so far, which the run restores at the end. */
  readonly bestNll?: number;
}

/** The end of a training. */
export interface Outcome {
  readonly reason: "completed" | "patience" | "aborted" | "diverged";
  readonly trainNll: number;
  readonly validationNll: number;
  readonly step: number;
  readonly seconds: number;
  /** Time that the steps took, pauses left out. */
  readonly stepsPerSecond: number;
  readonly message?: string;
}

export interface BackendInfo {
  readonly name: string;
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  readonly threads: number;
  readonly cores: number;
  readonly notes: readonly string[];
}

/** How something was found in the storage of the browser. */
export interface Restored {
  readonly settings: Settings;
  readonly file: File | undefined;
  /** True if this tab stored it, not a different tab. */
  readonly isOwn: boolean;
}

/** A run that was found in the storage of the browser. */
export interface RestoredRun extends Restored {
  readonly data: DataInfo;
  readonly model: ModelInfo;
  readonly progress: Progress;
  readonly outcome?: Outcome;
  /** True if the visitor changed the learning rate during the run. */
  readonly isChanged: boolean;
}

/** A table of any columns that was found in the storage of the browser, with its model if it was trained. */
export interface RestoredTable extends Restored {
  readonly table: TableInfo;
  readonly model?: TableModelInfo;
}

/** Events of the trainer. */
export type TrainerEvent =
  | { readonly type: "model"; readonly model: ModelInfo }
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "backend"; readonly backend: BackendInfo }
  | TableEvent;

/** Calls to the trainer that are about data and flows, or about whatever is shown. */
export interface FlowApi {
  /** Reads the data of the settings and makes an untrained model. */
  load(request: { readonly settings: Settings; readonly file?: File | undefined }): Promise<Loaded>;
  /** An untrained model for other settings of the flow. */
  prepare(settings: Settings): Promise<void>;
  /** The table that is open, with the commands of a training with other settings; null when none is. */
  describeTable(settings: Settings): Promise<TableInfo | null>;
  /** Begins a training; a `single` one waits after its first step. */
  train(request: { readonly settings: Settings; readonly single: boolean }): Promise<void>;
  /** One more step of a training that waits. */
  stepOnce(nothing: null): void;
  pause(nothing: null): void;
  resume(nothing: null): void;
  stop(nothing: null): Promise<void>;
  setRate(rate: number): void;
  useBackend(name: "wasm" | "cpu"): Promise<void>;
  /** The model file that the command line reads. */
  save(nothing: null): Handover<Uint8Array<ArrayBuffer>>;
  /** The rows to learn from, as CSV. */
  dataCsv(nothing: null): string;
  open(request: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }): Promise<Loaded>;
  /** Keeps the data and the model that are shown, for `undo`. */
  remember(nothing: null): Promise<void>;
  /** Shows the data and the model again that were kept. */
  undo(nothing: null): Promise<void>;
  /** Restores a training of this tab, or of a different tab in this browser, if its settings match. */
  restore(request: { readonly id: string; readonly address: string }): Promise<RestoredRun | RestoredTable | null>;
  ping(nothing: null): void;
}

/** Calls to the trainer. */
export interface TrainerApi extends FlowApi, TableApi, AskApi {}

/** Content of a picture. */
export interface View {
  /** Columns across and up; the same twice for a single column. */
  readonly pair: readonly [number, number];
  /** The window, in the units of the data. */
  readonly x: Range;
  readonly y: Range;
  /** One value for each context column: a number, or the number of a category. */
  readonly context: readonly number[];
  readonly theme: "light" | "dark";
}

/** The outline of the smallest region with a share of the mass. */
export interface Contour {
  readonly mass: number;
  /** Closed rings: x, y, x, y, … in the units of the data. */
  readonly rings: readonly Float64Array[];
}

/** A color of the density, and the density that has it. */
export interface ScaleStop {
  readonly density: number;
  readonly color: string;
}

/** A density on a grid, row after row, upwards. */
export interface DensityFrame {
  readonly step: number;
  readonly view: View;
  readonly size: number;
  readonly logDensity: Float32Array<ArrayBuffer>;
  /** Colors, from the top row down. Absent for a single column. */
  readonly pixels?: Uint8ClampedArray<ArrayBuffer>;
  readonly contours: readonly Contour[];
  /** Legend of the colors, evenly spaced from low to high. Empty for a single column. */
  readonly scale: readonly ScaleStop[];
  /** New samples: x, y, x, y, … */
  readonly samples: Float64Array<ArrayBuffer>;
  /** True if the density is a histogram of samples, because it is a marginal density of two columns. */
  readonly marginal: boolean;
}

/** The grid of the base, and the data, after each layer: in standard units. */
export interface BendFrame {
  readonly step: number;
  /** Type of each layer; the base is first. */
  readonly labels: readonly string[];
  /** Lines of the grid of the base: x, y, x, y, …, one line after the other; one array before the first layer and one after each. */
  readonly lines: readonly Float32Array<ArrayBuffer>[];
  /** Number of the first point of each line, and the number of all points. */
  readonly starts: Int32Array<ArrayBuffer>;
  /** Number of vertical lines; the remaining lines are horizontal. */
  readonly upright: number;
  /** Data, pulled back to the base and on its way again. */
  readonly points: readonly Float32Array<ArrayBuffer>[];
  /** Corners of small cells of the base on their way, {@link MESH} + 1 a row; none for a single column or a slow flow. */
  readonly mesh: readonly Float32Array<ArrayBuffer>[];
  /** `x = mean + sd · y` of the two columns shown. */
  readonly mean: readonly [number, number];
  readonly sd: readonly [number, number];
  readonly features: number;
}

/** The trained flow that the page plays at first. */
export interface Intro {
  /** Its densities: that of the base, and after each layer. */
  readonly densities: readonly DensityFrame[];
  readonly bend: BendFrame;
}

/** A row that the visitor points at. */
export interface Probed {
  readonly logDensity: number;
  /** Its places in the picture of the layers: x, y in standard units, in the base first. A model without layers has one. */
  readonly places: readonly (readonly [number, number])[];
}

export type PainterEvent =
  | { readonly type: "density"; readonly frame: DensityFrame }
  | { readonly type: "bend"; readonly frame: BendFrame }
  | { readonly type: "failed"; readonly message: string };

/** Calls to the painter. */
export interface PainterApi {
  show(view: View): void;
  /** What the model knows of a row given by the columns of the view; null for a view of two of several columns. */
  probe(request: {
    readonly x: number;
    readonly y: number;
    readonly context: readonly number[];
  }): Promise<Probed | null>;
  /** Pictures of the trained flow of the page, with the data of now. */
  intro(view: View): Promise<Intro>;
  /** Samples as CSV. */
  samples(request: {
    readonly count: number;
    readonly seed: number;
    readonly context: readonly number[];
  }): Promise<string>;
  /** Small pictures of the toy sets, as SVG paths in a square of 40 units. */
  thumbnails(nothing: null): Readonly<Record<ToyName, string>>;
  /** The picture as SVG. */
  picture(request: { readonly view: View; readonly kind: "density" | "pairs" }): Promise<string>;
  ping(nothing: null): void;
}

/** From trainer to painter. */
export type PeerMessage =
  | {
      readonly type: "model";
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly layout: RowLayout;
      readonly points: readonly Float64Array[];
      /** Contexts of the points, row by row. */
      readonly contexts: Float64Array | undefined;
      readonly step: number;
      readonly seed: number;
    }
  | {
      readonly type: "weights";
      readonly arrays: readonly Float32Array[];
      readonly step: number;
      /** `live` while the flow learns; `early` where training waits for the picture. */
      readonly detail: "full" | "live" | "early";
    };
