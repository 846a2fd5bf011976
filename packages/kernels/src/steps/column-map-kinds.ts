import type { BoxSettings, FixedMapSettings } from "@pushforward/core/plain";
import { scalarSoftplus, sigmoid } from "../scalar/functions.ts";
import type { BoundStep, StepCall, StepKind } from "./step-kind.ts";

// The same ends as those of the bijection: half a unit of the last place of the width, and the smallest normal float32.
const END = 2 ** -25;
const SMALLEST = 2 ** -126;
/** The largest float32 below 1. */
const INSIDE = 1 - 2 ** -24;

/** The real line onto an interval, a half-line or itself, in each column, and the log of its slope; or the inverse. */
export const boxConstraintKind: StepKind<"boxConstraint"> = {
  bind: (call) => bindMaps(call, boxMaps(call.settings)),
};

/** A function without parameters, the same in all columns; see `fixedMap` in `planOperations`. */
export const fixedMapKind: StepKind<"fixedMap"> = {
  bind: (call) => bindMaps(call, [fixedMaps[call.settings.map](call.settings.bound)]),
};

/** A step that maps each number by the map of its column; the maps begin again after the last one. */
function bindMaps(call: StepCall<"boxConstraint" | "fixedMap">, maps: readonly ColumnMap[]): BoundStep {
  const [x] = call.input;
  const [y, logDet] = call.output;
  const { inverse } = call.settings;
  return {
    forward: () => {
      for (let i = 0; i < x.length; i++) {
        const map = maps[i % maps.length] as ColumnMap;
        (inverse ? map.pull : map.push)(x[i] as number, y, logDet, i);
      }
    },
    backward: () => {
      const dx = call.dInput[0];
      if (dx === undefined) return;
      const [dy, dLogDet] = call.dOutput;
      for (let i = 0; i < x.length; i++) {
        const map = maps[i % maps.length] as ColumnMap;
        const gradient = inverse ? map.pullGradient : map.pushGradient;
        dx[i] = gradient(x[i] as number, dy[i] as number, dLogDet[i] as number);
      }
    },
  };
}

type Write = (value: number, y: Float32Array, logDet: Float32Array, i: number) => void;
type Gradient = (value: number, ofValue: number, ofLogDet: number) => number;

/** The map of a column: from the real line (`push`), and back. */
interface ColumnMap {
  readonly push: Write;
  readonly pull: Write;
  readonly pushGradient: Gradient;
  readonly pullGradient: Gradient;
}

function boxMaps({ low, high, sharpness }: BoxSettings): readonly ColumnMap[] {
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

/** The fixed maps by name. Values at the limits are the same as for the bijections. */
const fixedMaps: { readonly [M in FixedMapSettings["map"]]: (bound: number) => ColumnMap } = {
  softplus: (bound) => ({
    push: (x, y, logDet, i) => {
      y[i] = bound * scalarSoftplus(x / bound);
      logDet[i] = -scalarSoftplus(-x / bound);
    },
    pull: (y, x, logDet, i) => {
      const v = Math.max(y / bound, SMALLEST);
      x[i] = bound * (v + log1mexp(v));
      logDet[i] = y < 0 ? Number.NEGATIVE_INFINITY : -log1mexp(v);
    },
    pushGradient: (x, ofValue, ofLogDet) => ofValue * sigmoid(x / bound) + (ofLogDet * sigmoid(-x / bound)) / bound,
    pullGradient: (y, ofValue, ofLogDet) => {
      const v = y / bound;
      return v > SMALLEST ? -ofValue / Math.expm1(-v) - ofLogDet / (bound * Math.expm1(v)) : 0;
    },
  }),
  tanh: (bound) => ({
    push: (x, y, logDet, i) => {
      y[i] = bound * Math.tanh(x / bound);
      logDet[i] = -2 * logCosh(x / bound);
    },
    pull: (y, x, logDet, i) => {
      const v = Math.atanh(Math.min(Math.max(y / bound, -INSIDE), INSIDE));
      x[i] = bound * v;
      logDet[i] = Math.abs(y) > bound ? Number.NEGATIVE_INFINITY : 2 * logCosh(v);
    },
    pushGradient: (x, ofValue, ofLogDet) =>
      ofValue * Math.exp(-2 * logCosh(x / bound)) - (2 * ofLogDet * Math.tanh(x / bound)) / bound,
    pullGradient: (y, ofValue, ofLogDet) => {
      const v = y / bound;
      return Math.abs(v) > INSIDE ? 0 : (ofValue + (2 * ofLogDet * v) / bound) / ((1 - v) * (1 + v));
    },
  }),
  softClip: (bound) => ({
    push: (x, y, logDet, i) => {
      y[i] = x * (bound / (Math.abs(x) + bound));
      logDet[i] = -2 * Math.log1p(Math.abs(x) / bound);
    },
    pull: (y, x, logDet, i) => {
      const v = Math.min(Math.max(y / bound, -INSIDE), INSIDE);
      const left = 1 - Math.abs(v);
      x[i] = (bound * v) / left;
      logDet[i] = Math.abs(y) > bound ? Number.NEGATIVE_INFINITY : -2 * Math.log(left);
    },
    pushGradient: (x, ofValue, ofLogDet) => {
      const part = 1 / (1 + Math.abs(x) / bound);
      return ofValue * part * part - (2 * ofLogDet * Math.sign(x) * part) / bound;
    },
    pullGradient: (y, ofValue, ofLogDet) => {
      const left = 1 - Math.abs(y) / bound;
      if (left < 1 - INSIDE) return 0;
      return ofValue / (left * left) + (2 * ofLogDet * Math.sign(y)) / (bound * left);
    },
  }),
};

/** `log cosh z`, which does not overflow. */
function logCosh(z: number): number {
  return Math.abs(z) + Math.log1p(Math.exp(-2 * Math.abs(z))) - Math.LN2;
}

function log1mexp(x: number): number {
  return x > Math.LN2 ? Math.log1p(-Math.exp(-x)) : Math.log(-Math.expm1(-x));
}
