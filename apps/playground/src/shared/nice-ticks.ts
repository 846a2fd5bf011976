import type { Range } from "./settings.ts";

/** A mark of an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Returns about `count` round numbers inside a range. */
export function niceTicks([low, high]: Range, count: number): Tick[] {
  const rough = (high - low) / Math.max(3, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  // The nearest of 1, 2, 5, 10 by ratio.
  const step = (share < Math.SQRT2 ? 1 : share < Math.sqrt(10) ? 2 : share < Math.sqrt(50) ? 5 : 10) * power;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: Tick[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9 && ticks.length < 50; i++) {
    const value = i * step;
    const isLong = Math.abs(value) >= 1e6 || decimals > 5;
    const label = isLong ? value.toPrecision(4) : (value + 0).toFixed(decimals);
    ticks.push({ value, label: label.replace("-", "−") });
  }
  return ticks;
}
