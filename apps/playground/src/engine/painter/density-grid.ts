import type { TimeSlice } from "@pushforward/core/plain";
import { contourRings, gridDensityThresholds, sequentialColor } from "@pushforward/plots";
import {
  type ConditionalFlow,
  encodeModel,
  type Flow,
  type Key,
  lazyRegistry,
  logProbRows,
  ndArray,
  sampleRows,
} from "pushforward";
import type { Contour, PeerMessage, ScaleStop, View } from "../../shared/protocol.ts";
import type { Range } from "../../shared/settings.ts";

/** Number of rows scored before other work gets a turn. */
const CHUNK = 4096;

/** A log-density on the middles of the cells of a window. */
export interface DensityGrid {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly logDensity: Float32Array<ArrayBuffer>;
}

/**
 * The density of a flow of two columns.
 *
 * @param chunk rows scored before other work gets a turn.
 */
export async function densityOfTwo(
  flow: Flow | ConditionalFlow,
  view: View,
  size: number,
  context: Float64Array | undefined,
  slice: TimeSlice,
  chunk: number = CHUNK,
): Promise<DensityGrid> {
  const x = middles(view.x, size);
  const y = middles(view.y, size);
  const logDensity = new Float32Array(size * size);
  // Columns may be shown the other way round.
  const [first] = view.pair;
  for (let from = 0; from < logDensity.length; from += chunk) {
    const count = Math.min(chunk, logDensity.length - from);
    const rows = new Float64Array(2 * count);
    for (let k = 0; k < count; k++) {
      const at = from + k;
      rows[2 * k + first] = x[at % size] as number;
      rows[2 * k + 1 - first] = y[Math.floor(at / size)] as number;
    }
    logDensity.set(logProbRows(flow, ndArray([count, 2], rows), repeated(context, count)), from);
    await slice.breathe();
  }
  return { x, y, logDensity };
}

/** Computes the density of a flow with a single column. */
export function densityOfOne(
  flow: Flow | ConditionalFlow,
  view: View,
  size: number,
  context: Float64Array | undefined,
): DensityGrid {
  const x = middles(view.x, size);
  const logDensity = Float32Array.from(logProbRows(flow, ndArray([size, 1], x), repeated(context, size)));
  return { x, y: new Float64Array(0), logDensity };
}

/**
 * The density of two of several columns, for which a flow has no formula: samples are counted in cells, and the counts
 * smoothed by a Gaussian.
 */
export function densityOfPair(
  flow: Flow | ConditionalFlow,
  view: View,
  size: number,
  context: Float64Array | undefined,
  key: Key,
  count: number,
): DensityGrid {
  const drawn = sampleRows(flow, key, count, context && ndArray([1, context.length], context));
  const width = drawn.shape[1] as number;
  const counts = new Float64Array(size * size);
  const cell = (value: number, [low, high]: Range): number => Math.floor(((value - low) / (high - low)) * size);
  const spread: [number, number] = [0, 0];
  let inside = 0;
  for (let i = 0; i < count; i++) {
    const a = cell(drawn.data[i * width + view.pair[0]] as number, view.x);
    const b = cell(drawn.data[i * width + view.pair[1]] as number, view.y);
    if (!(a >= 0 && a < size && b >= 0 && b < size)) continue;
    counts[b * size + a] = (counts[b * size + a] as number) + 1;
    inside++;
    spread[0] += (a - size / 2) ** 2;
    spread[1] += (b - size / 2) ** 2;
  }
  // Scott's rule in two dimensions, narrower, because data are seldom one cluster.
  const bandwidth = (sum: number): number =>
    Math.max(1, 0.5 * Math.sqrt(sum / Math.max(1, inside)) * Math.max(1, inside) ** (-1 / 6));
  const smooth = blurred(blurred(counts, size, 1, size, bandwidth(spread[0])), size, size, 1, bandwidth(spread[1]));
  const area = ((view.x[1] - view.x[0]) * (view.y[1] - view.y[0])) / (size * size);
  return {
    x: middles(view.x, size),
    y: middles(view.y, size),
    logDensity: Float32Array.from(smooth, (value) => (value > 1e-9 ? Math.log(value / (count * area)) : -Infinity)),
  };
}

/** Outlines that are drawn, by the mass that they hold. */
const OUTLINES = [0.95, 0.8, 0.5, 0.2];
/** Masses between which colors are spread evenly. */
const SHADES = [0.995, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.03];

