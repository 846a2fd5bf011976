import {
  type ConditionalFlow,
  contourPlot,
  densityPlot1d,
  type Flow,
  type Key,
  logProbRows,
  type NdArray,
  ndArray,
  pairPlot,
  type SampleSet,
  sampleRows,
} from "pushforward";

/** What a picture of a model shows. */
export interface Picture {
  readonly flow: Flow | ConditionalFlow;
  readonly columns: readonly string[];
  /** Rows to draw beside the model. */
  readonly data?: NdArray | undefined;
  /** One context, `[1, size]`, for a conditional model of one or two columns. */
  readonly context?: NdArray | undefined;
  readonly title: string;
  readonly aspect?: "equal" | undefined;
  readonly key: Key;
}

const GRID = 220;
const LINE = 600;
const SAMPLES = 2000;

/** An SVG of the density: a curve for one column, contours for two. */
export function densityPicture(picture: Picture): string {
  const { flow, columns, context, key } = picture;
  const reference = picture.data ?? sampleRows(flow, key, SAMPLES, context);
  if (columns.length === 1) {
    const x = axis(column(reference, 0), LINE);
    const density = logProbRows(flow, ndArray([LINE, 1], x), repeat(context, LINE)).map(Math.exp);
    return densityPlot1d({
      x,
      density,
      title: picture.title,
      xLabel: columns[0] as string,
      yLabel: "density",
      ...(picture.data === undefined ? {} : { samples: column(picture.data, 0) }),
    });
  }
  const x = axis(column(reference, 0), GRID);
  const y = axis(column(reference, 1), GRID);
  const points = new Float64Array(2 * GRID * GRID);
  for (let j = 0; j < GRID; j++) {
    for (let i = 0; i < GRID; i++) points.set([x[i] as number, y[j] as number], 2 * (j * GRID + i));
  }
  const logDensity = logProbRows(flow, ndArray([GRID * GRID, 2], points), repeat(context, GRID * GRID));
  return contourPlot({
    x,
    y,
    logDensity,
    title: picture.title,
    xLabel: columns[0] as string,
    yLabel: columns[1] as string,
    ...(picture.aspect === undefined ? {} : { aspect: picture.aspect }),
    ...(picture.data === undefined
      ? {}
      : { points: { x: column(picture.data, 0), y: column(picture.data, 1), name: "data" } }),
  });
}

/** A set of rows for a pair plot. */
export function sampleSet(name: string, rows: NdArray): SampleSet {
  return { name, values: Array.from({ length: rows.shape[1] as number }, (_, j) => column(rows, j)) };
}

/** An SVG of every pair of columns. */
export function pairPicture(columns: readonly string[], sets: readonly SampleSet[], title: string): string {
  return pairPlot({ columns, sets, title });
}

/** One column of some rows. */
export function column(rows: NdArray, j: number): Float64Array {
  const [count, width] = rows.shape as unknown as readonly [number, number];
  return Float64Array.from({ length: count }, (_, i) => rows.data[i * width + j] as number);
}

/** Equally spaced values over the central 99.8 % of some numbers and a margin. */
function axis(values: Float64Array, count: number): Float64Array {
  const sorted = values.slice().sort();
  const at = (p: number): number => sorted[Math.round(p * (sorted.length - 1))] as number;
  const [low, high] = [at(0.001), at(0.999)];
  const margin = high > low ? 0.08 * (high - low) : 1;
  return Float64Array.from({ length: count }, (_, i) => low - margin + ((high - low + 2 * margin) * i) / (count - 1));
}

function repeat(context: NdArray | undefined, count: number): NdArray | undefined {
  if (context === undefined) return undefined;
  const width = context.shape[1] as number;
  const data = new Float64Array(count * width);
  for (let i = 0; i < count; i++) data.set(context.data.subarray(0, width), i * width);
  return ndArray([count, width], data);
}
