import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { TableSchema } from "pushforward";
import type { DataInfo, DensityFrame, Range, View } from "../shared/protocol.ts";
import { DRAWING, roundPoint } from "../shared/settings.ts";
import { dots, inksOf, PlotArea, prepareCanvas } from "./plot-area.ts";
import { addPoints, context, data, density, pair, probe, settings, view } from "./session.ts";
import { theme } from "./theme.ts";
import { useDrawing } from "./use-drawing.ts";

const MARGIN = { left: 46, right: 10, top: 10, bottom: 30 };

const layers = {
  density: signal(true),
  contours: signal(true),
  data: signal(true),
  samples: signal(false),
};

const NAMES: Readonly<Record<keyof typeof layers, string>> = {
  density: "Density",
  contours: "Contours",
  data: "Data",
  samples: "Samples",
};

/** Where the visitor points, in the units of the data. */
const pointer = signal<readonly [number, number] | undefined>(undefined);
let area: PlotArea | undefined;

/** The density of the model, with the data and draws. */
export function DensityView(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(canvas, drawDensity);
  const isDrawn = settings.value.data === "drawn";
  const schema = data.value?.schema;
  return (
    <section class="card density" aria-labelledby="density-title">
      <div class="card-head">
        <h2 id="density-title">{titleOf(schema)}</h2>
        <fieldset class="layers">
          <legend class="unseen">What the picture shows</legend>
          {(Object.keys(layers) as (keyof typeof layers)[]).map((name) => (
            <label key={name} class={`chip ${name}`}>
              <input
                type="checkbox"
                checked={layers[name].value}
                onChange={(event) => {
                  layers[name].value = event.currentTarget.checked;
                }}
              />
              <span>{NAMES[name]}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {schema !== undefined && schema.columns.length > 2 && <PairChoice schema={schema} />}
      <div class="picture">
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, and says which in its label
          tabIndex={0}
          role="application"
          aria-roledescription="plot"
          aria-label={labelOf(schema, isDrawn)}
          class={isDrawn ? "plot drawing" : "plot"}
          onPointerDown={isDrawn ? startDrawing : undefined}
          onPointerMove={(event) => {
            pointTo(areaPlace(event));
            if (isDrawn && event.buttons === 1) drawAt(event);
          }}
          onPointerLeave={() => pointTo(undefined)}
          onKeyDown={moveByKey}
          onBlur={() => pointTo(undefined)}
        >
          <canvas ref={canvas} />
        </div>
        {isDrawn && data.value === undefined && <p class="over">{drawHint()}</p>}
        {settings.value.data === "file" && data.value === undefined && (
          <p class="over">Drop a CSV file anywhere on the page.</p>
        )}
      </div>
      <Readout />
      {schema !== undefined && schema.context.length > 0 && <ContextControls />}
    </section>
  );
}

function drawHint(): string {
  const count = settings.value.points.length / 2;
  return count === 0 ? "Draw here." : "Draw a few more points.";
}

function titleOf(schema: TableSchema | undefined): string {
  if (schema === undefined) return "Density";
  const { columns } = schema;
  if (columns.length === 1) return `Density of ${columns[0]}`;
  return columns.length === 2 ? "Density" : "Density of two columns";
}

function labelOf(schema: TableSchema | undefined, isDrawn: boolean): string {
  const names = schema === undefined ? "" : ` of ${schema.columns.join(", ")}`;
  const keys = isDrawn
    ? "Arrow keys move a cross, space draws points there."
    : "Arrow keys move a cross that reads the density.";
  return `Density of the model${names}. ${keys}`;
}

function PairChoice({ schema }: { readonly schema: TableSchema }): JSX.Element {
  const [across, up] = pair.value;
  const choose = (next: readonly [number, number]): void => {
    pair.value = next[0] === next[1] ? [next[1] === across ? up : across, next[1]] : next;
  };
  const options = schema.columns.map((name, j) => (
    <option key={name} value={j}>
      {name}
    </option>
  ));
  return (
    <div class="pair">
      <label>
        <span>across</span>
        <select value={across} onChange={(event) => choose([Number(event.currentTarget.value), up])}>
          {options}
        </select>
      </label>
      <label>
        <span>up</span>
        <select
          value={up}
          onChange={(event) => {
            const next = Number(event.currentTarget.value);
            pair.value = next === across ? [up, next] : [across, next];
          }}
        >
          {options}
        </select>
      </label>
      <p class="hint">Counted from draws: two of several columns have no formula.</p>
    </div>
  );
}

/** Sliders and lists for the context of a conditional flow. */
function ContextControls(): JSX.Element {
  const { schema, contextRanges } = data.value as DataInfo;
  const change = (k: number, value: number): void => {
    context.value = context.value.map((old, i) => (i === k ? value : old));
  };
  return (
    <div class="context">
      {schema.context.map((column, k) => {
        const value = context.value[k] ?? 0;
        if (column.kind === "category") {
          return (
            <fieldset key={column.name} class="classes">
              <legend>given {column.name}</legend>
              {column.categories.map((category, code) => (
                <label key={category} class="chip">
                  <input type="radio" name={`context-${k}`} checked={value === code} onChange={() => change(k, code)} />
                  <span>{category}</span>
                </label>
              ))}
            </fieldset>
          );
        }
        const [low, high] = contextRanges[k] as Range;
        return (
          <div key={column.name} class="slider">
            <label for={`context-${k}`}>given {column.name}</label>
            <output for={`context-${k}`}>{short(value)}</output>
            <input
              id={`context-${k}`}
              type="range"
              min={low}
              max={high}
              step={(high - low) / 200}
              value={value}
              onInput={(event) => change(k, Number(event.currentTarget.value))}
            />
          </div>
        );
      })}
    </div>
  );
}

/** What the density is where the visitor points. */
function Readout(): JSX.Element {
  const value = useSignal<number | undefined>(undefined);
  const place = pointer.value;
  const schema = data.value?.schema;
  probed = value;
  const known = value.value;
  if (place === undefined || schema === undefined || density.value === undefined) {
    return <p class="readout">{density.value === undefined ? " " : "Point at the picture to read the density."}</p>;
  }
  const [across, up] = density.value.view.pair;
  const names = schema.columns.length === 1 ? [schema.columns[0]] : [schema.columns[across], schema.columns[up]];
  return (
    <p class="readout" aria-live="polite">
      {names.map((name, k) => (
        <span key={name}>
          {name} <b>{short(place[k] as number)}</b>
        </span>
      ))}
      {known !== undefined && (
        <>
          <span>
            log p <b data-figure="probe">{Number.isFinite(known) ? known.toFixed(3).replace("-", "−") : "−∞"}</b>
          </span>
          <span>
            p <b>{short(Math.exp(known))}</b>
          </span>
        </>
      )}
    </p>
  );
}

let probed: { value: number | undefined } | undefined;
let isAsking = false;

/** Moves the cross and asks what is there; while an answer is on its way nothing else is asked. */
function pointTo(place: readonly [number, number] | undefined): void {
  pointer.value = place;
  if (place === undefined || isAsking) return;
  isAsking = true;
  void (async () => {
    const frame = density.value;
    const exact = frame?.marginal ? undefined : await probe(place[0], place[1]);
    const value = exact ?? (frame && nearest(frame, place));
    if (probed !== undefined) probed.value = value;
    isAsking = false;
    const now = pointer.value;
    if (now !== undefined && now !== place) pointTo(now);
  })();
}

/** The value of the cell of a grid. */
function nearest(
  { view: { x, y }, size, logDensity }: DensityFrame,
  place: readonly [number, number],
): number | undefined {
  const cell = (value: number, [low, high]: Range): number =>
    Math.min(size - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * size)));
  return logDensity[cell(place[1], y) * size + cell(place[0], x)];
}

function areaPlace(event: PointerEvent): readonly [number, number] | undefined {
  return area?.at(event.offsetX, event.offsetY);
}

function moveByKey(event: KeyboardEvent): void {
  if (area === undefined) return;
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  };
  const { x, y } = area;
  const middle = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2] as const;
  const step = steps[event.key];
  if (step !== undefined) {
    event.preventDefault();
    const [a, b] = pointer.value ?? middle;
    const far = event.shiftKey ? 0.1 : 0.02;
    const within = (value: number, [low, high]: Range): number => Math.min(high, Math.max(low, value));
    pointTo([within(a + step[0] * far * (x[1] - x[0]), x), within(b + step[1] * far * (y[1] - y[0]), y)]);
  } else if (event.key === " " && settings.value.data === "drawn") {
    event.preventDefault();
    spray(pointer.value ?? middle);
  } else if (event.key === "Escape") pointTo(undefined);
}

