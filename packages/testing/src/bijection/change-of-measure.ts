import { sizeOf } from "@pushforward/core/extend";
import { Comparison, formatNumber, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { ROUNDING } from "./nudge.ts";
import { contextsFor, forwardSide, type Inputs, inverseSide, outputs } from "./side.ts";

/** Points of the trapezoid rule: its error at the jumps of a derivative, as of linear splines, stays below the tolerance. */
const GRID_POINTS = { analytic: 4001, iterative: 2001, none: 4001 } as const;

// ∫ |dx/dy| dy over f([a, b]) is b − a, and ∫ |dy/dx| dx over [a, b] is the length of f([a, b]).
export function changeOfMeasure(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.measure);
  const forward = forwardSide(trial.value, trial.theCase);
  const [low, high] = interior(forward.domain.low, forward.domain.high);
  const size = sizeOf(forward.shapeIn);
  const count = GRID_POINTS[trial.value.inverseKind];
  const grid = Float32Array.from({ length: count * size }, (_, i) => {
    return low + ((high - low) * Math.floor(i / size)) / (count - 1);
  });
  const one = contextsFor(forward, trial.key, 1);
  const context = one && Float32Array.from({ length: count * one.length }, (_, i) => one[i % one.length] as number);
  const inputs: Inputs = { count, values: grid, context };
  const there = outputs(forward, inputs);
  const back =
    trial.value.inverseKind === "none"
      ? undefined
      : outputs(inverseSide(trial.value, trial.theCase), { ...inputs, values: there.value });
  for (let e = 0; e < size; e++) {
    const at = (i: number, array: Float32Array): number => array[i * size + e] as number;
    const direction = Math.sign(at(count - 1, there.value) - at(0, there.value));
    let lengthX = 0;
    let lengthY = 0;
    for (let i = 1; i < count; i++) {
      const dx = at(i, grid) - at(i - 1, grid);
      const dy = (at(i, there.value) - at(i - 1, there.value)) * direction;
      // Steps of equal floats happen where f is nearly flat; a step back is never rounding alone.
      if (dy < -4 * ROUNDING * Math.max(1, Math.abs(at(i, there.value)))) {
        throw new Violation("a monotone map", `a step of ${formatNumber(dy * direction)}`, formatNumber(at(i, grid)));
      }
      lengthY += (dx * (Math.exp(at(i, there.logDet)) + Math.exp(at(i - 1, there.logDet)))) / 2;
      if (back) lengthX += (Math.abs(dy) * (Math.exp(at(i, back.logDet)) + Math.exp(at(i - 1, back.logDet)))) / 2;
    }
    const span = Math.abs(at(count - 1, there.value) - at(0, there.value));
    const where = (): string => `[${formatNumber(low)}, ${formatNumber(high)}]`;
    comparison.add(lengthY / span, 1, where);
    if (back) comparison.add(lengthX / (at(count - 1, grid) - at(0, grid)), 1, where);
  }
  return comparison.result();
}

function interior(low: number, high: number): [number, number] {
  const left = Number.isFinite(low);
  const right = Number.isFinite(high);
  if (left && right) return [low + 0.01 * (high - low), high - 0.01 * (high - low)];
  if (left) return [low + 0.05, low + 5.05];
  return right ? [high - 5.05, high - 0.05] : [-4, 4];
}
