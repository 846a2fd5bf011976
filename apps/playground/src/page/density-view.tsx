import { useSignalEffect } from "@preact/signals";
import type { RowLayout } from "@pushforward/tables/extend";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { DataInfo, DensityFrame, Probed } from "../shared/protocol.ts";
import { DRAWING, type Range, roundPoint } from "../shared/settings.ts";
import { addPoints } from "./changes.ts";
import { DataSelect } from "./data-panel.tsx";
import { drawDensity, layers, plotArea, pointer, probed } from "./density-picture.ts";
import { probe } from "./keep.ts";
import { ColorBar, TimeSlider, useDrawing } from "./plots/color-bar.tsx";
import { shortNumber } from "./plots/plot-area.ts";
import { context, data, density, intro, model, moment, pair, settings } from "./state.ts";

const NAMES: Readonly<Record<keyof typeof layers, string>> = {
  density: "Density",
  contours: "Contours",
  data: "Data",
  samples: "Samples",
};

/** The density of the model, with the data and samples. */
export function DensityView(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(canvas, drawDensity);
  const isDrawn = settings.value.data === "drawn";
  const layout = data.value?.layout;
  return (
    <section class="card density" aria-labelledby="density-title">
      <div class="card-head">
        <h2 id="density-title">{titleOf(layout, model.value?.file)}</h2>
        <DataSelect />
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
      {layout !== undefined && layout.columns.length > 2 && <PairChoice layout={layout} />}
      <div class="picture">
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, and says which in its label
          tabIndex={0}
          role="application"
          aria-roledescription="plot"
          aria-label={labelOf(layout, isDrawn)}
          class={isDrawn ? "plot drawing" : "plot"}
          onPointerDown={(event) => {
            // A tap has no moves.
            pointTo(areaPlace(event));
            if (isDrawn) startDrawing(event);
          }}
          onPointerMove={(event) => {
            pointTo(areaPlace(event));
            if (isDrawn && event.buttons === 1) drawAt(event);
          }}
          onPointerLeave={(event) => {
            // What a finger has read stays when it is lifted.
            if (event.pointerType !== "touch") pointTo(undefined);
          }}
          onKeyDown={moveByKey}
          onBlur={() => pointTo(undefined)}
        >
          <canvas ref={canvas} />
        </div>
        {isDrawn && data.value === undefined && <p class="over">{drawHint()}</p>}
        {settings.value.data === "file" && data.value === undefined && (
          <div class="over">
            <p>Drop a CSV file anywhere on the page, or</p>
            <button type="button" onClick={() => document.getElementById("data-file")?.click()}>
              Choose a file
            </button>
          </div>
        )}
      </div>
      <TimeSlider />
      <ColorBar />
      <Readout />
      {layout !== undefined && layout.context.length > 0 && <ContextControls />}
    </section>
  );
}

function drawHint(): string {
  const count = settings.value.points.length / 2;
  return count === 0 ? "Draw here." : "Draw a few more points.";
}

function titleOf(layout: RowLayout | undefined, file: string | undefined): string {
  const columns = layout?.columns ?? [];
  const title =
    columns.length === 1 ? `Density of ${columns[0]}` : columns.length > 2 ? "Density of two columns" : "Density";
  return file === undefined ? title : `${title}: ${file}`;
}

function labelOf(layout: RowLayout | undefined, isDrawn: boolean): string {
  const names = layout === undefined ? "" : ` of ${layout.columns.join(", ")}`;
  const keys = isDrawn
    ? "Arrow keys move a cross, space draws points there."
    : "Arrow keys move a cross that reads the density.";
  return `Density of the model${names}. ${keys}`;
}

function PairChoice({ layout }: { readonly layout: RowLayout }): JSX.Element {
  const [across, up] = pair.value;
  const choose = (next: readonly [number, number]): void => {
    pair.value = next[0] === next[1] ? [next[1] === across ? up : across, next[1]] : next;
  };
  const options = layout.columns.map((name, j) => (
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
      <p class="hint">Estimated from samples: the density of two of several columns has no formula.</p>
    </div>
  );
}

/** Sliders and lists for the context of a conditional flow. */
function ContextControls(): JSX.Element {
  const { layout, contextRanges } = data.value as DataInfo;
  const change = (k: number, value: number): void => {
    context.value = context.value.map((old, i) => (i === k ? value : old));
  };
  return (
    <div class="context">
      {layout.context.map((column, k) => {
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
            <output for={`context-${k}`}>{shortNumber(value)}</output>
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

/** Density at the pointer. */
function Readout(): JSX.Element {
  const place = pointer.value;
  const layout = data.value?.layout;
  const known = probed.value?.logDensity;
  const base = baseText(probed.value?.places ?? []);
  // A new picture has another density at the same place.
  useSignalEffect(() => {
    density.value;
    pointTo(pointer.peek());
  });
  if (intro.value !== undefined) return <p class="readout">Example: a trained flow, layer by layer.</p>;
  if (place === undefined || layout === undefined || density.value === undefined) {
    return (
      <p class="readout">
        {density.value === undefined ? " " : "Point at the picture, or tap it, to read the density."}
      </p>
    );
  }
  const [across, up] = density.value.view.pair;
  const names = layout.columns.length === 1 ? [layout.columns[0]] : [layout.columns[across], layout.columns[up]];
  return (
    <p class="readout" aria-live="polite">
      {names.map((name, k) => (
        <span key={name}>
          {name} <b>{shortNumber(place[k] as number)}</b>
        </span>
      ))}
      {known !== undefined && (
        <>
          <span>
            log p <b data-figure="probe">{Number.isFinite(known) ? known.toFixed(3).replace("-", "−") : "−∞"}</b>
          </span>
          <span>
            p <b>{shortNumber(Math.exp(known))}</b>
          </span>
          {base !== undefined && (
            <span>
              base <b data-figure="base">{base}</b>
            </span>
          )}
        </>
      )}
    </p>
  );
}

/** The place of a row in the base; undefined without layers. */
function baseText(places: Probed["places"]): string | undefined {
  const [base] = places;
  if (base === undefined || places.length < 2) return undefined;
  const shown = data.value?.layout.columns.length === 1 ? [base[0]] : base;
  return shown.map((value) => value.toFixed(2).replace("-", "−")).join(", ");
}

let isAsking = false;

/** Moves the cross and requests the density there. Only one request is open at a time. */
function pointTo(place: readonly [number, number] | undefined): void {
  pointer.value = place;
  if (place === undefined || isAsking) return;
  isAsking = true;
  void (async () => {
    const frame = density.value;
    // The painter has only the last weights.
    const isExact = frame?.marginal !== true && moment.value === undefined;
    const exact = isExact ? await probe(place[0], place[1]) : undefined;
    probed.value = exact ?? (frame && { logDensity: nearest(frame, place), places: [] });
    isAsking = false;
    const now = pointer.value;
    if (now !== undefined && now !== place) pointTo(now);
  })();
}

/** The value of the cell of a grid. */
function nearest({ view: { x, y }, size, logDensity, pixels }: DensityFrame, place: readonly [number, number]): number {
  const cell = (value: number, [low, high]: Range): number =>
    Math.min(size - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * size)));
  const row = pixels === undefined ? 0 : cell(place[1], y);
  return logDensity[row * size + cell(place[0], x)] as number;
}

function areaPlace(event: PointerEvent): readonly [number, number] | undefined {
  return plotArea()?.at(event.offsetX, event.offsetY);
}

function moveByKey(event: KeyboardEvent): void {
  const area = plotArea();
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

/** Number of points per touch of the brush, and its width. */
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
