import { contourPlot, densityPlot1d, pairPlot } from "@pushforward/plots";
import type { CompiledModel } from "@pushforward/runtime";
import type { RowLayout } from "@pushforward/tables/extend";
import { createKey } from "pushforward";
import { pageElement } from "./page-element.ts";

const SAMPLES = 2000;
const GRID = 120;
const LINE = 400;

/** Draws the density of one or two columns, and pairs of more; returns what draws anew, with rows beside the model. */
export function pictureSection(
  model: CompiledModel,
  { columns }: RowLayout,
  contextsOf: (rows: number) => Float64Array | undefined,
): (rows?: Float64Array) => void {
  const [across, up] = ["across", "up"].map((id) => pageElement<HTMLSelectElement>(id)) as [
    HTMLSelectElement,
    HTMLSelectElement,
  ];
  for (const [j, name] of columns.entries())
    for (const select of [across, up]) select.append(new Option(name, String(j)));
  up.value = String(Math.min(1, columns.length - 1));
  pageElement("pair").hidden = columns.length < 2;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let data: Float64Array | undefined;
  const draw = (): void => {
    const theme = dark.matches ? "dark" : "light";
    const pair = [...new Set([Number(across.value), Number(up.value)])];
    const picture = pageElement("picture");
    // The pictures escape the names that stand in them.
    picture.innerHTML = svgOf(model, columns, pair, theme, contextsOf, data);
    picture.setAttribute("aria-label", `Density of ${pair.map((j) => columns[j]).join(" and ")}`);
  };
  for (const select of [across, up]) select.addEventListener("change", draw);
  dark.addEventListener("change", draw);
  return (rows) => {
    data = rows ?? data;
    draw();
  };
}

function svgOf(
  model: CompiledModel,
  names: readonly string[],
  pair: readonly number[],
  theme: "light" | "dark",
  contextsOf: (rows: number) => Float64Array | undefined,
  data: Float64Array | undefined,
): string {
  const width = names.length;
  const columnOf = (rows: Float64Array, j: number): Float64Array =>
    Float64Array.from({ length: rows.length / width }, (_, i) => rows[i * width + j] as number);
  const samples = model.canSample ? model.sample(createKey("picture"), SAMPLES, contextsOf(SAMPLES)) : undefined;
  const reference = data ?? samples;
  if (reference === undefined) return "<p>Score some rows to see where the density is drawn.</p>";
  const look = { theme, transparent: true, width: 640 };
  if (width === 1) {
    const x = axis(columnOf(reference, 0), LINE);
    const density = model.logProb(x, contextsOf(LINE)).map(Math.exp);
    return densityPlot1d({ x, density, xLabel: names[0] as string, yLabel: "density", ...look });
  }
  if (width === 2 && pair.length === 2) {
    const [first, second] = pair as [number, number];
    const [x, y] = [first, second].map((j) => axis(columnOf(reference, j), GRID)) as [Float64Array, Float64Array];
    const points = new Float64Array(2 * GRID * GRID);
    for (let i = 0; i < GRID * GRID; i++) {
      points[2 * i + first] = x[i % GRID] as number;
      points[2 * i + second] = y[Math.floor(i / GRID)] as number;
    }
    const logDensity = model.logProb(points, contextsOf(GRID * GRID));
    const shown = data && { x: columnOf(data, first), y: columnOf(data, second), name: "rows" };
    const labels = { xLabel: names[first] as string, yLabel: names[second] as string };
    return contourPlot({ x, y, logDensity, ...labels, ...(shown && { points: shown }), ...look });
  }
  const setOf = (name: string, rows: Float64Array) => ({ name, values: pair.map((j) => columnOf(rows, j)) });
  const sets = [...(samples ? [setOf("samples", samples)] : []), ...(data ? [setOf("rows", data)] : [])];
  const limits = pair.map((j) => rangeOf(columnOf(reference, j)));
  return pairPlot({ columns: pair.map((j) => names[j] as string), sets, limits, ...look });
}

/** Equally spaced values over the bulk of some numbers. */
function axis(values: Float64Array, count: number): Float64Array {
  const [low, high] = rangeOf(values);
  return Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** The interval of the central 99.6 % of some numbers, with a margin. */
function rangeOf(values: Float64Array): readonly [number, number] {
  const sorted = values.filter(Number.isFinite).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(0.002), at(0.998)];
  const margin = high > low ? 0.05 * (high - low) : Math.max(1, 1e-6 * Math.abs(low));
  return [low - margin, high + margin];
}
