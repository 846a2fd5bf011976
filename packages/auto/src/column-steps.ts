import { type Key, type NdArray, ndArray } from "@pushforward/core";

/** Steps that people round to: 1, 2, 2.5 and 5 times powers of ten, from 5 million down to a thousandth. */
const STEPS: readonly number[] = Array.from({ length: 10 }, (_, i) => 6 - i).flatMap((power) =>
  [5, 2.5, 2, 1].map((digit) => Number(`${digit}e${power}`)),
);

/** How far a number may be from a multiple, as a share of the number and of the step: what reading decimals leaves. */
const SLACK = 1e-6;
/** Multiples beyond which a float64 has not that many digits. */
const MOST_STEPS = 1e9;

/**
 * The columns whose numbers are multiples of a step, by their index. A column of integers has at least the step 1. Other
 * steps count where numbers come twice on average, which tells rounding from chance and from mere decimals.
 */
export function columnSteps({ shape, data }: NdArray): ReadonlyMap<number, number> {
  const [rows, columns] = shape as unknown as readonly [number, number];
  const steps = new Map<number, number>();
  for (let j = 0; j < columns; j++) {
    const values = Float64Array.from({ length: rows }, (_, i) => data[i * columns + j] as number);
    const step = stepOf(values);
    if (step !== undefined) steps.set(j, step);
  }
  return steps;
}

function stepOf(values: Float64Array): number | undefined {
  // Beyond 2⁵³ every float64 is an integer, whatever it measures.
  const least = values.every(Number.isSafeInteger) ? 1 : undefined;
  const step = STEPS.find((candidate) => values.every((value) => isMultiple(value, candidate)));
  if (step === undefined || step === least) return least;
  const distinct = new Set(values).size;
  return distinct > 1 && 2 * distinct <= values.length ? step : least;
}

function isMultiple(value: number, step: number): boolean {
  if (Number.isInteger(step)) return value % step === 0;
  const multiple = Math.round(value / step);
  const distance = Math.abs(value - multiple * step);
  return Math.abs(multiple) <= MOST_STEPS && distance <= SLACK * Math.min(step, Math.abs(value));
}

/**
 * Adds uniform noise of ± half a step to some columns (uniform dequantization, Uria et al. 2013, arXiv:1306.0186): numbers
 * in steps have no density, and a flow would put all of it into ever narrower spikes. The density of the result integrates
 * over a step around a number to its probability.
 */
export function dequantize({ shape, data }: NdArray, steps: ReadonlyMap<number, number>, key: Key): NdArray {
  const width = shape[1] as number;
  const rows = shape[0] as number;
  const result = Float64Array.from(data);
  for (const [j, step] of steps) {
    const noise = key.fold(j).uniform(rows);
    for (let i = 0; i < rows; i++) {
      const at = i * width + j;
      result[at] = (result[at] as number) + step * ((noise[i] as number) - 0.5);
    }
  }
  return ndArray(shape, result);
}
