import { extname } from "node:path";
import { quantile } from "@pushforward/core/plain";
import {
  contourPlot,
  densityPlot1d,
  type PairPlotOptions,
  pairPlot,
  type SampleSet,
  seriesPlot,
} from "@pushforward/plots";
import { saveBytes } from "@pushforward/serialization/node";
import { type NdArray, ndArray } from "pushforward";
import { importOptional } from "pushforward/node";
import { located } from "../run/program-io.ts";
import { say } from "./terminal.ts";

/** Contents of a picture of a model. */
export interface Picture {
  /** The log-density at points `[rows, columns]`. */
  readonly logProb: (points: NdArray) => Float64Array;
  readonly columns: readonly string[];
  /** Rows of the model `[rows, columns]`. Without data, the axes show their bulk. */
  readonly samples: () => NdArray;
  /** Rows to draw next to the model. */
  readonly data?: NdArray | undefined;
  readonly title: string;
  readonly aspect?: "equal" | undefined;
}

/** The color of rows that are no draws. */
export const DATA_COLOR = "#3c4043";

const MODEL_COLOR = "#0072b2";

const GRID = 220;
const LINE = 600;

/** An SVG of the density: a curve for one column, contours for two. */
export function densityPicture(picture: Picture): string {
  const { logProb, columns } = picture;
  const reference = picture.data ?? picture.samples();
  if (columns.length === 1) {
    const x = axis(column(reference, 0), LINE);
    const density = logProb(ndArray([LINE, 1], x)).map(Math.exp);
    return densityPlot1d({
      x,
      density,
      title: picture.title,
      xLabel: columns[0] as string,
      yLabel: `density of ${columns[0]} (1/${columns[0]})`,
      ...(picture.data === undefined ? {} : { samples: column(picture.data, 0), samplesName: "data" }),
    });
  }
  const x = axis(column(reference, 0), GRID);
  const y = axis(column(reference, 1), GRID);
  const points = new Float64Array(2 * GRID * GRID);
  for (let j = 0; j < GRID; j++) {
    for (let i = 0; i < GRID; i++) points.set([x[i] as number, y[j] as number], 2 * (j * GRID + i));
  }
  const logDensity = logProb(ndArray([GRID * GRID, 2], points));
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

/**
 * Draws an SVG of every pair of columns. The axes show all of `data`, or without data the bulk of the samples: a flow
 * has heavy tails, and one draw of ten thousand would squeeze all other draws together.
 */
export function pairPicture(
  columns: readonly string[],
  sets: readonly SampleSet[],
  title: string,
  data: SampleSet | undefined,
  axes: Pick<PairPlotOptions, "categories" | "labels"> = {},
): string {
  const limits = columns.map((_, j) =>
    data === undefined
      ? range(Float64Array.from(sets.flatMap((set) => Array.from(set.values[j] ?? []))), 0.002)
      : range(Float64Array.from(data.values[j] ?? []), 0),
  );
  return pairPlot({ columns, sets, title, limits, ...axes });
}

/** Contents of a picture of a column given a second one. */
export interface BandPicture {
  readonly column: string;
  readonly context: string;
  /** Values of the context, increasing. */
  readonly x: Float64Array;
  /** The draws at each context value. */
  readonly draws: readonly Float64Array[];
  /** Rows to draw with the model. */
  readonly data?: { readonly x: Float64Array; readonly y: Float64Array } | undefined;
  readonly title: string;
}

/** Bands, with the share of draws above and below each band. */
const BANDS = [
  { name: "90 % of the model", share: 0.05, color: "#56b4e9" },
  { name: "50 % of the model", share: 0.25, color: MODEL_COLOR },
] as const;

/** Most points of the data in a picture of bands. */
const MOST_POINTS = 3000;

/** Draws an SVG of the quantiles of a column given a second one. */
export function bandPicture({ column: name, context, x, draws, data, title }: BandPicture): string {
  const sorted = draws.map((values) => values.filter(Number.isFinite).sort());
  const at = (share: number): Float64Array => Float64Array.from(sorted, (values) => quantile(values, share));
  const step = Math.max(1, Math.ceil((data?.x.length ?? 0) / MOST_POINTS));
  const thin = (values: Float64Array): Float64Array => values.filter((_, i) => i % step === 0);
  return seriesPlot({
    series: [
      ...BANDS.map(({ name: label, share, color }) => ({
        name: label,
        x,
        values: at(share),
        upper: at(1 - share),
        color,
      })),
      { name: "median", x, values: at(0.5), color: MODEL_COLOR },
      ...(data === undefined
        ? []
        : [
            {
              name: `data (n = ${data.x.length})`,
              x: thin(data.x),
              values: thin(data.y),
              color: DATA_COLOR,
              dots: true,
            },
          ]),
    ],
    title,
    xLabel: context,
    yLabel: name,
  });
}

/** One column of some rows. */
export function column(rows: NdArray, j: number): Float64Array {
  const [count, width] = rows.shape as unknown as readonly [number, number];
  return Float64Array.from({ length: count }, (_, i) => rows.data[i * width + j] as number);
}

/** Equally spaced values over the central 99.8 % of some numbers and a margin. */
function axis(values: Float64Array, count: number): Float64Array {
  const [low, high] = range(values, 0.001);
  return Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** Returns the interval of some numbers without this share at either side, and with a margin; never empty. */
function range(values: Float64Array, share: number): readonly [number, number] {
  const sorted = values.filter(Number.isFinite).sort();
  const at = (p: number): number => sorted[Math.round(p * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(share), at(1 - share)];
  // A constant gets a margin that float64 can tell from it.
  const margin = high > low ? 0.08 * (high - low) : Math.max(1, 1e-6 * Math.abs(low));
  return [low - margin, high + margin];
}

/** A letter. Where the machine has no font, it is left out of a PNG silently. */
const PROBE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="18" font-family="sans-serif">M</text></svg>';

/** Writes an SVG to a file, as PNG at twice its size if the extension is .png. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const png = extname(path).toLowerCase() === ".png";
  await saveBytes(located(path), png ? await drawPng(path, svg) : new TextEncoder().encode(svg));
}

async function drawPng(path: string, svg: string): Promise<Uint8Array> {
  const { Resvg } = await importOptional(path, "@resvg/resvg-js", () => import("@resvg/resvg-js"));
  const draw = (text: string, zoom: number) =>
    new Resvg(text, { fitTo: { mode: "zoom", value: zoom }, font: { loadSystemFonts: true } }).render();
  if (draw(PROBE, 1).pixels.every((value) => value === 0)) {
    say(`${path}: this machine has no fonts, so the labels are missing. An .svg file has labels.`);
  }
  return draw(svg, 2).asPng();
}
