import type { JSX } from "preact";
import type { Tick } from "../../shared/nice-ticks.ts";
import type { PairValues, TableAxis } from "../../shared/table-protocol.ts";

type NumberAxis = Extract<TableAxis, { kind: "numbers" }>;

const [WIDTH, HEIGHT] = [400, 300];
const [RIGHT, TOP, BOTTOM] = [10, 10, 36];
/** Width of a digit, and the least room for the labels on the left. */
const [DIGIT, LEAST] = [7, 30];

interface PointPlotProps {
  readonly set: "data" | "samples";
  readonly values: Extract<PairValues, { kind: "points" }>;
  readonly x: NumberAxis;
  readonly y: NumberAxis;
  readonly columns: readonly [string, string];
}

/** Two columns of numbers as points. */
export function PointPlot({ set, values, x, y, columns }: PointPlotProps): JSX.Element {
  const left = Math.max(LEAST, 14 + DIGIT * Math.max(...y.ticks.map(({ label }) => label.length)));
  const px = (value: number): number => left + share(value, x) * (WIDTH - left - RIGHT);
  const py = (value: number): number => HEIGHT - BOTTOM - share(value, y) * (HEIGHT - TOP - BOTTOM);
  // One path: dots are lines without a length, with round ends.
  let path = "";
  for (const [i, value] of values.x.entries()) {
    const other = values.y[i] as number;
    if (isInside(value, x) && isInside(other, y)) path += `M${px(value).toFixed(1)} ${py(other).toFixed(1)}h0`;
  }
  return (
    <svg
      class="points"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${columns[1]} by ${columns[0]}, ${values.x.length} rows of the ${set}`}
    >
      <rect class="frame" x={left} y={TOP} width={WIDTH - left - RIGHT} height={HEIGHT - TOP - BOTTOM} />
      {x.ticks.map((tick) => (
        <text key={tick.label} x={px(tick.value)} y={HEIGHT - BOTTOM + 15} text-anchor={anchorOf(tick, x)}>
          {tick.label}
        </text>
      ))}
      {y.ticks.map((tick) => (
        <text key={tick.label} x={left - 6} y={py(tick.value) + 4} text-anchor="end">
          {tick.label}
        </text>
      ))}
      <text class="name" x={WIDTH - RIGHT} y={HEIGHT - 5} text-anchor="end">
        {columns[0]}
      </text>
      <path class={set} d={path} />
      <text class="name" x={left + 6} y={TOP + 15}>
        {columns[1]}
      </text>
    </svg>
  );
}

function anchorOf({ value }: Tick, axis: NumberAxis): "start" | "middle" | "end" {
  const at = share(value, axis);
  return at < 0.05 ? "start" : at > 0.95 ? "end" : "middle";
}

function share(value: number, { range: [low, high] }: NumberAxis): number {
  return (value - low) / (high - low);
}

function isInside(value: number, axis: NumberAxis): boolean {
  const at = share(value, axis);
  return at >= 0 && at <= 1;
}
