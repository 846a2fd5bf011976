import { TimeSlice } from "@pushforward/core/plain";
import { contourPlot, densityPlot1d, pairPlot } from "@pushforward/plots";
import { type ContextColumn, contextVector, FlowModel, type RowLayout } from "@pushforward/tables/extend";
import {
  type ConditionalFlow,
  createKey,
  type Flow,
  type Key,
  lazyRegistry,
  ndArray,
  type Parameter,
  type RowFlow,
  readModel,
  sampleRows,
  useBackend,
} from "pushforward";
import { rangeOf } from "../shared/page-error.ts";
import type { DensityFrame, PainterApi, PainterEvent, PeerMessage, View } from "../shared/protocol.ts";
import { emit, type Port, serve } from "../shared/rpc.ts";
import { thumbnails } from "./data/trainer-data.ts";
import { Bend } from "./painter/bend.ts";
import {
  type DensityGrid,
  type Detail,
  densityOfOne,
  densityOfPair,
  densityOfTwo,
  paint,
} from "./painter/density-grid.ts";
import { contextTable, samplesCsv } from "./typescript-code.ts";

/** Cells of a side of the grid, and while it must be quick. */
const SIZE = 200;
const QUICK_SIZE = 100;
/** The same while training waits for the picture. */
const EARLY_SIZE = 64;
const CURVE_SIZE = 480;
/** Time after a change of the view in which pictures must be quick, and the longest that a full one may take, in ms. */
const MOVING = 150;
const LONGEST = 240;
/** Cells of a side of the first grid of a flow whose rows take long; further grids have twice as many. */
const COARSE_SIZE = 16;
/** Time of a full grid, in ms, above which coarse ones come first, and the longest that a grid may take. */
const COSTLY = 4000;
const MOST = 8000;
/** Longest time in ms before calls get their turn. */
const SLICE = 12;
const SAMPLES = 1000;
const FEW_SAMPLES = 100;
/** Samples that are counted for two of several columns; fewer while the flow learns. */
const COUNT = 20_000;
const LIVE_COUNT = 6000;

/** Makes a worker the one that draws. */
export function servePainter(port: Port, peer: MessagePort): void {
  serve(port, new Painter(port, peer));
}

interface Model extends RowFlow {
  readonly parameters: readonly Parameter[];
  readonly points: readonly Float64Array[];
  readonly bend: Bend;
  readonly key: Key;
  /** Time that the score of a row takes; of a new model not known, and taken as long. */
  rowMilliseconds: number;
  /** Number of pictures in progress of this model: a replaced model is kept until they are done. */
  users: number;
  isReplaced: boolean;
}

class Painter implements PainterApi {
  private readonly port: Port;
  private readonly peer: MessagePort;
  private readonly started: Promise<void>;
  private view: View | undefined;
  private model: Model | undefined;
  /** Messages of the trainer since the last picture. */
  private newModel: Extract<PeerMessage, { type: "model" }> | undefined;
  private newWeights: Extract<PeerMessage, { type: "weights" }> | undefined;
  private step = 0;
  private detail: Detail = "full";
  private movedAt = -MOVING;
  private isStale = false;
  private isWorking = false;
  private lastMilliseconds = 0;
  private pictures = 0;

  constructor(port: Port, peer: MessagePort) {
    this.port = port;
    this.peer = peer;
    // Pictures may take the fast way, whatever trains.
    this.started = useBackend("wasm").catch(() => useBackend("cpu"));
    peer.onmessage = ({ data }: MessageEvent<PeerMessage>) => {
      // Of weights only the last matter.
      if (data.type === "model") [this.newModel, this.newWeights] = [data, undefined];
      else this.newWeights = data;
      this.redraw();
    };
  }

  show(view: View): void {
    this.view = view;
    this.movedAt = performance.now();
    this.redraw();
  }

  async probe({ x, y, context }: Parameters<PainterApi["probe"]>[0]): ReturnType<PainterApi["probe"]> {
    await this.started;
    const { model, view } = this;
    if (model === undefined || view === undefined || model.layout.columns.length > 2) return null;
    const row = model.layout.columns.length === 1 ? [x] : view.pair[0] === 0 ? [x, y] : [y, x];
    const points = ndArray([1, row.length], Float64Array.from(row));
    const [logDensity] = new FlowModel(model).logProbAt(points, contextTable(model.layout, context));
    const places = model.bend.places(row, view, contextOf(model.layout, context));
    return { logDensity: logDensity as number, places };
  }

  async intro(view: View): ReturnType<PainterApi["intro"]> {
    await this.started;
    const { introOf } = await import("./painter/intro.ts");
    return introOf(view, this.requireModel().points, new TimeSlice(SLICE));
  }

  async samples({
    count,
    seed,
    context,
  }: {
    readonly count: number;
    readonly seed: number;
    readonly context: readonly number[];
  }): Promise<string> {
    await this.started;
    const model = this.requireModel();
    return samplesCsv(new FlowModel(model), { count, seed, context: contextTable(model.layout, context) });
  }

