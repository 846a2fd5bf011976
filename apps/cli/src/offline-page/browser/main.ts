import { contourPlot, densityPlot1d, pairPlot } from "@pushforward/plots";
import { type CompiledModel, openCompiled } from "@pushforward/runtime";
import { decodePlanFile, type Scales } from "@pushforward/runtime/file";
import { moduleEngine } from "@pushforward/runtime/wasm";
import {
  contextVector,
  layoutKinds,
  layoutNames,
  type RowLayout,
  sampleColumns,
  tableRows,
} from "@pushforward/tables/extend";
import { createKey, formatCsv, type NumberColumn, ndArray, parseCsv, type Table } from "pushforward";
import { pageParts } from "../page-facts.ts";
import { messageOf, pageElement, saveText, showTable } from "./elements.ts";

// The program of the offline page.

function main(): void {
  const { facts, model: bytes, kernels } = pageParts();
  const say = (text: string): void => {
    pageElement("status").textContent = text;
  };
  const model = openCompiled(bytes, { engine: moduleEngine(new WebAssembly.Module(kernels)) });
  const layout = facts.layout as RowLayout;
  const context = contextFields(layout, decodePlanFile(bytes).contextScales);
  const contextsOf = (rows: number): Float64Array | undefined => {
    if (model.contextSize === 0) return undefined;
    const one = context();
    return Float64Array.from({ length: rows * one.length }, (_, i) => one[i % one.length] as number);
  };
  const draw = pictureSection(model, layout, contextsOf);
  scoreSection(model, layout, say, draw);
  sampleSection(model, layout, say, contextsOf);
  if (layout.context.length > 0) pageElement("context").addEventListener("change", () => draw());
  draw();
  say("Ready.");
  document.body.dataset["ready"] = "true";
}

/** Standard deviations of a context column from its mean to an end of its slider. */
const SLIDER = 3;

/**
 * Adds fields for the context columns; returns a function that reads the fields as a context. Numbers start at their mean
 * in the training rows, which the standardization of the context knows.
 */
function contextFields(layout: RowLayout, scales: Scales | undefined): () => Float64Array {
  let at = 0;
  const fields = layout.context.map((column, i) => {
    const label = document.createElement("label");
    const field = document.createElement(column.kind === "number" ? "input" : "select");
    field.id = `context-${i}`;
    label.htmlFor = field.id;
    label.textContent = column.name;
    pageElement("context").append(label, field);
    if (column.kind === "category") {
      for (const [k, category] of column.categories.entries()) field.append(new Option(category, String(k)));
      at += column.categories.length;
    } else {
      const [mean = 0, sd = 0] = [scales?.mean[at], scales?.sd[at]];
      (field as HTMLInputElement).type = "number";
      (field as HTMLInputElement).step = "any";
      field.value = String(Number(mean.toPrecision(5)));
      if (sd > 0) pageElement("context").append(contextSlider(field as HTMLInputElement, column.name, mean, sd));
      at++;
    }
    return field;
  });
  return () =>
    contextVector(
      layout,
      fields.map(({ value }) => Number(value)),
    );
}

/** A slider that moves with a field of a number. */
function contextSlider(field: HTMLInputElement, name: string, mean: number, sd: number): HTMLInputElement {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.setAttribute("aria-label", `${name}, slider`);
  // A number of few digits at each place.
  const unit = 10 ** Math.floor(Math.log10(sd) - 1);
  slider.min = String(mean - SLIDER * sd);
  slider.max = String(mean + SLIDER * sd);
  slider.step = "any";
  slider.value = field.value;
  slider.addEventListener("input", () => {
    field.value = String(Number((Math.round(slider.valueAsNumber / unit) * unit).toPrecision(12)));
  });
  field.addEventListener("change", () => {
    slider.value = field.value;
  });
  return slider;
}

const SAMPLES = 2000;
const GRID = 120;
const LINE = 400;

