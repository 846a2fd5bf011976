import type { Parameter } from "@pushforward/core";
import type { PlanBuilder, PlanMatrix } from "@pushforward/core/extend";

/** Some columns of a matrix, in any order, as a step of a plan. */
export function columnsStep(plan: PlanBuilder, x: PlanMatrix, columns: readonly number[]): PlanMatrix {
  return plan.add("columns", { inputs: [x], outputs: [columns.length], settings: { columns: [...columns] } })[0];
}

/** x with some columns replaced by those of `part`, as a step of a plan. */
export function replaceColumnsStep(
  plan: PlanBuilder,
  x: PlanMatrix,
  part: PlanMatrix,
  columns: readonly number[],
): PlanMatrix {
  const settings = { columns: [...columns] };
  return plan.add("replaceColumns", { inputs: [x, part], outputs: [x.columns], settings })[0];
}

/** Writes `part` into some columns of a matrix that is filled in parts. */
export function fillColumnsStep(
  plan: PlanBuilder,
  target: PlanMatrix,
  part: PlanMatrix,
  columns: readonly number[],
): void {
  plan.add("fillColumns", { inputs: [part], outputs: [], into: [target], settings: { columns: [...columns] } });
}

/** The values of a parameter as each row of a matrix. */
export function parameterRowsStep(plan: PlanBuilder, parameter: Parameter): PlanMatrix {
  const columns = parameter.shape.reduce((a, b) => a * b, 1);
  return plan.add("parameterRows", { inputs: [], outputs: [columns], parameters: [parameter] })[0];
}

/** The sum of all columns of all matrices, `[rows, 1]`, as a step of a plan. */
export function sumColumnsStep(plan: PlanBuilder, matrices: readonly PlanMatrix[]): PlanMatrix {
  return plan.add("sumColumns", { inputs: matrices, outputs: [1] })[0];
}

/** The op `standardNormalLogProb` as a step of a plan: x `[rows, n]` → `[rows, 1]`. */
export function standardNormalLogProbStep(plan: PlanBuilder, x: PlanMatrix): PlanMatrix {
  return plan.add("standardNormalLogProb", { inputs: [x], outputs: [1] })[0];
}
