import { splitStandardization } from "@pushforward/flows/extend";
import { Chain } from "@pushforward/transforms/extend";
import { tensor2d, tidy } from "@tensorflow/tfjs-core";
import { ConditionalFlow, type Flow, lazyRegistry } from "pushforward";
import { bendWindow, MESH } from "../../shared/bend-window.ts";
import { thinned } from "../../shared/page-error.ts";
import type { BendFrame, View } from "../../shared/protocol.ts";
import type { Range } from "../../shared/settings.ts";

/** Lines of the grid lie between −REACH and REACH, SPACING apart. */
const REACH = 3;
const SPACING = 0.5;
/** Pieces of a line before any is divided, and in a coarse picture. */
const PIECES = 48;
const COARSE_PIECES = 24;
/** Side of the largest picture, in pixels. */
const SIDE = 700;
/** Maximum deviation of a drawn line from the true line, and maximum length of its pieces, in pixels. */
const DEVIATION = 0.3;
const LONGEST = 24;
/** Most times that a piece is halved, and most points of all lines: a bend has no bound. */
const ROUNDS = 9;
const MOST_POINTS = 12_000;

/** The grid of the base and where each layer takes it. */
export interface GridLines {
  /** x, y, x, y, … of all lines, one array before the first layer and one after each. */
  readonly lines: readonly Float32Array<ArrayBuffer>[];
  /** Number of the first point of each line, and the number of all points. */
  readonly starts: Int32Array<ArrayBuffer>;
  /** Number of upright lines, which are first. The remaining lines are horizontal. */
  readonly upright: number;
}

/** Places of points x, y, x, y, … of the base before the first layer and after each. */
type Trace = (points: Float32Array) => readonly Float32Array[];

/** A point of a line: its position along the line, and x, y before the first layer and after each layer. */
interface LinePoint {
  readonly along: number;
  readonly places: Float32Array;
}

interface Line {
  readonly isUpright: boolean;
  readonly place: number;
  readonly points: LinePoint[];
  /** For each point, `true` if the piece before it must be checked. */
  open: boolean[];
}

/**
 * Computes the lines of the grid, with enough points for their bends: a piece is halved until the middle of the true
 * line is on it, in the picture of every layer. Lines of a family never cross, because the map is invertible, and drawn
 * lines that cut corners would.
 *
 * @param windows visible range before the first layer and after each layer: bends outside of it don't matter.
 * @param pieces pieces of a line before any is divided, and `rounds` how often they can be halved.
 */
export function gridLines(
  trace: Trace,
  windows: readonly (readonly [Range, Range])[],
  pieces: number = PIECES,
  rounds: number = ROUNDS,
): GridLines {
  const lines = straightLines();
  const place = (wanted: readonly (readonly [Line, number])[]): LinePoint[] => {
    const base = Float32Array.from(
      wanted.flatMap(([line, along]) => (line.isUpright ? [line.place, along] : [along, line.place])),
    );
    const layers = trace(base);
    return wanted.map(([, along], i) => ({
      along,
      places: Float32Array.from(layers.flatMap((layer) => [layer[2 * i] as number, layer[2 * i + 1] as number])),
    }));
  };
  const starting = lines.flatMap((line) =>
    Array.from({ length: pieces + 1 }, (_, k) => [line, -REACH + (2 * REACH * k) / pieces] as const),
  );
  for (const [i, point] of place(starting).entries()) (starting[i] as (typeof starting)[number])[0].points.push(point);
  for (const line of lines) line.open = line.points.map((_, k) => k > 0);
  let count = starting.length;
  for (let round = 0; round < rounds && count < MOST_POINTS; round++) {
    const halves = lines.flatMap((line) =>
      line.points.flatMap(({ along }, k) =>
        line.open[k] ? [[line, (along + (line.points[k - 1] as LinePoint).along) / 2] as const] : [],
      ),
    );
    if (halves.length === 0) break;
    const middles = place(halves);
    let at = 0;
    for (const line of lines) {
      at = divide(line, middles, at, windows);
    }
    count = lines.reduce((sum, line) => sum + line.points.length, 0);
  }
  return flat(lines, windows.length);
}

function straightLines(): Line[] {
  const count = Math.round((2 * REACH) / SPACING) + 1;
  return [true, false].flatMap((isUpright) =>
    Array.from({ length: count }, (_, i) => ({ isUpright, place: -REACH + i * SPACING, points: [], open: [] })),
  );
}

/** Adds middle points to a line where its pieces need them. Returns the index of the first middle of the next line. */
function divide(
  line: Line,
  middles: readonly LinePoint[],
  first: number,
  windows: readonly (readonly [Range, Range])[],
): number {
  const before = line.points.splice(0);
  const { open } = line;
  line.open = [];
  let at = first;
  for (const [k, point] of before.entries()) {
    let isBent = false;
    if (open[k]) {
      const middle = middles[at++] as LinePoint;
      isBent = needs((before[k - 1] as LinePoint).places, middle.places, point.places, windows);
      if (isBent) {
        line.points.push(middle);
        line.open.push(true);
      }
    }
    line.points.push(point);
    line.open.push(isBent);
  }
  return at;
}

