import { contourPlot, densityPlot1d, pairPlot } from "@pushforward/plots";
import { type CompiledModel, openCompiled } from "@pushforward/runtime";
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
import { PARTS, type PageParts } from "../page-facts.ts";

// The program of the offline page.

function main(): void {
  const { facts, model: bytes, kernels } = (globalThis as unknown as Record<typeof PARTS, PageParts>)[PARTS];
  const say = (text: string): void => {
    pageElement("status").textContent = text;
  };
  const model = openCompiled(bytes, { engine: moduleEngine(new WebAssembly.Module(kernels)) });
  const { layout } = facts;
  const context = contextFields(layout);
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

/** Adds fields for the context columns; returns a function that reads the fields as a context. */
function contextFields(layout: RowLayout): () => Float64Array {
  const fields = layout.context.map((column, i) => {
    const label = document.createElement("label");
    const field = document.createElement(column.kind === "number" ? "input" : "select");
    field.id = `context-${i}`;
    label.htmlFor = field.id;
    label.textContent = column.name;
    if (column.kind === "category") {
      for (const [k, category] of column.categories.entries()) field.append(new Option(category, String(k)));
    } else {
      (field as HTMLInputElement).type = "number";
      (field as HTMLInputElement).step = "any";
      field.value = "0";
    }
    pageElement("context").append(label, field);
    return field;
  });
  return () =>
    contextVector(
      layout,
      fields.map(({ value }) => Number(value)),
    );
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
      say(error instanceof Error ? error.message : String(error));
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

/** An element of the page by its id. */
function pageElement<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`page: expected an element ${id}, got none.`);
  return element as E;
}

/** Offers a text as a download. */
function saveText(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const MOST_ROWS = 20;

/** Shows the first rows of a table; numbers to five digits. */
function showTable(into: HTMLElement, { rows, columns }: Table): void {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const { name } of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  for (let i = 0; i < Math.min(rows, MOST_ROWS); i++) {
    const row = body.insertRow();
    for (const { values } of columns) {
      const value = values[i];
      row.insertCell().textContent = typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value);
    }
  }
  into.replaceChildren(table);
  into.hidden = false;
}

try {
  main();
} catch (error) {
  pageElement("status").textContent = String(error);
}
