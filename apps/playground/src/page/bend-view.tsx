import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { bendWindow } from "../shared/bend-window.ts";
import { thinned } from "../shared/page-error.ts";
import type { BendFrame, DataInfo } from "../shared/protocol.ts";
import type { Range } from "../shared/settings.ts";
import { pointer, probed } from "./density-picture.ts";
import { baseMarks, shadeCells } from "./plots/base-marks.ts";
import { useDrawing } from "./plots/color-bar.tsx";
import { FONT, type Inks, inksOf, PlotArea, prepareCanvas } from "./plots/plot-area.ts";
import { bend, context, data, intro, layerPlace, view } from "./state.ts";
import { motion, theme } from "./theme.ts";

/** The layer that the slider is at; undefined without a choice. */
const layer = signal<number | undefined>(undefined);
const shownBend = computed(() => intro.value?.bend ?? bend.value);
const isPlaying = signal(false);
let layerCount = 0;

type Place = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

/** The grid of the base, bent layer by layer; of a mixture of flows, which has no layers of its own, a sentence. */
export function BendView(): JSX.Element {
  if (shownBend.value?.labels.length !== 0) return <BendPicture />;
  return (
    <section class="card bend" aria-labelledby="bend-title">
      <h2 id="bend-title">How space bends</h2>
      <p class="hint">
        This model is a mixture: its density is a weighted sum of the densities of its members, so no single map bends
        the grid.
      </p>
    </section>
  );
}

function BendPicture(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(canvas, drawBend);
  const frame = shownBend.value;
  const last = frame?.labels.length ?? 0;
  const at = Math.min(layer.value ?? ownLayer(frame), last);
  return (
    <section class="card bend" aria-labelledby="bend-title">
      <div class="card-head">
        <h2 id="bend-title">How space bends</h2>
        <button
          type="button"
          class="small"
          disabled={last === 0 || (isPlaying.value && intro.value === undefined)}
          onClick={() => void play(last)}
        >
          Play
        </button>
      </div>
      <div class="picture">
        <canvas ref={canvas} role="img" aria-label={`A grid in the base space, ${captionOf(frame, at)}`} />
      </div>
      <div class="slider">
        <label for="layer">{captionOf(frame, at)}</label>
        <output for="layer">
          {at} / {last}
        </output>
        <input
          id="layer"
          type="range"
          min={0}
          max={last}
          step={1}
          value={at}
          disabled={last === 0}
          aria-valuetext={captionOf(frame, at)}
          onInput={(event) => {
            isPlaying.value = false;
            moveTo(Number(event.currentTarget.value));
          }}
        />
      </div>
      <p class="hint">{noteOf(frame)}</p>
    </section>
  );
}

/** Explains the lines of the picture, and warns if the picture shows only a projection. */
function noteOf(frame: BendFrame | undefined): string {
  const features = frame?.features ?? 2;
  if (features === 1) return "The curve shows where each point of the base goes. It always rises.";
  if (features === 2) {
    return "Lines of one color never cross. Darker cells are squeezed. Marks point away from the center of the base, colored by direction.";
  }
  return `A projection: the map has ${features} columns, and the lines are those whose other columns are 0 in the base. In a projection lines of one color can cross.`;
}

function captionOf(frame: BendFrame | undefined, at: number): string {
  if (frame === undefined) return "Layer by layer";
  if (at === 0) return frame.features === 1 ? "Base: a standard normal" : "Base: the data, pulled back";
  const name = frame.labels[at - 1] as string;
  const same = frame.labels.slice(0, at).filter((label) => label === name).length;
  return at === frame.labels.length ? `After the last layer: the data` : `After ${name} ${same}`;
}

/** The layer without a choice of the visitor: the base, where the story begins, and the last layer once a flow learns. */
function ownLayer(frame: BendFrame | undefined): number {
  return frame === undefined || frame.step === 0 ? 0 : frame.labels.length;
}

let animation = 0;

/** Moves the picture to a layer. */
function moveTo(target: number, milliseconds = 350): void {
  layer.value = target;
  cancelAnimationFrame(animation);
  if (!motion) {
    layerPlace.value = target;
    return;
  }
  const from = layerPlace.value;
  const start = performance.now();
  const tick = (now: number): void => {
    const t = Math.min(1, (now - start) / milliseconds);
    // Slow at both ends.
    layerPlace.value = from + (target - from) * (t * t * (3 - 2 * t));
    if (t < 1) animation = requestAnimationFrame(tick);
  };
  animation = requestAnimationFrame(tick);
}

