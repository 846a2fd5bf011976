import { effect, signal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { density, frames, moment } from "../state.ts";

/**
 * Draws a canvas when its size changes, and when a signal that `draw` reads changes.
 *
 * @param draw the same function at each call, so that the setup is not repeated.
 */
export function useDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  draw: (canvas: HTMLCanvasElement) => void,
): void {
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const size = signal(0);
    const observer = new ResizeObserver(() => {
      size.value++;
    });
    observer.observe(element);
    const stop = effect(() => {
      if (size.value >= 0 && element.clientWidth > 0) draw(element);
    });
    return () => {
      stop();
      observer.disconnect();
    };
  }, [canvas, draw]);
}

/** Legend: numeric values of the density colors, and meaning of the lines. */
export function ColorBar(): JSX.Element | null {
  const frame = density.value;
  // A single column is a curve, whose axis has the numbers.
  if (frame !== undefined && frame.pixels === undefined) return null;
  const scale = frame?.scale ?? [];
  const stops = scale.map(({ color }, i) => `${color} ${(100 * i) / Math.max(1, scale.length - 1)}%`);
  const values = scale.filter((_, i) => i % 2 === 0).map(({ density: value }) => tickOf(value));
  return (
    <div class="scale">
      <span class="name">Density</span>
      <div
        class="ramp"
        role="img"
        aria-label={
          values.length === 0 ? "Colors of the density" : `Colors from low to high density: ${values.join(", ")}`
        }
        style={stops.length === 0 ? {} : { backgroundImage: `linear-gradient(to right, ${stops.join(", ")})` }}
      />
      <ol class="ticks" aria-hidden="true">
        {values.map((value, i) => (
          <li key={i}>{value}</li>
        ))}
      </ol>
      <p class="hint">Each line encloses the marked share of the probability.</p>
    </div>
  );
}

/** Goes back in the training, to stored pictures. Its space stays reserved while only one picture is stored. */
export function TimeSlider(): JSX.Element {
  const kept = frames.value;
  const last = kept.length - 1;
  const step = `step ${(density.value?.step ?? 0).toLocaleString("en-US")}`;
  return (
    <div class="slider moment" style={{ visibility: last > 0 ? "visible" : "hidden" }}>
      <label for="moment">Training time</label>
      <input
        id="moment"
        type="range"
        min={0}
        max={Math.max(1, last)}
        step={1}
        value={moment.value ?? Math.max(0, last)}
        aria-valuetext={step}
        onInput={(event) => {
          const at = Number(event.currentTarget.value);
          moment.value = at >= last ? undefined : at;
        }}
      />
      <output for="moment">{step}</output>
    </div>
  );
}

/** A density in two digits. */
function tickOf(value: number): string {
  const isShort = value === 0 || (value >= 1e-3 && value < 1e4);
  return isShort ? String(Number(value.toPrecision(2))) : value.toExponential(1).replace("-", "−");
}