/** True if the piece from `a` to `b` must be halved at `m`, in the picture of some layer. */
function needs(
  a: Float32Array,
  m: Float32Array,
  b: Float32Array,
  windows: readonly (readonly [Range, Range])[],
): boolean {
  return windows.some(([x, y], layer) => {
    const pixel = (values: Float32Array): readonly [number, number] => [
      (SIDE * ((values[2 * layer] as number) - x[0])) / (x[1] - x[0]),
      (SIDE * ((values[2 * layer + 1] as number) - y[0])) / (y[1] - y[0]),
    ];
    const [p, q, r] = [pixel(a), pixel(m), pixel(b)];
    for (const j of [0, 1] as const) {
      const [low, high] = [Math.min(p[j], q[j], r[j]), Math.max(p[j], q[j], r[j])];
      // Outside of the picture, or not a number.
      if (!(high > -0.05 * SIDE && low < 1.05 * SIDE)) return false;
    }
    const length = Math.hypot(r[0] - p[0], r[1] - p[1]);
    if (length > LONGEST) return true;
    const share = length === 0 ? 0 : ((q[0] - p[0]) * (r[0] - p[0]) + (q[1] - p[1]) * (r[1] - p[1])) / length ** 2;
    const along = Math.min(1, Math.max(0, share));
    return Math.hypot(q[0] - p[0] - along * (r[0] - p[0]), q[1] - p[1] - along * (r[1] - p[1])) > DEVIATION;
  });
}

function flat(lines: readonly Line[], layers: number): GridLines {
  const starts = new Int32Array(lines.length + 1);
  for (const [i, line] of lines.entries()) starts[i + 1] = (starts[i] as number) + line.points.length;
  const all = lines.flatMap((line) => line.points);
  return {
    lines: Array.from({ length: layers }, (_, layer) =>
      Float32Array.from({ length: 2 * all.length }, (_, i) => all[i >> 1]?.places[2 * layer + (i & 1)] ?? Number.NaN),
    ),
    starts,
    upright: lines.length / 2,
  };
}

const CURVE_POINTS = 241;
/** Points of the data that are pulled back. */
const BEND_POINTS = 600;

/** Display names of layers, by their types in a model file. */
const NAMES: Readonly<Record<string, string>> = {
  "pushforward/autoregressive": "autoregressive layer",
  "pushforward/coupling": "coupling layer",
  "pushforward/elementwise": "elementwise layer",
  "pushforward/lu-linear": "linear map",
  "pushforward/permutation": "permutation",
  "pushforward/affine-elementwise": "scale and shift",
  "pushforward/constant-affine": "scale and shift",
  "pushforward/positive-linear": "linear map",
  "pushforward/quantile-spline": "spline of each column",
};

/** How a flow bends the grid of its base, and where the data are on the way. */
export class Bend {
  private readonly inner: Flow | ConditionalFlow;
  private readonly features: number;
  private readonly labels: readonly string[];
  private readonly parts: ReturnType<typeof splitStandardization<Flow | ConditionalFlow>>;
  private readonly points: readonly Float64Array[];
  private readonly contexts: Float64Array | undefined;

  constructor(
    flow: Flow | ConditionalFlow,
    features: number,
    points: readonly Float64Array[],
    contexts: Float64Array | undefined,
  ) {
    this.parts = splitStandardization<Flow | ConditionalFlow>(flow);
    this.inner = this.parts.inner;
    this.features = features;
    this.points = points;
    this.contexts = contexts;
    const { transform } = this.inner;
    const layers = transform instanceof Chain ? transform.layers : [transform];
    this.labels = layers.map((layer) => NAMES[lazyRegistry.encode(layer).type] ?? "layer");
  }

  /**
   * The picture at a context, a vector as the model takes it.
   *
   * @param isCoarse leaves out the shades and the finer points of lines, for a flow whose layers take long.
   */
  frame(view: View, context: Float64Array | undefined, step: number, isCoarse = false): BendFrame {
    const { features, parts } = this;
    const [across, up] = view.pair;
    const moment = (name: "mean" | "sd", column: number): number =>
      parts.standardization?.[name][column] ?? (name === "mean" ? 0 : 1);
    const about = {
      step,
      labels: this.labels,
      mean: [moment("mean", across), moment("mean", up)],
      sd: [moment("sd", across), moment("sd", up)],
      features,
    } as const;
    if (features === 1) {
      const u = Float32Array.from({ length: CURVE_POINTS }, (_, i) => -4 + (8 * i) / (CURVE_POINTS - 1));
      const values = this.trace("forward", u, context);
      const lines = values.map((value) => interleaved(u, value));
      return { ...about, lines, starts: Int32Array.of(0, CURVE_POINTS), upright: 1, points: [], mesh: [] };
    }
    const pick = (values: Float32Array): Float32Array<ArrayBuffer> => columnsOf(values, features, across, up);
    const layers = this.labels.length;
    const windows = Array.from({ length: layers + 1 }, (_, k) => bendWindow(about, view, k, layers));
    const trace = (points: Float32Array): Float32Array<ArrayBuffer>[] =>
      this.trace("forward", this.planeRows(points, view), context).map(pick);
    const grid = isCoarse ? gridLines(trace, windows, COARSE_PIECES, 0) : gridLines(trace, windows);
    return { ...about, ...grid, points: this.pulledBack().map(pick), mesh: isCoarse ? [] : trace(corners()) };
  }

