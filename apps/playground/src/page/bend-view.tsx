import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { bendWindow } from "../shared/bend-window.ts";
import { thinned } from "../shared/page-error.ts";
import type { BendFrame, DataInfo } from "../shared/protocol.ts";
import type { Range } from "../shared/settings.ts";
import { useDrawing } from "./plots/color-bar.tsx";
import { dots, inksOf, PlotArea, prepareCanvas } from "./plots/plot-area.ts";
import { bend, context, data, view } from "./state.ts";
import { motion, theme } from "./theme.ts";

/** The layer that the slider is at, and where the picture is on its way there. */
const layer = signal<number | undefined>(undefined);
const shown = signal(0);
const isPlaying = signal(false);
let layerCount = 0;

/** The grid of the base, bent layer by layer; of a mixture of flows, which has no layers of its own, a sentence. */
export function BendView(): JSX.Element {
  if (bend.value?.labels.length !== 0) return <BendPicture />;
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
  const frame = bend.value;
  const last = frame?.labels.length ?? 0;
  const at = Math.min(layer.value ?? last, last);
  return (
    <section class="card bend" aria-labelledby="bend-title">
      <div class="card-head">
        <h2 id="bend-title">How space bends</h2>
        <button type="button" class="small" disabled={last === 0 || isPlaying.value} onClick={() => play(last)}>
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
  if (features === 2) return "Lines of one color never cross, because every layer is invertible.";
  return `A projection: the map has ${features} columns, and the lines are those whose other columns are 0 in the base. In a projection lines of one color can cross.`;
}

function captionOf(frame: BendFrame | undefined, at: number): string {
  if (frame === undefined) return "Layer by layer";
  if (at === 0) return frame.features === 1 ? "Base: a standard normal" : "Base: the data look like a standard normal";
  const name = frame.labels[at - 1] as string;
  const same = frame.labels.slice(0, at).filter((label) => label === name).length;
  return at === frame.labels.length ? `After the last layer: the data` : `After ${name} ${same}`;
}

let animation = 0;

/** Moves the picture to a layer. */
function moveTo(target: number, milliseconds = 350): void {
  layer.value = target;
  cancelAnimationFrame(animation);
  if (!motion) {
    shown.value = target;
    return;
  }
  const from = shown.value;
  const start = performance.now();
  const tick = (now: number): void => {
    const t = Math.min(1, (now - start) / milliseconds);
    // Slow at both ends.
    shown.value = from + (target - from) * (t * t * (3 - 2 * t));
    if (t < 1) animation = requestAnimationFrame(tick);
  };
  animation = requestAnimationFrame(tick);
}

/** Animates all layers, from the base to the data. */
function play(last: number): void {
  isPlaying.value = true;
  moveTo(0, 200);
  let next = 0;
  const step = (): void => {
    if (!isPlaying.value) return;
    next++;
    moveTo(next, 700);
    if (next < last) setTimeout(step, 850);
    else
      setTimeout(() => {
        isPlaying.value = false;
        layer.value = undefined;
      }, 800);
  };
  setTimeout(step, 650);
}

function drawBend(canvas: HTMLCanvasElement): void {
  const { g, width, height } = prepareCanvas(canvas);
  theme.value;
  const inks = inksOf(canvas);
  const frame = bend.value;
  const current = view.value;
  const place = { left: 0.5, top: 0.5, width: width - 1, height: height - 1 };
  g.strokeStyle = inks.line;
  g.strokeRect(place.left, place.top, place.width, place.height);
  if (frame === undefined || current === undefined) return;
  const last = frame.labels.length;
  if (last !== layerCount) {
    // Another flow: the slider is at its end again.
    layerCount = last;
    queueMicrotask(() => {
      layer.value = undefined;
    });
  }
  // Without a choice the slider is at the end, also when there are more layers than before.
  const at = layer.value === undefined ? last : Math.min(shown.value, last);
  if (layer.value === undefined) shown.peek() !== last && queueMicrotask(() => (shown.value = last));
  const k = Math.min(last, Math.floor(at));
  const part = at - k;
  if (frame.features === 1) {
    drawMap(g, place, frame, k, part, current.x, inks);
    return;
  }
  const area = new PlotArea(place, ...bendWindow(frame, current, at, last));
  g.save();
  g.beginPath();
  g.rect(place.left, place.top, place.width, place.height);
  g.clip();
  drawRows(g, area, between(frame.points[k], frame.points[k + 1], part), inks.ink);
  drawGrid(g, area, frame, between(frame.lines[k], frame.lines[k + 1], part), inks);
  g.restore();
  g.strokeStyle = inks.line;
  g.strokeRect(place.left, place.top, place.width, place.height);
}

function drawGrid(
  g: CanvasRenderingContext2D,
  area: PlotArea,
  { starts, upright }: BendFrame,
  lines: Float32Array,
  inks: ReturnType<typeof inksOf>,
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
function drawRows(g: CanvasRenderingContext2D, area: PlotArea, points: Float32Array, ink: string): void {
  const info = data.value;
  const near: number[] = [];
  const far: number[] = [];
  const rows = info?.points[0] === undefined ? undefined : thinned(info.points[0].length, points.length / 2);
  for (let i = 0; i < points.length / 2; i++) {
    const isChosen = info === undefined || rows === undefined || isSameClass(info, rows[i] as number);
    (isChosen ? near : far).push(area.px(points[2 * i] as number), area.py(points[2 * i + 1] as number));
  }
  g.fillStyle = ink;
  g.globalAlpha = 0.1;
  dots(g, far, 2);
  g.globalAlpha = 0.4;
  dots(g, near, 2);
  g.globalAlpha = 1;
}

function isSameClass({ layout, contexts }: DataInfo, row: number): boolean {
  return layout.context.every((column, k) => column.kind === "number" || contexts[k]?.[row] === context.value[k]);
}

/** The curve x = T(u) of a single variable. */
function drawMap(
  g: CanvasRenderingContext2D,
  place: { left: number; top: number; width: number; height: number },
  frame: BendFrame,
  k: number,
  part: number,
  x: Range,
  inks: ReturnType<typeof inksOf>,
): void {
  const curve = between(frame.lines[k], frame.lines[k + 1], part);
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
}

/** Half-way between two layers things are half-way. */
function between(a: Float32Array | undefined, b: Float32Array | undefined, part: number): Float32Array {
  if (a === undefined) return new Float32Array(0);
  if (b === undefined || part === 0) return a;
  return a.map((value, i) => value + part * ((b[i] as number) - value));
}
