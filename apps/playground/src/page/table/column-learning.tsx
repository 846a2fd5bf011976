import type { JSX } from "preact";
import type { ColumnProgress, TableColumn } from "../../shared/table-protocol.ts";
import { nats } from "../plots/plot-area.ts";
import { columnProgress } from "../state.ts";

interface ColumnLearningProps {
  readonly column: TableColumn;
  /** Nats per row over its own frequencies; undefined before it is learned. */
  readonly gain: number | undefined;
  /** The largest gain of all columns. */
  readonly most: number;
}

/** Learning progress of a column: its epochs, and its gain from the previous columns. */
export function ColumnLearning({ column, gain, most }: ColumnLearningProps): JSX.Element {
  const now = columnProgress.value.get(column.name);
  const text = restingText(column, now, gain);
  if (text !== undefined) {
    return (
      <p class="column-learning">
        <span class="hint">{text}</span>
      </p>
    );
  }
  return (
    <div class="column-learning">
      <Trace trace={now?.trace ?? []} gain={gain ?? 0} most={most} />
      <p>
        <b data-gain={column.name}>{signed(gain)}</b> <span class="hint">{noteOf(column, now, gain)}</span>
      </p>
      {now?.phase === "training" && (
        <progress class="bar" aria-label={`Progress of ${column.name}`} max={1} value={shareOf(now)} />
      )}
    </div>
  );
}

/** Text for a column that shows no gain. */
function restingText(
  { use, follows }: TableColumn,
  now: ColumnProgress | undefined,
  gain: number | undefined,
): string | undefined {
  if (use === "left") return "left out";
  if (use === "kept") return "not learned";
  if (use === "follows") return follows === undefined ? "follows from others" : `follows: ${follows}`;
  if (now === undefined) return gain === undefined ? "" : undefined;
  return now.phase === "waiting" ? "waiting" : undefined;
}

function noteOf({ use }: TableColumn, now: ColumnProgress | undefined, gain: number | undefined): string {
  if (now?.phase === "training") {
    const network = now.network > 1 ? `network ${now.network}, ` : "";
    return `${network}epoch ${now.epoch} of ${now.epochs}`;
  }
  if (use === "learned" && gain !== undefined && Math.abs(gain) < 5e-4) return "its frequencies";
  return "nats gained";
}

function shareOf({ epoch, epochs }: ColumnProgress): number {
  return epochs === 0 ? 0 : epoch / epochs;
}

function signed(gain: number | undefined): string {
  if (gain === undefined) return "";
  return gain > 5e-4 ? `+${nats(gain)}` : nats(Math.abs(gain) < 5e-4 ? 0 : gain);
}

const [WIDTH, HEIGHT] = [72, 22];

/** The gain epoch by epoch, as high as the largest of all columns; a bar where the epochs are not known. */
function Trace({
  trace,
  gain,
  most,
}: {
  readonly trace: readonly number[];
  readonly gain: number;
  readonly most: number;
}): JSX.Element {
  const up = (value: number): string => (HEIGHT - 2 - (HEIGHT - 4) * Math.min(1, Math.max(0, value / most))).toFixed(1);
  const across = (i: number): string => (2 + ((WIDTH - 6) * i) / Math.max(1, trace.length)).toFixed(1);
  const line = trace.map((value, i) => `L${across(i + 1)} ${up(value)}`).join("");
  return (
    <svg class="trace" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path class="ground" d={`M2 ${HEIGHT - 2}H${WIDTH - 4}`} />
      {trace.length > 1 ? (
        <>
          <path class="line" d={`M2 ${up(0)}${line}`} />
          <circle cx={across(trace.length)} cy={up(trace.at(-1) as number)} r={2} />
        </>
      ) : (
        <rect
          x={2}
          y={HEIGHT - 10}
          height={8}
          width={((WIDTH - 6) * Math.min(1, Math.max(0, gain / most))).toFixed(1)}
        />
      )}
    </svg>
  );
}
