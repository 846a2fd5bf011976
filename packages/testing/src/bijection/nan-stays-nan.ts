import { sizeOf } from "@pushforward/core/extend";
import { formatValues, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { moderateInputs, outputs, part, sidesOf } from "./side.ts";

export function nanStaysNan(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const size = sizeOf(side.shapeIn);
    const clean = moderateInputs(side, trial.key.fold(side.name), size + 1);
    const dirty = clean.values.slice();
    for (let i = 0; i < size; i++) dirty[i * size + i] = Number.NaN;
    const found = outputs(side, { ...clean, values: dirty });
    const apart = trial.theCase.elementwise === true || side.rankIn === 0;
    for (let row = 0; row < clean.count; row++) {
      const value = part(found.value, row, clean.count);
      const reached = apart ? Number.isNaN(value[row] ?? Number.NaN) : value.some(Number.isNaN);
      if (row < size && !reached) {
        throw new Violation(`NaN in the value of ${side.name}`, formatValues(value), `NaN as element ${row}`);
      }
      if (row === size && value.some(Number.isNaN)) {
        throw new Violation(`the value of ${side.name} to be free of other rows' NaN`, formatValues(value));
      }
    }
    if (clean.context === undefined) continue;
    const width = clean.context.length / clean.count;
    const context = clean.context.slice();
    for (let i = 0; i < Math.min(width, size); i++) context[i * width + i] = Number.NaN;
    const seen = outputs(side, { ...clean, context });
    for (let row = 0; row < Math.min(width, size); row++) {
      const value = part(seen.value, row, clean.count);
      if (!value.some(Number.isNaN) && !part(seen.logDet, row, clean.count).some(Number.isNaN)) {
        throw new Violation(`NaN in what ${side.name} gives`, formatValues(value), `NaN as context element ${row}`);
      }
    }
  }
  return KEPT;
}
