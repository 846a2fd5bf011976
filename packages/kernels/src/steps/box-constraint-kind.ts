import type { BoxSettings } from "@pushforward/core/plain";
import { sigmoid } from "../scalar/sigmoid.ts";
import { scalarSoftplus } from "../scalar/softplus.ts";
import type { StepKind } from "./step-kind.ts";

// The same ends as those of the bijection: half a unit of the last place of the width, and the smallest normal float32.
const END = 2 ** -25;
const SMALLEST = 2 ** -126;

/** The real line onto an interval, a half-line or itself, in each column, and the log of its slope; or the inverse. */
export const boxConstraintKind: StepKind<"boxConstraint"> = {
  bind: ({ settings, input, output, dOutput, dInput }) => {
    const [x] = input;
    const [y, logDet] = output;
    const { inverse } = settings;
    const maps = mapsOf(settings);
    return {
      forward: () => {
        for (let i = 0; i < x.length; i++) {
          const map = maps[i % maps.length] as ColumnMap;
          (inverse ? map.pull : map.push)(x[i] as number, y, logDet, i);
        }
      },
      backward: () => {
        const dx = dInput[0];
        if (dx === undefined) return;
        const [dy, dLogDet] = dOutput;
        for (let i = 0; i < x.length; i++) {
          const map = maps[i % maps.length] as ColumnMap;
          const gradient = inverse ? map.pullGradient : map.pushGradient;
          dx[i] = gradient(x[i] as number, dy[i] as number, dLogDet[i] as number);
        }
      },
    };
  },
};

type Write = (value: number, y: Float32Array, logDet: Float32Array, i: number) => void;
type Gradient = (value: number, ofValue: number, ofLogDet: number) => number;

/** The map of a column: onto the box (`push`), and back. */
interface ColumnMap {
  readonly push: Write;
  readonly pull: Write;
  readonly pushGradient: Gradient;
  readonly pullGradient: Gradient;
}

function mapsOf({ low, high, sharpness }: BoxSettings): readonly ColumnMap[] {
  return low.map((from, j) => {
    const to = high[j] as number;
    if (!Number.isFinite(from)) return Number.isFinite(to) ? halfLine(to, -1) : line;
    if (!Number.isFinite(to)) return halfLine(from, 1);
    return sharpness === 0 ? logistic(from, to) : interval(from, to, sharpness);
  });
}

const line: ColumnMap = {
  push: copy,
  pull: copy,
  pushGradient: (_value, ofValue) => ofValue,
  pullGradient: (_value, ofValue) => ofValue,
};

function copy(value: number, y: Float32Array, logDet: Float32Array, i: number): void {
  y[i] = value;
  logDet[i] = 0;
}

function halfLine(end: number, sign: 1 | -1): ColumnMap {
  return {
    push: (u, y, logDet, i) => {
      y[i] = end + sign * Math.exp(u);
      logDet[i] = u;
    },
    pull: (x, y, logDet, i) => {
      const distance = sign * (x - end);
      const u = Math.log(Math.max(distance, SMALLEST));
      y[i] = u;
      logDet[i] = distance < 0 ? Number.NEGATIVE_INFINITY : -u;
    },
    pushGradient: (u, ofValue, ofLogDet) => sign * ofValue * Math.exp(u) + ofLogDet,
    // Beyond the end the inverse is kept.
    pullGradient: (x, ofValue, ofLogDet) => {
      const distance = sign * (x - end);
      return distance > SMALLEST ? (sign * (ofValue - ofLogDet)) / distance : 0;
    },
  };
}

function logistic(low: number, high: number): ColumnMap {
  const width = high - low;
  const least = width * END;
  return {
    push: (u, y, logDet, i) => {
      y[i] = u >= 0 ? high - width * sigmoid(-u) : low + width * sigmoid(u);
      logDet[i] = Math.log(width) - scalarSoftplus(u) - scalarSoftplus(-u);
    },
    pull: (x, y, logDet, i) => {
      const logAbove = Math.log(Math.max(x - low, least));
      const logBelow = Math.log(Math.max(high - x, least));
      y[i] = logAbove - logBelow;
      logDet[i] = x < low || x > high ? Number.NEGATIVE_INFINITY : Math.log(width) - logAbove - logBelow;
    },
    pushGradient: (u, ofValue, ofLogDet) =>
      ofValue * width * sigmoid(u) * sigmoid(-u) + ofLogDet * (sigmoid(-u) - sigmoid(u)),
    pullGradient: (x, ofValue, ofLogDet) => {
      const above = x - low > least ? 1 / (x - low) : 0;
      const below = high - x > least ? 1 / (high - x) : 0;
      return ofValue * (above + below) + ofLogDet * (below - above);
    },
  };
}

function interval(low: number, high: number, sharpness: number): ColumnMap {
  const width = high - low;
  const least = width * END;
  const k = sharpness / width;
  const middle = (low + high) / 2;
  const total = log1mexp(sharpness);
  const distance = (from: number): number => (scalarSoftplus(k * from) - scalarSoftplus(k * from - sharpness)) / k;
  const logSlope = (u: number): number => total - scalarSoftplus(k * (low - u)) - scalarSoftplus(k * (u - high));
  return {
    push: (u, y, logDet, i) => {
      y[i] = u >= middle ? high - distance(high - u) : low + distance(u - low);
      logDet[i] = logSlope(u);
    },
    pull: (x, y, logDet, i) => {
      const above = log1mexp(k * Math.max(x - low, least));
      const below = log1mexp(k * Math.max(high - x, least));
      y[i] = Math.min(Math.max(x, low), high) + (above - below) / k;
      logDet[i] = x < low || x > high ? Number.NEGATIVE_INFINITY : total - above - below;
    },
    pushGradient: (u, ofValue, ofLogDet) =>
      ofValue * Math.exp(logSlope(u)) + ofLogDet * k * (sigmoid(k * (low - u)) - sigmoid(k * (u - high))),
    pullGradient: (x, ofValue, ofLogDet) => {
      const above = x - low > least ? 1 / Math.expm1(k * (x - low)) : 0;
      const below = high - x > least ? 1 / Math.expm1(k * (high - x)) : 0;
      return x < low || x > high ? 0 : ofValue * (1 + above + below) + ofLogDet * k * (below - above);
    },
  };
}

function log1mexp(x: number): number {
  return x > Math.LN2 ? Math.log1p(-Math.exp(-x)) : Math.log(-Math.expm1(-x));
}