  async picture({ view, kind }: { readonly view: View; readonly kind: "density" | "pairs" }): Promise<string> {
    await this.started;
    const model = this.requireModel();
    model.users++;
    try {
      return await this.pictureOf(model, view, kind);
    } finally {
      model.users--;
      if (model.isReplaced && model.users === 0) model.flow.dispose();
    }
  }

  ping(): void {}

  private async pictureOf(model: Model, view: View, kind: "density" | "pairs"): Promise<string> {
    const { layout, points, flow } = model;
    const { columns } = layout;
    const context = contextOf(layout, view.context);
    const given = describeContext(layout.context, view.context);
    const { theme } = view;
    if (kind === "pairs") {
      const count = Math.max(200, points[0]?.length ?? SAMPLES);
      const drawn = sampleRows(flow, model.key.fold("pairs"), count, context && ndArray([1, context.length], context));
      const samples = columns.map((_, j) =>
        Float64Array.from({ length: count }, (_, i) => drawn.data[i * columns.length + j] as number),
      );
      const limits = columns.map((_, j) => rangeOf(points[j] ?? (samples[j] as Float64Array), 0.002, 0.05));
      const sets = [
        ...(points.length === 0 ? [] : [{ name: "data", values: points }]),
        { name: `samples${given}`, values: samples },
      ];
      return pairPlot({ columns, sets, limits, theme, title: `Data and samples of the model${given}` });
    }
    const grid = await this.grid(model, view, SIZE, false, context);
    const title = `Density of ${view.pair[0] === view.pair[1] ? columns[view.pair[0]] : view.pair.map((j) => columns[j]).join(" and ")}${given}`;
    const xLabel = columns[view.pair[0]] as string;
    if (columns.length === 1) {
      const density = Float64Array.from(grid.logDensity, Math.exp);
      const rows = points[0] === undefined ? {} : { samples: points[0] };
      return densityPlot1d({ x: grid.x, density, title, xLabel, yLabel: "density", theme, ...rows });
    }
    const [x, y] = [points[view.pair[0]], points[view.pair[1]]];
    return contourPlot({
      ...{ x: grid.x, y: grid.y, logDensity: grid.logDensity, title, theme, xLabel },
      yLabel: columns[view.pair[1]] as string,
      ...(x === undefined || y === undefined ? {} : { points: { x, y, name: "data" } }),
    });
  }

  thumbnails(): ReturnType<PainterApi["thumbnails"]> {
    return thumbnails();
  }

  private requireModel(): Model {
    if (this.model === undefined) throw new Error("Expected a model, got none.");
    return this.model;
  }