/** Colors and outlines of a density. */
export interface Painted {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly contours: readonly Contour[];
  /** Meaning of the colors, from low to high; empty if no area was colored. */
  readonly scale: readonly ScaleStop[];
}

/**
 * Colors a density, half by its height and half by the mass of the places with less density. With height alone, a spike
 * would take the colors from the rest. With mass alone, small waves of a level density would look like mountains.
 */
export function paint({ x, y, logDensity }: DensityGrid, theme: "light" | "dark"): Painted {
  const size = x.length;
  const pixels = new Uint8ClampedArray(4 * size * size);
  if (!logDensity.some(Number.isFinite)) return { pixels, contours: [], scale: [] };
  const values = Float32Array.from(logDensity, (value) => (Number.isNaN(value) ? -Infinity : value));
  // Every second node tells the levels well enough.
  const every = size >= 150 ? 2 : 1;
  const coarse = (axis: Float64Array): Float64Array => axis.filter((_, i) => i % every === 0);
  const [cx, cy] = [coarse(x), coarse(y)];
  const coarseValues = new Float64Array(cx.length * cy.length);
  for (let j = 0, k = 0; j < size; j += every) {
    for (let i = 0; i < size; i += every, k++) coarseValues[k] = values[j * size + i] as number;
  }
  if (!coarseValues.some(Number.isFinite)) return { pixels, contours: [], scale: [] };
  const levels = gridDensityThresholds({ x: cx, y: cy, logDensity: coarseValues }, [...SHADES, ...OUTLINES]);
  const shades = levels.slice(0, SHADES.length);
  const colors = colorsOf(theme);
  const lowest = shades[0] as number;
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const value = values[j * size + i] as number;
      const at = 4 * ((size - 1 - j) * size + i);
      const below = lowest - value;
      if (below > FADE) continue;
      const color = 3 * Math.round(255 * placeOf(value, shades));
      pixels[at] = colors[color] as number;
      pixels[at + 1] = colors[color + 1] as number;
      pixels[at + 2] = colors[color + 2] as number;
      pixels[at + 3] = below <= 0 ? 255 : 255 * (1 - below / FADE);
    }
  }
  const contours = OUTLINES.map((mass, k) => ({
    mass,
    rings: contourRings(x, y, values, levels[SHADES.length + k] as number),
  }));
  return { pixels, contours, scale: scaleOf(shades, theme) };
}

/** Place of a log-density on the ramp of colors, from 0 to 1: it never falls where the density rises. */
function placeOf(value: number, shades: readonly number[]): number {
  const height = Math.min(1, Math.exp(value - (shades.at(-1) as number)));
  return 0.5 * shadeOf(value, shades) + 0.5 * height;
}

/** Stops of the color bar. */
const STOPS = 9;

/** Densities at even distances on the ramp, from the lowest shade to the top. */
function scaleOf(shades: readonly number[], theme: "light" | "dark"): ScaleStop[] {
  const [lowest, top] = [shades[0] as number, shades.at(-1) as number];
  const first = placeOf(lowest, shades);
  return Array.from({ length: STOPS }, (_, k) => {
    const place = first + ((1 - first) * k) / (STOPS - 1);
    let [low, high] = [lowest, top];
    for (let i = 0; i < 50 && k < STOPS - 1; i++) {
      const middle = (low + high) / 2;
      if (placeOf(middle, shades) < place) low = middle;
      else high = middle;
    }
    return { density: Math.exp(high), color: sequentialColor(Math.round(255 * place) / 255, theme) };
  });
}

/** Nats below the lowest shade over which color fades into the page. */
const FADE = 1.5;

/** Place of a log-density between the shades, from 0 to 1. */
function shadeOf(value: number, shades: readonly number[]): number {
  const last = shades.length - 1;
  let k = 0;
  while (k < last && value >= (shades[k + 1] as number)) k++;
  if (k === last) return 1;
  const [low, high] = [shades[k] as number, shades[k + 1] as number];
  const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  return (k + share) / last;
}

const colorTables = new Map<string, Uint8Array>();

function colorsOf(theme: "light" | "dark"): Uint8Array {
  let table = colorTables.get(theme);
  if (table === undefined) {
    table = new Uint8Array(3 * 256);
    for (let k = 0; k < 256; k++) {
      const color = Number.parseInt(sequentialColor(k / 255, theme).slice(1), 16);
      table.set([color >> 16, (color >> 8) & 255, color & 255], 3 * k);
    }
    colorTables.set(theme, table);
  }
  return table;
}