let plays = 0;

/**
 * Animates all layers, from the base to the data, where the picture then stays.
 *
 * @param pace how many times slower than on demand.
 */
export async function play(last: number, pace = 1): Promise<void> {
  const own = ++plays;
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, pace * milliseconds));
  isPlaying.value = true;
  moveTo(0, 200);
  await wait(650);
  for (let next = 1; next <= last && isPlaying.value && own === plays; next++) {
    moveTo(next, 700 * pace);
    await wait(850);
  }
  if (own === plays) isPlaying.value = false;
}

/** Ends the animation; the picture goes back to where it is without a choice. */
export function stopPlaying(): void {
  plays++;
  isPlaying.value = false;
  cancelAnimationFrame(animation);
  layer.value = undefined;
}

function drawBend(canvas: HTMLCanvasElement): void {
  const { g, width, height } = prepareCanvas(canvas);
  theme.value;
  const inks = inksOf(canvas);
  const frame = shownBend.value;
  const current = view.value;
  const place = { left: 0.5, top: 0.5, width: width - 1, height: height - 1 };
  g.strokeStyle = inks.line;
  g.strokeRect(place.left, place.top, place.width, place.height);
  if (frame === undefined || current === undefined) return;
  const last = frame.labels.length;
  if (last !== layerCount) {
    // Another flow: the slider is at its own place again.
    layerCount = last;
    queueMicrotask(() => {
      layer.value = undefined;
    });
  }
  const own = ownLayer(frame);
  const at = layer.value === undefined ? own : Math.min(layerPlace.value, last);
  if (layer.value === undefined && layerPlace.peek() !== own) queueMicrotask(() => (layerPlace.value = own));
  const k = Math.min(last, Math.floor(at));
  const part = at - k;
  if (frame.features === 1) {
    drawMap(g, place, frame, at, current.x, inks);
    return;
  }
  const area = new PlotArea(place, ...bendWindow(frame, current, at, last));
  g.save();
  g.beginPath();
  g.rect(place.left, place.top, place.width, place.height);
  g.clip();
  const now = (all: readonly Float32Array[]): Float32Array => between(all[k], all[k + 1], part);
  const [corners] = frame.mesh;
  if (corners !== undefined) shadeCells(g, area, corners, now(frame.mesh), inks.ink);
  drawGrid(g, area, frame, now(frame.lines), inks);
  drawRows(g, area, now(frame.points), frame.points[0] ?? new Float32Array(0));
  drawPointer(g, area, pointerAt(at), inks);
  if (at > 0) drawBase(g, place, inks);
  g.restore();
  g.strokeStyle = inks.line;
  g.strokeRect(place.left, place.top, place.width, place.height);
}

function drawGrid(
  g: CanvasRenderingContext2D,
  area: PlotArea,
  { starts, upright }: BendFrame,
  lines: Float32Array,
  inks: Inks,
): void {
  const count = starts.length - 1;
  g.lineJoin = "round";
  for (const isUpright of [false, true]) {
    g.strokeStyle = isUpright ? inks.accent : inks.cool;
    for (let line = isUpright ? 0 : upright; line < (isUpright ? upright : count); line++) {
      const isMiddle = line === (upright - 1) / 2 || line === upright + (upright - 1) / 2;
      g.lineWidth = isMiddle ? 1.9 : 1;
      g.globalAlpha = isMiddle ? 0.95 : 0.7;
      g.beginPath();
      let isDown = false;
      for (let i = starts[line] as number; i < (starts[line + 1] as number); i++) {
        const [x, y] = [lines[2 * i] as number, lines[2 * i + 1] as number];
        if (!(Math.abs(x) < 1e4 && Math.abs(y) < 1e4)) isDown = false;
        else if (isDown) g.lineTo(area.px(x), area.py(y));
        else {
          g.moveTo(area.px(x), area.py(y));
          isDown = true;
        }
      }
      g.stroke();
    }
  }
  g.globalAlpha = 1;
}

