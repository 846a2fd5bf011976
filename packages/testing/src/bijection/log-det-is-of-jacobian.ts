import { sizeOf } from "@pushforward/core/extend";
import { Comparison, formatNumber, type Measurement, Violation } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { jacobians } from "./jacobian.ts";
import { logAbsDet } from "./log-abs-det.ts";
import { describeRow, moderateInputs, outputs, type Side } from "./side.ts";

export function logDetIsOfJacobian(trial: BijectionTrial, side: Side): Measurement {
  const size = sizeOf(side.shapeIn);
  const inputs = moderateInputs(side, trial.key.fold(side.name), size <= 8 ? Math.min(200, trial.points) : 32);
  const { logDet } = outputs(side, inputs);
  const matrices = jacobians(side, inputs);
  const comparison = new Comparison(trial.tolerances.jacobian);
  const perRow = logDet.length / inputs.count;
  const elementwise = trial.theCase.elementwise === true || side.rankIn === 0;
  for (let row = 0; row < inputs.count; row++) {
    const matrix = matrices.subarray(row * size * size, (row + 1) * size * size);
    let total = 0;
    for (let i = 0; i < perRow; i++) total += logDet[row * perRow + i] as number;
    comparison.add(total, logAbsDet(matrix, size), () => describeRow(inputs, row));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const order = trial.theCase.triangular;
        const zero = (elementwise && i !== j) || (order && (order[j] as number) > (order[i] as number));
        if (zero && matrix[i * size + j] !== 0) {
          throw new Violation(
            `∂output[${i}]/∂input[${j}] = 0 exactly`,
            formatNumber(matrix[i * size + j] as number),
            describeRow(inputs, row),
          );
        }
      }
    }
  }
  return comparison.result();
}
