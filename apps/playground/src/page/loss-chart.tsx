import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { CurvePoint } from "../shared/protocol.ts";
import { bestPoint, FONT, inksOf, nats } from "./plots/plot-area.ts";
import { model, progress, trainCurve, validationCurve } from "./state.ts";
import { theme } from "./theme.ts";

const HEIGHT = 168;

/** Training losses, compared with the loss of a Gaussian. */
export function LossChart(): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let chart: uPlot | undefined;
    let drawnTheme = "";
    const draw = (): void => {
      const width = element.clientWidth;
      if (width === 0) return;
      const series = dataOf(
        trainCurve.value,
        validationCurve.value,
        model.value?.gaussianNll,
        progress.value?.totalSteps,
      );
      if (chart === undefined || drawnTheme !== theme.value) {
        chart?.destroy();
        drawnTheme = theme.value;
        chart = new uPlot(optionsOf(element, width), series, element);
      } else chart.setData(series);
    };
    const stop = effect(draw);
    const observer = new ResizeObserver(() => {
      if (chart !== undefined && element.clientWidth > 0) chart.setSize({ width: element.clientWidth, height: HEIGHT });
      else draw();
    });
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
      chart?.destroy();
    };
  }, []);
  const best = bestPoint(validationCurve.value);
  return (
    <section class="card loss" aria-labelledby="loss-title">
      <div class="card-head">
        <h2 id="loss-title">Loss, nats per row</h2>
        <ul class="legend">
          <li class="train">training</li>
          <li class="held">validation</li>
          <li class="best">best</li>
          <li class="gauss">Gaussian</li>
        </ul>
      </div>
      <div
        ref={host}
        class="chart"
        role="img"
        style={{ height: `${HEIGHT}px` }}
        aria-label={`Loss by training step.${best === undefined ? "" : ` Best validation loss: ${nats(best.nll)} nats per row, at step ${best.step}.`}`}
      />
    </section>
  );
}

type Curve = (number | null)[];
type Series = [steps: number[], train: Curve, validation: Curve, gaussian: Curve, best: Curve];

/** Both curves over the steps of both. */
function dataOf(
  train: readonly CurvePoint[],
  validation: readonly CurvePoint[],
  gaussian: number | undefined,
  totalSteps = 0,
): Series {
  const x: number[] = [];
  const a: (number | null)[] = [];
  const b: (number | null)[] = [];
  for (let i = 0, j = 0; i < train.length || j < validation.length; ) {
    const p = train[i];
    const q = validation[j];
    const step = Math.min(p?.step ?? Number.POSITIVE_INFINITY, q?.step ?? Number.POSITIVE_INFINITY);
    x.push(step);
    a.push(p?.step === step ? p.nll : null);
    b.push(q?.step === step ? q.nll : null);
    if (p?.step === step) i++;
    if (q?.step === step) j++;
  }
  if (x.length === 0) {
    x.push(0);
    a.push(null);
    b.push(null);
  }
  const end = Math.max(totalSteps, x.at(-1) as number);
  if (end > (x.at(-1) as number)) {
    x.push(end);
    a.push(null);
    b.push(null);
  }
  const best = bestPoint(validation)?.step;
  return [x, a, b, x.map(() => gaussian ?? null), b.map((value, i) => (x[i] === best ? value : null))];
}

function optionsOf(element: HTMLElement, width: number): uPlot.Options {
  const inks = inksOf(element);
  const axis: uPlot.Axis = {
    stroke: inks.muted,
    font: FONT,
    grid: { stroke: inks.line, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false, range: (_, low, high) => [low, Math.max(high, low + 1)] }, y: { range: lossRange } },
    axes: [
      { ...axis, size: 26, gap: 4, space: 60, grid: { show: false } },
      {
        ...axis,
        size: 50,
        gap: 6,
        space: 34,
        values: (_, ticks) => ticks.map((v) => `${Number(v.toPrecision(6))}`.replace("-", "−")),
      },
    ],
    series: [
      {},
      { stroke: inks.cool, width: 1.25, spanGaps: true, points: { show: false } },
      { stroke: inks.accent, width: 2, spanGaps: true, points: { show: false } },
      { stroke: inks.muted, width: 1, dash: [4, 4], points: { show: false } },
      { stroke: inks.accent, width: 2, points: { show: true, size: 9, width: 2, fill: inks.surface } },
    ],
  };
}

/** All of the curves but their first, high beginning. */
function lossRange(chart: uPlot, low: number | null, high: number | null): [number, number] {
  const values: number[] = [];
  for (const series of [1, 2] as const) {
    const own = (chart.data[series] as (number | null)[]).filter((v): v is number => v !== null && Number.isFinite(v));
    values.push(...own.slice(Math.floor(own.length / 20)));
  }
  const gaussian = (chart.data[3] as (number | null)[])[0];
  if (typeof gaussian === "number") values.push(gaussian);
  const bottom = values.length === 0 ? (low ?? 0) : Math.min(...values);
  const top = values.length === 0 ? (high ?? 1) : Math.max(...values);
  // A chart that is still empty shows round numbers.
  const margin = Math.max(0.08 * (top - bottom), 0.1 - (top - bottom));
  return [bottom - margin, top + margin];
}