  private redraw(): void {
    this.isStale = true;
    if (!this.isWorking) void this.work();
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    try {
      await this.started;
      while (this.isStale) {
        this.isStale = false;
        const hasNews = await this.takeNews();
        const { model, view } = this;
        if (model !== undefined && view !== undefined && fits(view, model.layout)) await this.draw(model, view);
        if (hasNews) this.peer.postMessage("drawn");
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.tell({ type: "failed", message });
      this.peer.postMessage("drawn");
    } finally {
      this.isWorking = false;
    }
  }

  /** Applies new messages of the trainer, if any. */
  private async takeNews(): Promise<boolean> {
    const { newModel, newWeights } = this;
    this.newModel = undefined;
    this.newWeights = undefined;
    if (newModel !== undefined) {
      const { model: flow } = await readModel<Flow | ConditionalFlow>(newModel.bytes, lazyRegistry);
      if (this.model !== undefined) {
        this.model.isReplaced = true;
        if (this.model.users === 0) this.model.flow.dispose();
      }
      const { layout, points, contexts, step, seed } = newModel;
      this.model = {
        ...{ flow, layout, points },
        parameters: [...flow.parameters().values()],
        bend: new Bend(flow, layout.columns.length, points, contexts),
        key: createKey(seed),
        ...{ rowMilliseconds: layout.columns.length === 2 ? Number.POSITIVE_INFINITY : 0, users: 0, isReplaced: false },
      };
      this.detail = "full";
      this.step = step;
    }
    if (newWeights !== undefined) {
      for (const [i, values] of newWeights.arrays.entries()) this.model?.parameters[i]?.write(values);
      this.detail = newWeights.detail;
      this.step = newWeights.step;
    }
    return newModel !== undefined || newWeights !== undefined;
  }

  private async draw(model: Model, view: View): Promise<void> {
    const start = performance.now();
    const isMoving = start - this.movedAt < MOVING;
    const isSlow = this.lastMilliseconds > LONGEST;
    const isLive = this.detail !== "full";
    const isEarly = this.detail === "early";
    const isQuick = isMoving || isEarly || (isLive && isSlow);
    const size = isEarly ? EARLY_SIZE : isQuick ? QUICK_SIZE : SIZE;
    const context = contextOf(model.layout, view.context);
    for await (const grid of this.grids(model, view, size, isLive, context)) this.tellGrid(model, view, grid, context);
    const milliseconds = performance.now() - start;
    if (!isQuick) this.lastMilliseconds = milliseconds;
    // On a slow machine one full picture now and then tells whether it has become faster.
    else if (isSlow) this.lastMilliseconds *= 0.98;
    if (isMoving) {
      setTimeout(() => this.redraw(), MOVING);
    }
    // While the flow learns, every second picture is enough for the grid.
    this.pictures++;
    if (isLive && !isMoving && this.pictures % 2 === 1) return;
    const bend = model.bend.frame(view, context, this.step, isCostly(model));
    this.tell(
      { type: "bend", frame: bend },
      [...bend.lines, ...bend.points, ...bend.mesh, bend.starts].map((values) => values.buffer),
    );
  }

  /** Grids of a density: one, or first coarse ones where a row takes long. */
  private async *grids(
    model: Model,
    view: View,
    size: number,
    isLive: boolean,
    context: Float64Array | undefined,
  ): AsyncGenerator<DensityGrid> {
    const isOfTwo = model.layout.columns.length === 2;
    // The first rows of a new model take longer than all others, and tell nothing.
    if (isOfTwo && model.rowMilliseconds === Number.POSITIVE_INFINITY) await this.grid(model, view, 4, isLive, context);
    for (let side = COARSE_SIZE; isOfTwo && side < size && isCostly(model); side *= 2) {
      const start = performance.now();
      const grid = await this.grid(model, view, side, isLive, context);
      model.rowMilliseconds = (performance.now() - start) / side ** 2;
      if (!isCostly(model)) break;
      yield grid;
      const next = model.rowMilliseconds * (2 * side) ** 2;
      if (this.isStale || next > (isLive ? LONGEST : MOST)) return;
    }
    yield await this.grid(model, view, size, isLive, context);
  }

  private tellGrid(model: Model, view: View, grid: DensityGrid, context: Float64Array | undefined): void {
    const features = model.layout.columns.length;
    const count = isCostly(model) ? FEW_SAMPLES : SAMPLES;
    const key = model.key.fold("samples");
    const drawn = sampleRows(model.flow, key, count, context && ndArray([1, context.length], context));
    const samples = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      samples[2 * i] = drawn.data[i * features + view.pair[0]] as number;
      samples[2 * i + 1] = drawn.data[i * features + view.pair[1]] as number;
    }
    const painted = features === 1 ? undefined : paint(grid, view.theme);
    const frame: DensityFrame = {
      ...{ step: this.step, view, size: grid.x.length, logDensity: grid.logDensity, samples },
      contours: painted?.contours ?? [],
      scale: painted?.scale ?? [],
      ...(painted === undefined ? {} : { pixels: painted.pixels }),
      marginal: features > 2,
    };
    this.tell({ type: "density", frame }, [
      frame.logDensity.buffer,
      frame.samples.buffer,
      ...(painted === undefined ? [] : [painted.pixels.buffer]),
    ]);
  }

  private grid(
    model: Model,
    view: View,
    size: number,
    isLive: boolean,
    context: Float64Array | undefined,
  ): Promise<DensityGrid> | DensityGrid {
    const { flow, layout, key } = model;
    const features = layout.columns.length;
    if (features === 1) return densityOfOne(flow, view, CURVE_SIZE, context);
    const chunk = isCostly(model) ? COARSE_SIZE ** 2 : undefined;
    if (features === 2) return densityOfTwo(flow, view, size, context, new TimeSlice(SLICE), chunk);
    return densityOfPair(flow, view, size, context, key.fold("pair"), isLive ? LIVE_COUNT : COUNT);
  }

  private tell(event: PainterEvent, transfer: Transferable[] = []): void {
    emit(this.port, event, transfer);
  }
}

/** True if a full grid of the density takes too long to wait for. */
function isCostly({ rowMilliseconds }: Model): boolean {
  return rowMilliseconds * SIZE ** 2 > COSTLY;
}

/** A context as the model takes it; none for a model without. */
function contextOf(layout: RowLayout, values: readonly number[]): Float64Array | undefined {
  return layout.context.length === 0 ? undefined : contextVector(layout, values);
}

/** The view of a model that has just been replaced must not be drawn with the next one. */
function fits({ pair, context }: View, { columns, context: wanted }: RowLayout): boolean {
  return pair[0] < columns.length && pair[1] < columns.length && context.length === wanted.length;
}

/** ` given species = Adelie`. */
function describeContext(columns: readonly ContextColumn[], values: readonly number[]): string {
  if (columns.length === 0) return "";
  const said = columns.map((column, k) => {
    const value = values[k] ?? 0;
    return `${column.name} = ${column.kind === "number" ? Number(value.toPrecision(4)) : column.categories[value]}`;
  });
  return ` given ${said.join(", ")}`;
}