/**
 * Draws the density of one or two columns, and pairs of more columns; returns a function that redraws, optionally with
 * rows.
 */
function pictureSection(
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
  let pointAt: Picture["pointAt"];
  const draw = (): void => {
    const theme = dark.matches ? "dark" : "light";
    const pair = [...new Set([Number(across.value), Number(up.value)])];
    const picture = pageElement("picture");
    const drawn = pictureOf(model, columns, pair, theme, contextsOf, data);
    // The pictures escape the names that stand in them.
    picture.innerHTML = drawn.svg;
    pointAt = drawn.pointAt;
    pageElement("reading").textContent = pointAt ? "Tap the picture to read a density." : "";
    picture.setAttribute("aria-label", `Density of ${pair.map((j) => columns[j]).join(" and ")}`);
  };
  for (const select of [across, up]) select.addEventListener("change", draw);
  dark.addEventListener("change", draw);
  pageElement("picture").addEventListener("click", (event) => {
    const place = pointAt && placeInPanel(event);
    if (place === undefined) return;
    const point = (pointAt as NonNullable<typeof pointAt>)(...place);
    const [logDensity] = model.logProb(point, contextsOf(1)) as Float64Array & [number];
    const cells = columns.map((name, j) => `${name} = ${Number((point[j] as number).toPrecision(4))}`).join(", ");
    pageElement("reading").textContent =
      `${cells}: log-density ${logDensity.toFixed(4)} nats, density ${Number(Math.exp(logDensity).toPrecision(4))}.`;
  });
  return (rows) => {
    data = rows ?? data;
    draw();
  };
}

/** A picture, and the point of the density at a place of its panel, from 0 to 1 to the right and up. */
interface Picture {
  readonly svg: string;
  readonly pointAt?: (across: number, up: number) => Float64Array;
}

/** Where a click is in the panel of the picture, from 0 to 1 to the right and up; undefined outside of it. */
function placeInPanel({ clientX, clientY }: MouseEvent): readonly [across: number, up: number] | undefined {
  // Plots draw their data in a nested picture.
  const panel = document.querySelector<SVGSVGElement>("#picture svg svg");
  const matrix = panel?.getScreenCTM()?.inverse();
  if (!panel || !matrix) return undefined;
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix);
  const across = x / panel.width.baseVal.value;
  const up = 1 - y / panel.height.baseVal.value;
  return across >= 0 && across <= 1 && up >= 0 && up <= 1 ? [across, up] : undefined;
}

function pictureOf(
  model: CompiledModel,
  names: readonly string[],
  pair: readonly number[],
  theme: "light" | "dark",
  contextsOf: (rows: number) => Float64Array | undefined,
  data: Float64Array | undefined,
): Picture {
  const width = names.length;
  const columnOf = (rows: Float64Array, j: number): Float64Array =>
    Float64Array.from({ length: rows.length / width }, (_, i) => rows[i * width + j] as number);
  const samples = model.canSample ? model.sample(createKey("picture"), SAMPLES, contextsOf(SAMPLES)) : undefined;
  const reference = data ?? samples;
  if (reference === undefined) return { svg: "<p>Score some rows to see where the density is drawn.</p>" };
  const look = { theme, transparent: true, width: 640 };
  if (width === 1) {
    const x = axis(columnOf(reference, 0), LINE);
    const density = model.logProb(x, contextsOf(LINE)).map(Math.exp);
    const svg = densityPlot1d({ x, density, xLabel: names[0] as string, yLabel: "density", ...look });
    return { svg, pointAt: (across) => Float64Array.of(between(x, across)) };
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
    const svg = contourPlot({ x, y, logDensity, ...labels, ...(shown && { points: shown }), ...look });
    const pointAt = (across: number, up: number): Float64Array => {
      const point = new Float64Array(2);
      [point[first], point[second]] = [between(x, across), between(y, up)];
      return point;
    };
    return { svg, pointAt };
  }
  const setOf = (name: string, rows: Float64Array) => ({ name, values: pair.map((j) => columnOf(rows, j)) });
  const sets = [...(samples ? [setOf("samples", samples)] : []), ...(data ? [setOf("rows", data)] : [])];
  const limits = pair.map((j) => rangeOf(columnOf(reference, j)));
  return { svg: pairPlot({ columns: pair.map((j) => names[j] as string), sets, limits, ...look }) };
}

