/** Linear or logarithmic axis. */
export type ScaleKind = "linear" | "log";

/** A map from data to pixels. */
export interface Scale {
  readonly kind: ScaleKind;
  readonly domain: readonly [low: number, high: number];
  /** Length of the axis in pixels. */
  readonly length: number;
  /** Pixel of a value; outside [0, length] when the value is outside the domain. */
  map(value: number): number;
}

/** Makes a scale over `length` pixels; `flip` runs it from the far end, as a vertical axis needs. */
export function createScale(kind: ScaleKind, domain: readonly [number, number], length: number, flip: boolean): Scale {
  const transform = kind === "log" ? Math.log : (value: number): number => value;
  const low = transform(domain[0]);
  const span = transform(domain[1]) - low;
  return {
    kind,
    domain,
    length,
    map: (value: number): number => {
      const share = (transform(value) - low) / span;
      return (flip ? 1 - share : share) * length;
    },
  };
}

/** Smallest and largest finite value (finite and positive on a log axis) of several arrays, or `undefined`. */
export function extent(arrays: readonly ArrayLike<number>[], kind: ScaleKind = "linear"): [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value) || (kind === "log" && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}

/**
 * The extent with `margin` (a share of it) on both sides. A single value gets an axis around it, and so does an empty
 * range.
 */
export function paddedDomain(
  range: readonly [number, number] | undefined,
  margin: number,
  kind: ScaleKind = "linear",
): [number, number] {
  if (range === undefined) return kind === "log" ? [0.1, 10] : [0, 1];
  let [low, high] = range;
  if (kind === "log") {
    if (high / low < 1 + 1e-9) return [low / 2, high * 2];
    const factor = (high / low) ** margin;
    return [low / factor, high * factor];
  }
  // Below this width ticks can't be told apart in float64.
  const least = Math.max(Math.abs(low), Math.abs(high)) * 1e-9;
  if (high - low <= least) {
    const half = low === 0 && high === 0 ? 1 : Math.max(Math.abs(low), Math.abs(high)) * 0.1;
    return [low - half, high + half];
  }
  // Half a span cannot overflow where a whole one could.
  const pad = (high / 2 - low / 2) * (2 * margin);
  low -= pad;
  high += pad;
  return [Math.max(low, -Number.MAX_VALUE / 4), Math.min(high, Number.MAX_VALUE / 4)];
}

/** A position on an axis and its label. */
export interface Tick {
  readonly value: number;
  /** `10^` precedes a raised exponent. */
  readonly label: string;
}

/**
 * About `count` ticks at whole multiples of 1, 2 or 5 times a power of ten, inside `[low, high]`. All labels of an axis
 * have the same number of decimals; very large and very small numbers are written as `2×10^9`.
 */
export function niceTicks(low: number, high: number, count: number, integer = false): readonly Tick[] {
  const step = niceStep((high - low) / Math.max(1, count), integer);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const values: number[] = [];
  for (let i = first; i <= last && values.length < 1000; i++) values.push(multiple(i, step));
  const label = labelFormat(values, step);
  return values.map((value) => ({ value, label: label(value) }));
}

/** Ticks at powers of ten, with 2 and 5 between if the powers are few; nice linear ticks below one decade. */
export function logTicks(low: number, high: number, count: number): readonly Tick[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const decades = Math.log10(high / low);
  if (decades < 1) return niceTicks(low, high, count);
  const stride = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const factors = decades * 3 <= count ? [1, 2, 5] : [1];
  const plain = first >= -4 && last <= 6;
  const ticks: Tick[] = [];
  for (let exponent = first; exponent <= last; exponent++) {
    if (exponent % stride !== 0) continue;
    for (const factor of factors) {
      const value = Number(`${factor}e${exponent}`);
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      ticks.push({ value, label: plain ? String(value) : scientific(value, 0).replace(/^1×/, "") });
    }
  }
  return ticks;
}

/** Ticks of the kind of scale. */
export function axisTicks(
  kind: ScaleKind,
  domain: readonly [number, number],
  count: number,
  integer = false,
): readonly Tick[] {
  return kind === "log" ? logTicks(domain[0], domain[1], count) : niceTicks(domain[0], domain[1], count, integer);
}

function niceStep(rough: number, integer: boolean): number {
  const exponent = Math.floor(Math.log10(rough));
  const mantissa = rough / 10 ** exponent;
  // The nearest of 1, 2, 5, 10 by ratio.
  const factor = mantissa < Math.SQRT2 ? 1 : mantissa < Math.sqrt(10) ? 2 : mantissa < Math.sqrt(50) ? 5 : 10;
  const step = Number(`${factor}e${exponent}`);
  return integer ? Math.max(1, step) : step;
}

// The decimal form of the step is exact text, so that 3 × 0.1 gives 0.3 and not 0.30000000000000004.
function multiple(i: number, step: number): number {
  const [mantissa = "1", exponent = "0"] = step.toExponential().split("e");
  return Number(`${i * Number(mantissa)}e${exponent}`) + 0;
}

function labelFormat(values: readonly number[], step: number): (value: number) => string {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const stepExponent = Math.floor(Math.log10(step) + 1e-9);
  const decimals = Math.max(0, -stepExponent);
  const topExponent = largest === 0 ? stepExponent : Math.floor(Math.log10(largest) + 1e-9);
  // One exponent for the whole axis keeps the labels comparable; the mantissa shows what the step needs.
  const digits = topExponent - stepExponent;
  if ((topExponent < 6 && decimals <= 5) || digits > 5) {
    return (value) => withMinus(value.toFixed(Math.min(decimals, 20)));
  }
  return (value) => (value === 0 ? "0" : scientific(value, digits, topExponent));
}

/** `2.5×10^6`: a number with the given count of decimals before its power of ten. */
export function scientific(value: number, decimals: number, exponent?: number): string {
  const [digits = "0", own = "0"] = value.toExponential().split("e");
  const power = exponent ?? Number(own);
  const mantissa = Number(`${digits}e${Number(own) - power}`);
  return withMinus(`${mantissa.toFixed(decimals)}×10^${power}`);
}

/** Puts a true minus sign in place of each hyphen. */
export function withMinus(text: string): string {
  return text.replaceAll("-", "−");
}
