import type { StepKind } from "./step-kind.ts";

// The same ends as those of the bijection: half a unit of the last place of the width, and the smallest normal float32.
const END = 2 ** -25;
const SMALLEST = 2 ** -126;

/** The real line onto an interval, a half-line or itself, in each column, and the log of its slope; or the inverse. */
export const toBoxStep: StepKind = {
  hasGradient: true,
  bind: ({ settings, input, output, dOutput, dInput }) => {
    const [x] = input as [Float32Array];
    const [y, logDet] = output as [Float32Array, Float32Array];
    const { low, high, inverse } = settings as { low: readonly number[]; high: readonly number[]; inverse: boolean };
    const columns = low.length;
    const kinds = low.map((from, j) => kindOf(from, high[j] as number));
    return {
      forward: () => {
        for (let i = 0; i < x.length; i++) {
          const j = i % columns;
          const [kind, from, to, value] = [kinds[j] as Kind, low[j] as number, high[j] as number, x[i] as number];
          if (kind === "line") {
            y[i] = value;
            logDet[i] = value - value;
          } else if (inverse) pull(kind, from, to, value, y, logDet, i);
          else push(kind, from, to, value, y, logDet, i);
        }
      },
      backward: () => {
        const dx = dInput[0];
        if (dx === undefined) return;
        const [dy, dLogDet] = dOutput as [Float32Array, Float32Array];
        for (let i = 0; i < x.length; i++) {
          const j = i % columns;
          const [kind, from, to, value] = [kinds[j] as Kind, low[j] as number, high[j] as number, x[i] as number];
          const [ofValue, ofLogDet] = [dy[i] as number, dLogDet[i] as number];
          if (kind === "line") dx[i] = ofValue;
          else if (kind !== "interval") {
            const sign = kind === "above" ? 1 : -1;
            const distance = sign * (value - (kind === "above" ? from : to));
            // Not beyond the end, where the inverse is kept.
            if (inverse) dx[i] = distance > SMALLEST ? (sign * (ofValue - ofLogDet)) / distance : 0;
            else dx[i] = sign * ofValue * Math.exp(value) + ofLogDet;
          } else if (inverse) {
            const least = (to - from) * END;
            const above = value - from > least ? 1 / (value - from) : 0;
            const below = to - value > least ? 1 / (to - value) : 0;
            dx[i] = ofValue * (above + below) + ofLogDet * (below - above);
          } else {
            const up = 1 / (1 + Math.exp(-value));
            dx[i] = ofValue * (to - from) * up * (1 / (1 + Math.exp(value))) + ofLogDet * (1 - 2 * up);
          }
        }
      },
    };
  },
};

type Kind = "interval" | "above" | "below" | "line";

function kindOf(low: number, high: number): Kind {
  if (Number.isFinite(low)) return Number.isFinite(high) ? "interval" : "above";
  return Number.isFinite(high) ? "below" : "line";
}

function push(
  kind: Kind,
  low: number,
  high: number,
  u: number,
  y: Float32Array,
  logDet: Float32Array,
  i: number,
): void {
  if (kind !== "interval") {
    y[i] = kind === "above" ? low + Math.exp(u) : high - Math.exp(u);
    logDet[i] = u;
    return;
  }
  const width = high - low;
  y[i] = u >= 0 ? high - width / (1 + Math.exp(u)) : low + width / (1 + Math.exp(-u));
  const size = Math.abs(u);
  logDet[i] = Math.log(width) - size - 2 * Math.log1p(Math.exp(-size));
}

function pull(
  kind: Kind,
  low: number,
  high: number,
  x: number,
  y: Float32Array,
  logDet: Float32Array,
  i: number,
): void {
  if (kind !== "interval") {
    const distance = kind === "above" ? x - low : high - x;
    const u = Math.log(Math.max(distance, SMALLEST));
    y[i] = u;
    logDet[i] = distance < 0 ? Number.NEGATIVE_INFINITY : -u;
    return;
  }
  const [width, above, below] = [high - low, x - low, high - x];
  const logAbove = Math.log(Math.max(above, width * END));
  const logBelow = Math.log(Math.max(below, width * END));
  y[i] = logAbove - logBelow;
  logDet[i] = above < 0 || below < 0 ? Number.NEGATIVE_INFINITY : Math.log(width) - logAbove - logBelow;
}