/** The number at a share of the way along an axis. */
function between(values: Float64Array, share: number): number {
  const [low, high] = [values[0] as number, values.at(-1) as number];
  return low + (high - low) * share;
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

/** Draws samples: the same as `pushforward sample` for the same seed. */
function sampleSection(
  model: CompiledModel,
  layout: RowLayout,
  say: (text: string) => void,
  contextsOf: (rows: number) => Float64Array | undefined,
): void {
  const save = pageElement<HTMLButtonElement>("save-samples");
  const [count, seed] = ["count", "seed"].map((id) => pageElement<HTMLInputElement>(id)) as [
    HTMLInputElement,
    HTMLInputElement,
  ];
  const draw = pageElement<HTMLButtonElement>("draw");
  let drawn: Table | undefined;
  if (!model.canSample) {
    draw.disabled = true;
    pageElement("samples").textContent = "Sampling from this model needs pushforward.";
    return;
  }
  draw.addEventListener("click", () => {
    if (!count.reportValidity() || !seed.reportValidity()) return;
    const rows = count.valueAsNumber;
    const samples = model.sample(createKey(seed.valueAsNumber).fold(0), rows, contextsOf(rows));
    drawn = { rows, columns: sampleColumns(layout, ndArray([rows, model.features], samples)) };
    showTable(pageElement("samples"), drawn);
    save.disabled = false;
    say(`${rows.toLocaleString("en")} samples drawn.`);
  });
  save.addEventListener("click", () => drawn && saveText("samples.csv", formatCsv(drawn)));
}

/** Scores rows that are typed, chosen as a file or dropped; passes their numbers to `onRows`. */
function scoreSection(
  model: CompiledModel,
  layout: RowLayout,
  say: (text: string) => void,
  onRows: (x: Float64Array) => void,
): void {
  const text = pageElement<HTMLTextAreaElement>("rows");
  const save = pageElement<HTMLButtonElement>("save-scores");
  let scored: Table | undefined;
  const score = (source: string | Uint8Array): void => {
    try {
      const table = parseCsv(source, { columns: layoutNames(layout), kinds: layoutKinds(layout) });
      const { x, context } = tableRows(table, layout, "the rows");
      const values = model.logProb(x.data, context?.data);
      const density: NumberColumn = { name: "log_density", kind: "number", values };
      scored = { rows: table.rows, columns: [density, ...table.columns] };
      showTable(pageElement("scores"), scored);
      save.disabled = false;
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      say(`${table.rows.toLocaleString("en")} rows scored; mean log-density ${mean.toFixed(4)} nats per row.`);
      onRows(x.data as Float64Array);
    } catch (error) {
      say(messageOf(error));
    }
  };
  const scoreFile = async (file: File | null | undefined): Promise<void> => {
    if (file) score(new Uint8Array(await file.arrayBuffer()));
  };
  text.placeholder = `${layoutNames(layout).join(",")}\n`;
  pageElement("score").addEventListener("click", () => score(text.value));
  const chosen = pageElement<HTMLInputElement>("rows-file");
  chosen.addEventListener("change", () => void scoreFile(chosen.files?.[0]));
  save.addEventListener("click", () => scored && saveText("scores.csv", formatCsv(scored)));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void scoreFile(event.dataTransfer?.files[0]);
  });
}

try {
  main();
} catch (error) {
  pageElement("status").textContent = String(error);
}
