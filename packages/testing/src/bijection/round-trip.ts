import { Comparison, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { MAX_STRETCH } from "./max-stretch.ts";
import { maxAbs, nudge } from "./nudge.ts";
import {
  describeRow,
  edgeInputs,
  forwardSide,
  inverseSide,
  joinInputs,
  magnitudeInputs,
  moderateInputs,
  values,
} from "./side.ts";

export function roundTrip(trial: BijectionTrial, from: "forward" | "inverse"): Measurement {
  const forward = forwardSide(trial.value, trial.theCase);
  const inverse = inverseSide(trial.value, trial.theCase);
  const [there, back] = from === "forward" ? [forward, inverse] : [inverse, forward];
  const { key, points } = trial;
  const moderate = moderateInputs(there, key.fold("moderate"), points);
  const start = joinInputs(
    moderate,
    magnitudeInputs(there, key.fold("magnitudes"), points),
    edgeInputs(there, key.fold("edges")),
  );
  const y = values(there, start);
  const returned = values(back, { ...start, values: y });
  // Cells are what the error is relative to: single elements where elements do not mix, whole events otherwise.
  const apart = trial.theCase.elementwise === true || forward.rankIn === 0;
  const cells = apart ? start.values.length : start.count;
  const x = start.values;
  const nudgedX = nudge(x, cells, key.fold("x"));
  const nudgedY = nudge(y, cells, key.fold("y"));
  const response = values(there, { ...start, values: nudgedX.values });
  const returnedResponse = values(back, { ...start, values: nudgedY.values });
  const comparison = new Comparison(trial.tolerances.roundTrip);
  const widthX = x.length / cells;
  const widthY = y.length / cells;
  const moderateCells = (moderate.count * cells) / start.count;
  let kept = 0;
  for (let cell = 0; cell < cells; cell++) {
    const displacement = maxDistance(returned, returnedResponse, cell, widthX);
    const stretch = maxDistance(y, response, cell, widthY) / (nudgedX.steps[cell] as number);
    if (!(stretch <= MAX_STRETCH && displacement / (nudgedY.steps[cell] as number) <= MAX_STRETCH)) continue;
    if (cell < moderateCells) kept++;
    const scale = maxAbs(x, cell, widthX);
    for (let i = cell * widthX; i < (cell + 1) * widthX; i++) {
      const at = (): string => describeRow(start, Math.floor((i * start.count) / x.length));
      comparison.add(returned[i] as number, x[i] as number, at, { scale, slack: 2 * displacement });
    }
  }
  if (kept < moderateCells / 4) {
    throw new Violation(
      `a well-conditioned round trip at a quarter of ${moderateCells} moderate points at least`,
      `${kept} where neither direction stretches by more than ${MAX_STRETCH}`,
    );
  }
  return comparison.result();
}

function maxDistance(a: Float32Array, b: Float32Array, cell: number, width: number): number {
  let largest = 0;
  for (let i = cell * width; i < (cell + 1) * width; i++) {
    largest = Math.max(largest, Math.abs((a[i] as number) - (b[i] as number)));
  }
  return largest;
}
