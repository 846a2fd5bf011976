import { splitStandardization } from "@pushforward/flows/extend";
import { Chain } from "@pushforward/transforms/extend";
import { tensor2d, tidy } from "@tensorflow/tfjs-core";
import { ConditionalFlow, type Flow, lazyRegistry } from "pushforward";
import { bendWindow } from "../shared/bend-window.ts";
import type { BendFrame, View } from "../shared/protocol.ts";
import { thinned } from "../shared/thinned.ts";
import { gridLines } from "./grid-lines.ts";

const CURVE_POINTS = 241;
/** Points of the data that are pulled back. */
const BEND_POINTS = 600;

/** What layers are to a reader, by their types in a model file. */
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

  /** The picture at a context, a vector as the model takes it. */
  frame(view: View, context: Float64Array | undefined, step: number): BendFrame {
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
      return { ...about, lines, starts: Int32Array.of(0, CURVE_POINTS), upright: 1, points: [] };
    }
    const pick = (values: Float32Array): Float32Array<ArrayBuffer> => columnsOf(values, features, across, up);
    const layers = this.labels.length;
    const windows = Array.from({ length: layers + 1 }, (_, k) => bendWindow(about, view, k, layers));
    const grid = gridLines((points) => this.trace("forward", this.planeRows(points, view), context).map(pick), windows);
    return { ...about, ...grid, points: this.pulledBack().map(pick) };
  }

  /** Rows of the base that differ in the two columns of the view only; the others are 0. */
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
    const { features, parts } = this;
    const count = this.points[0]?.length ?? 0;
    if (count === 0) return [];
    const shown = thinned(count, BEND_POINTS);
    const rows = new Float32Array(shown.length * features);
    for (const [j, values] of this.points.entries()) {
      const mean = parts.standardization?.mean[j] ?? 0;
      const sd = parts.standardization?.sd[j] ?? 1;
      for (const [k, i] of shown.entries()) rows[k * features + j] = ((values[i] as number) - mean) / sd;
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