  /**
   * The places of a row in the picture: in the base and after each layer. Of a single column the place across is that in
   * the base.
   */
  places(row: readonly number[], { pair: [across, up] }: View, context: Float64Array | undefined): [number, number][] {
    const all = this.trace("inverse", this.standard(row), context).reverse();
    const base = all[0] as Float32Array;
    return all.map((values) => [(this.features === 1 ? base : values)[across] as number, values[up] as number]);
  }

  /** A row in standard units. */
  private standard(row: readonly number[]): Float32Array {
    const { mean, sd } = this.parts.standardization ?? {};
    return Float32Array.from(row, (value, j) => (value - (mean?.[j] ?? 0)) / (sd?.[j] ?? 1));
  }

  /** Rows of the base that differ only in the two columns of the view. All other columns are 0. */
  private planeRows(points: Float32Array, { pair: [across, up] }: View): Float32Array {
    const { features } = this;
    const rows = new Float32Array((points.length / 2) * features);
    for (let i = 0; i < points.length / 2; i++) {
      rows[i * features + across] = points[2 * i] as number;
      rows[i * features + up] = points[2 * i + 1] as number;
    }
    return rows;
  }

  /** The data, at the base first, each row at its own context. */
  private pulledBack(): Float32Array[] {
    const { features } = this;
    const count = this.points[0]?.length ?? 0;
    if (count === 0) return [];
    const shown = thinned(count, BEND_POINTS);
    const rows = new Float32Array(shown.length * features);
    for (const [k, i] of shown.entries()) {
      const row = this.points.map((values) => values[i] as number);
      rows.set(this.standard(row), k * features);
    }
    const width = this.contexts === undefined ? 0 : this.contexts.length / count;
    const contexts =
      this.contexts &&
      Float64Array.from({ length: shown.length * width }, (_, k) => {
        const row = shown[Math.floor(k / width)] as number;
        return (this.contexts as Float64Array)[row * width + (k % width)] as number;
      });
    return this.trace("inverse", rows, contexts).reverse();
  }

  /** Values before the first layer and after each one, in the order of the direction. */
  private trace(
    direction: "forward" | "inverse",
    rows: Float32Array,
    context: Float64Array | undefined,
  ): Float32Array[] {
    const { inner, features } = this;
    const { transform } = inner;
    return tidy(() => {
      const count = rows.length / features;
      const x = tensor2d(rows, [count, features]);
      const given = context && this.contextTensor(context, count);
      const values =
        transform instanceof Chain ? transform[`${direction}Trace`](x, given) : [x, transform[direction](x, given)];
      return values.map((value) => Float32Array.from(value.dataSync()));
    });
  }

  /** A context for all rows, or one for each, as the transform takes it. */
  private contextTensor(context: Float64Array, count: number): ReturnType<typeof tensor2d> {
    const { contextStandardization: units } = this.parts;
    const width = (this.inner as ConditionalFlow).contextShape[0] as number;
    const rows = Float32Array.from({ length: count * width }, (_, k) => {
      const value = context[context.length === width ? k % width : k] as number;
      const j = k % width;
      return units === undefined ? value : (value - (units.mean[j] as number)) / (units.sd[j] as number);
    });
    const raw = tensor2d(rows, [count, width]);
    const { inner } = this;
    const transform = inner instanceof ConditionalFlow ? inner.contextTransform : undefined;
    return (transform?.forward(raw) ?? raw) as ReturnType<typeof tensor2d>;
  }
}

/** Corners of the cells that show how far space is squeezed, row after row. */
function corners(): Float32Array {
  const at = (k: number): number => -REACH + (2 * REACH * k) / MESH;
  const side = MESH + 1;
  return Float32Array.from({ length: 2 * side * side }, (_, i) =>
    at(i % 2 === 0 ? (i >> 1) % side : Math.floor((i >> 1) / side)),
  );
}

function interleaved(x: Float32Array, y: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(2 * x.length);
  for (let i = 0; i < x.length; i++) {
    both[2 * i] = x[i] as number;
    both[2 * i + 1] = y[i] as number;
  }
  return both;
}

function columnsOf(rows: Float32Array, features: number, across: number, up: number): Float32Array<ArrayBuffer> {
  const both = new Float32Array((2 * rows.length) / features);
  for (let i = 0; i < rows.length / features; i++) {
    both[2 * i] = rows[i * features + across] as number;
    both[2 * i + 1] = rows[i * features + up] as number;
  }
  return both;
}