function startDrawing(event: PointerEvent): void {
  if (event.button !== 0) return;
  (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  drawAt(event);
}

let lastDrawn: readonly [number, number] = [Number.NaN, Number.NaN];

function drawAt(event: PointerEvent): void {
  const far = Math.hypot(event.offsetX - lastDrawn[0], event.offsetY - lastDrawn[1]);
  if (event.type !== "pointerdown" && far < 7) return;
  lastDrawn = [event.offsetX, event.offsetY];
  const place = areaPlace(event);
  if (place !== undefined) spray(place);
}

/** Points of one touch of the brush, and its width. */
const BRISTLES = 4;
const BRUSH = 0.16;
let touches = 0;

/** Points around a place, spread by the golden angle. */
function spray([x, y]: readonly [number, number]): void {
  const points: number[] = [];
  for (let k = 0; k < BRISTLES; k++) {
    const n = touches * BRISTLES + k;
    const angle = n * 2.399963;
    const radius = BRUSH * Math.sqrt(((n * 0.618034) % 1) + 0.02);
    points.push(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  touches++;
  addPoints(points.map((value) => roundPoint(Math.min(DRAWING, Math.max(-DRAWING, value)))));
}

let bitmap: HTMLCanvasElement | undefined;

function drawDensity(canvas: HTMLCanvasElement): void {
  const { g, width, height } = prepareCanvas(canvas);
  // Read, so that other colours draw anew.
  theme.value;
  const inks = inksOf(canvas);
  const frame = density.value;
  const info = data.value;
  const isDrawn = settings.value.data === "drawn";
  const shown = frame?.view ?? view.value ?? (isDrawn ? DRAWING_VIEW : undefined);
  const isCurve = info?.schema.columns.length === 1;
  // Densities have longer names than places.
  const left = isCurve ? MARGIN.left + 18 : MARGIN.left;
  const place = {
    left,
    top: MARGIN.top,
    width: width - left - MARGIN.right,
    height: height - MARGIN.top - MARGIN.bottom,
  };
  if (shown === undefined) {
    g.strokeStyle = inks.line;
    g.strokeRect(place.left + 0.5, place.top + 0.5, place.width - 1, place.height - 1);
    area = undefined;
    return;
  }
  area = new PlotArea(place, shown.x, isCurve ? curveRange(frame, info) : shown.y);
  g.save();
  g.beginPath();
  g.rect(place.left, place.top, place.width, place.height);
  g.clip();
  if (isCurve) drawCurve(g, area, frame, info, inks);
  else {
    if (frame?.pixels !== undefined && layers.density.value) drawPixels(g, area, frame);
    if (frame !== undefined && layers.contours.value) drawContours(g, area, frame, inks.ink);
    if (info !== undefined && layers.data.value) drawData(g, area, info, shown, inks.ink);
    if (isDrawn && info === undefined) drawPoints(g, area, settings.value.points, inks.ink);
    if (frame !== undefined && layers.samples.value) {
      g.fillStyle = inks.warm;
      g.globalAlpha = 0.75;
      drawPoints(g, area, frame.samples, inks.warm);
      g.globalAlpha = 1;
    }
  }
  const cross = pointer.value;
  if (cross !== undefined) {
    g.strokeStyle = inks.ink;
    g.globalAlpha = 0.45;
    g.setLineDash([3, 4]);
    g.beginPath();
    const [px, py] = [Math.round(area.px(cross[0])) + 0.5, Math.round(area.py(cross[1])) + 0.5];
    g.moveTo(px, place.top);
    g.lineTo(px, place.top + place.height);
    if (!isCurve) {
      g.moveTo(place.left, py);
      g.lineTo(place.left + place.width, py);
    }
    g.stroke();
  }
  g.restore();
  const columns = info?.schema.columns ?? ["x", "y"];
  const [across, up] = shown.pair;
  area.axes(g, inks, columns[across] ?? "", isCurve ? "density" : (columns[up] ?? ""));
}

const DRAWING_VIEW: View = {
  pair: [0, 1],
  x: [-DRAWING, DRAWING],
  y: [-DRAWING, DRAWING],
  context: [],
  theme: "light",
};

function drawPixels(g: CanvasRenderingContext2D, to: PlotArea, { pixels, size }: DensityFrame): void {
  bitmap ??= document.createElement("canvas");
  if (bitmap.width !== size) bitmap.width = bitmap.height = size;
  bitmap.getContext("2d")?.putImageData(new ImageData(pixels as Uint8ClampedArray<ArrayBuffer>, size, size), 0, 0);
  g.imageSmoothingEnabled = true;
  g.imageSmoothingQuality = "high";
  g.drawImage(bitmap, to.left, to.top, to.width, to.height);
}

function drawContours(g: CanvasRenderingContext2D, to: PlotArea, { contours }: DensityFrame, ink: string): void {
  g.strokeStyle = ink;
  g.lineWidth = 1;
  for (const { mass, rings } of contours) {
    g.globalAlpha = 0.2 + 0.3 * (1 - mass);
    g.beginPath();
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        const [px, py] = [to.px(ring[i] as number), to.py(ring[i + 1] as number)];
        if (i === 0) g.moveTo(px, py);
        else g.lineTo(px, py);
      }
      g.closePath();
    }
    g.stroke();
  }
  g.globalAlpha = 1;
}

/** The data; of a conditional flow, those whose context is near the one that is chosen stand out. */
function drawData(g: CanvasRenderingContext2D, to: PlotArea, info: DataInfo, shown: View, ink: string): void {
  const [x, y] = [info.points[shown.pair[0]], info.points[shown.pair[1]]];
  if (x === undefined || y === undefined) return;
  g.fillStyle = ink;
  const size = x.length > 1200 ? 1.7 : x.length > 400 ? 2.2 : 3;
  const near: number[] = [];
  const far: number[] = [];
  for (let i = 0; i < x.length; i++) {
    (isNear(info, shown.context, i) ? near : far).push(to.px(x[i] as number), to.py(y[i] as number));
  }
  g.globalAlpha = 0.08;
  dots(g, far, size);
  g.globalAlpha = 0.42;
  dots(g, near, size);
  g.globalAlpha = 1;
}

function isNear({ schema, contexts, contextRanges }: DataInfo, given: readonly number[], i: number): boolean {
  return schema.context.every((column, k) => {
    const value = contexts[k]?.[i] as number;
    if (column.kind === "category") return value === given[k];
    const [low, high] = contextRanges[k] as Range;
    return Math.abs(value - (given[k] as number)) < 0.08 * (high - low);
  });
}

function drawPoints(g: CanvasRenderingContext2D, to: PlotArea, points: ArrayLike<number>, ink: string): void {
  g.fillStyle = ink;
  const pixels = Float64Array.from(points, (value, i) => (i % 2 === 0 ? to.px(value) : to.py(value)));
  dots(g, pixels, points.length > 1600 ? 1.9 : 2.6);
}

const BARS = 48;

/** The heights of a histogram of a single column, as a density. */
function histogram(info: DataInfo, [low, high]: Range): Float64Array {
  const bars = new Float64Array(BARS);
  const values = info.points[0] ?? new Float64Array(0);
  for (const value of values) {
    const bar = Math.floor(((value - low) / (high - low)) * BARS);
    if (bar >= 0 && bar < BARS) bars[bar] = (bars[bar] as number) + BARS / ((high - low) * values.length);
  }
  return bars;
}

function curveRange(frame: DensityFrame | undefined, info: DataInfo | undefined): Range {
  let top = 0;
  for (const value of frame?.logDensity ?? []) if (Number.isFinite(value)) top = Math.max(top, Math.exp(value));
  if (info !== undefined && frame !== undefined) top = Math.max(top, ...histogram(info, frame.view.x));
  return [0, top > 0 ? 1.1 * top : 1];
}

function drawCurve(
  g: CanvasRenderingContext2D,
  to: PlotArea,
  frame: DensityFrame | undefined,
  info: DataInfo,
  inks: ReturnType<typeof inksOf>,
): void {
  if (frame === undefined) return;
  const { x } = frame.view;
  if (layers.data.value && info.points.length > 0) {
    g.fillStyle = inks.muted;
    g.globalAlpha = 0.25;
    const width = to.width / BARS;
    for (const [k, value] of histogram(info, x).entries()) {
      g.fillRect(to.left + k * width, to.py(value), width - 1, to.py(0) - to.py(value));
    }
    g.globalAlpha = 1;
  }
  const count = frame.logDensity.length;
  const at = (i: number): readonly [number, number] => [
    to.px(x[0] + ((i + 0.5) / count) * (x[1] - x[0])),
    to.py(Math.exp(frame.logDensity[i] as number)),
  ];
  g.beginPath();
  for (let i = 0; i < count; i++) g.lineTo(...at(i));
  g.strokeStyle = inks.accent;
  g.lineWidth = 2;
  if (layers.contours.value || layers.density.value) g.stroke();
  if (layers.density.value) {
    g.lineTo(to.px(x[1]), to.py(0));
    g.lineTo(to.px(x[0]), to.py(0));
    g.fillStyle = inks.accent;
    g.globalAlpha = 0.18;
    g.fill();
    g.globalAlpha = 1;
  }
  if (layers.samples.value) {
    g.fillStyle = inks.warm;
    for (let i = 0; i < frame.samples.length; i += 2)
      g.fillRect(to.px(frame.samples[i] as number), to.py(0) - 12, 1, 10);
  }
}

/** About four digits. */
function short(value: number): string {
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}