/** The middles of the cells of an interval. */
function middles([low, high]: Range, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => low + ((i + 0.5) / size) * (high - low));
}

/** Repeats a context for several rows. */
function repeated(context: Float64Array | undefined, count: number): ReturnType<typeof ndArray> | undefined {
  if (context === undefined) return undefined;
  const rows = new Float64Array(count * context.length);
  for (let i = 0; i < count; i++) rows.set(context, i * context.length);
  return ndArray([count, context.length], rows);
}

/** Convolves lines of `size` values at distance `step` with a Gaussian. */
function blurred(values: Float64Array, size: number, step: number, line: number, sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-0.5 * ((k - radius) / sigma) ** 2));
  const total = kernel.reduce((a, b) => a + b, 0);
  const result = new Float64Array(values.length);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const value = values[j * line + i * step] as number;
      if (value === 0) continue;
      for (let k = 0; k < kernel.length; k++) {
        const to = i + k - radius;
        if (to < 0 || to >= size) continue;
        const at = j * line + to * step;
        result[at] = (result[at] as number) + (value * (kernel[k] as number)) / total;
      }
    }
  }
  return result;
}

/** Minimum time between two sets of weights for the pictures, in ms. */
const PICTURE = 150;
/** Last of the first steps 1, 2, 4, … that are all drawn: a flow learns most in its first second. */
const LAST_EARLY = 256;
/** Longest time that training waits for a picture, in ms. A flow whose pictures take longer does not wait again. */
const LONGEST_WAIT = 3000;

/** How a picture is drawn: in full, as time allows while the flow learns, or fast because training waits for it. */
export type Detail = Extract<PeerMessage, { readonly type: "weights" }>["detail"];

/** Sends models and weights to the painter worker. It sends new weights only after the previous ones are drawn. */
export class PainterLink {
  private readonly peer: MessagePort;
  /** True if the painter has drawn the last weights. */
  private isReady = true;
  /** True if some weights have not been sent to the painter yet. */
  private isUnseen = false;
  private sentAt = 0;
  /** True if a picture of the model took too long to wait for. */
  private isSlow = false;
  private waiting: (() => void)[] = [];

  /** @param catchUp is called when the painter is ready and has not seen the last weights. */
  constructor(peer: MessagePort, catchUp: () => void) {
    this.peer = peer;
    peer.onmessage = () => {
      this.isReady = true;
      const { waiting } = this;
      this.waiting = [];
      for (const go of waiting) go();
      if (this.isReady && this.isUnseen) catchUp();
    };
  }

  /**
   * Notes that the weights have changed and sends the weights when it is time. For an early step it returns a promise
   * of its picture, or of the longest wait for it.
   */
  noteStep(step: number, send: (detail: Detail) => void): Promise<void> | undefined {
    this.isUnseen = true;
    if (!this.isSlow && step <= LAST_EARLY && Number.isInteger(Math.log2(step))) return this.drawEarly(send);
    if (this.isReady && performance.now() - this.sentAt >= PICTURE) send(step < LAST_EARLY ? "early" : "live");
    return undefined;
  }

  private async drawEarly(send: (detail: Detail) => void): Promise<void> {
    await this.whenReadyOrLate();
    if (this.isSlow) return;
    send("early");
    await this.whenReadyOrLate();
  }

  private async whenReadyOrLate(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_WAIT);
    });
    await Promise.race([this.whenReady(), late]);
    clearTimeout(timer);
    this.isSlow = !this.isReady;
  }

  /** Waits until the painter has drawn the last weights. */
  async whenReady(): Promise<void> {
    while (!this.isReady) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  sendModel(
    flow: Flow | ConditionalFlow,
    rest: Omit<Extract<PeerMessage, { readonly type: "model" }>, "type" | "bytes">,
  ): void {
    const bytes = encodeModel(flow, lazyRegistry);
    this.isSlow = false;
    this.isReady = false;
    this.isUnseen = false;
    this.peer.postMessage({ type: "model", bytes, ...rest } satisfies PeerMessage, [bytes.buffer]);
  }

  sendWeights(flow: Flow | ConditionalFlow, step: number, detail: Detail): void {
    const arrays = Array.from(flow.parameters().values(), (parameter) => parameter.read() as Float32Array);
    this.isReady = false;
    this.isUnseen = false;
    this.sentAt = performance.now();
    this.peer.postMessage(
      { type: "weights", arrays, step, detail } satisfies PeerMessage,
      arrays.map((array) => array.buffer),
    );
  }
}