/** Draws the data between the layers. Rows of other classes are faint. */
function drawRows(g: CanvasRenderingContext2D, area: PlotArea, points: Float32Array, base: Float32Array): void {
  const info = data.value;
  const rows = info?.points[0] === undefined ? undefined : thinned(info.points[0].length, points.length / 2);
  const isNear = (i: number): boolean =>
    info === undefined || rows === undefined || isSameClass(info, rows[i >> 1] as number);
  for (const isChosen of [false, true]) {
    const pick = (values: Float32Array): Float32Array => values.filter((_, i) => isNear(i) === isChosen);
    g.globalAlpha = isChosen ? 0.85 : 0.15;
    for (const { color, path } of baseMarks(pick(points), pick(base), area, theme.value)) {
      g.strokeStyle = color;
      g.stroke(path);
    }
  }
  g.globalAlpha = 1;
}

function isSameClass({ layout, contexts }: DataInfo, row: number): boolean {
  return layout.context.every((column, k) => column.kind === "number" || contexts[k]?.[row] === context.value[k]);
}

/** Where the row that the visitor points at is in the picture; between two layers it is on its way. */
function pointerAt(at: number): readonly [number, number] | undefined {
  const places = pointer.value === undefined ? [] : (probed.value?.places ?? []);
  const k = Math.min(places.length - 1, Math.floor(at));
  const [from, to] = [places[k], places[k + 1] ?? places[k]];
  if (from === undefined || to === undefined) return undefined;
  return [from[0] + (at - k) * (to[0] - from[0]), from[1] + (at - k) * (to[1] - from[1])];
}

function drawPointer(
  g: CanvasRenderingContext2D,
  area: PlotArea,
  at: readonly [number, number] | undefined,
  inks: Inks,
): void {
  if (at === undefined) return;
  for (const [color, width] of [
    [inks.surface, 5],
    [inks.warm, 2.5],
  ] as const) {
    g.strokeStyle = color;
    g.lineWidth = width;
    g.beginPath();
    g.arc(area.px(at[0]), area.py(at[1]), 7, 0, 2 * Math.PI);
    g.stroke();
  }
  g.lineWidth = 1;
}

/** Side of the small picture of the base, and its distance from the edge. */
const [BASE, EDGE] = [96, 8];

/** A small picture of the base with the place of the pointer, where the layer shown is another one. */
function drawBase(g: CanvasRenderingContext2D, place: Place, inks: Inks): void {
  const at = pointerAt(0);
  if (at === undefined) return;
  const corner = { left: place.left + EDGE, top: place.top + place.height - BASE - EDGE, width: BASE, height: BASE };
  const area = new PlotArea(corner, [-3.3, 3.3], [-3.3, 3.3]);
  g.fillStyle = inks.surface;
  g.fillRect(corner.left, corner.top, BASE, BASE);
  g.strokeStyle = inks.muted;
  g.strokeRect(corner.left, corner.top, BASE, BASE);
  for (const radius of [1, 2, 3]) {
    g.beginPath();
    g.arc(area.px(0), area.py(0), area.px(radius) - area.px(0), 0, 2 * Math.PI);
    g.stroke();
  }
  g.font = FONT;
  g.fillStyle = inks.ink;
  g.textBaseline = "top";
  g.fillText("base", corner.left + 5, corner.top + 4);
  drawPointer(g, area, at, inks);
}

/** The curve x = T(u) of a single variable. */
function drawMap(g: CanvasRenderingContext2D, place: Place, frame: BendFrame, at: number, x: Range, inks: Inks): void {
  const k = Math.floor(at);
  const curve = between(frame.lines[k], frame.lines[k + 1], at - k);
  const y: Range = [(x[0] - frame.mean[0]) / frame.sd[0], (x[1] - frame.mean[0]) / frame.sd[0]];
  const area = new PlotArea(place, [-4, 4], [Math.min(-4, y[0]), Math.max(4, y[1])]);
  g.strokeStyle = inks.line;
  g.beginPath();
  g.moveTo(area.px(0), place.top);
  g.lineTo(area.px(0), place.top + place.height);
  g.moveTo(place.left, area.py(0));
  g.lineTo(place.left + place.width, area.py(0));
  g.stroke();
  g.strokeStyle = inks.accent;
  g.lineWidth = 2;
  g.beginPath();
  for (let i = 0; i < curve.length; i += 2) g.lineTo(area.px(curve[i] as number), area.py(curve[i + 1] as number));
  g.stroke();
  g.lineWidth = 1;
  drawPointer(g, area, pointerAt(at), inks);
}

/** Half-way between two layers things are half-way. */
function between(a: Float32Array | undefined, b: Float32Array | undefined, part: number): Float32Array {
  if (a === undefined) return new Float32Array(0);
  if (b === undefined || part === 0) return a;
  return a.map((value, i) => value + part * ((b[i] as number) - value));
}
