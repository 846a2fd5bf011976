import type { Parameter } from "@pushforward/core";
import type { PlanBuilder, PlanMatrix } from "@pushforward/core/extend";

/** Some columns of a matrix, in any order, as a step of a plan. */
export function columnsStep(plan: PlanBuilder, x: PlanMatrix, columns: readonly number[]): PlanMatrix {
  return plan.add("columns", { inputs: [x], settings: { columns: [...columns] } })[0];
}

/** x with some columns replaced by the columns of `part`, as a step of a plan. */
export function replaceColumnsStep(
  plan: PlanBuilder,
  x: PlanMatrix,
  part: PlanMatrix,
  columns: readonly number[],
): PlanMatrix {
  const settings = { columns: [...columns] };
  return plan.add("replaceColumns", { inputs: [x, part], settings })[0];
}

/** Writes `part` into some columns of a matrix that is filled in parts. */
export function fillColumnsStep(
  plan: PlanBuilder,
  target: PlanMatrix,
  part: PlanMatrix,
  columns: readonly number[],
): void {
  plan.add("fillColumns", { inputs: [part], into: [target], settings: { columns: [...columns] } });
}

/** The values of a parameter as each row of a matrix. */
export function parameterRowsStep(plan: PlanBuilder, parameter: Parameter): PlanMatrix {
  return plan.add("parameterRows", { inputs: [], parameters: [parameter] })[0];
}

/** The sum of all columns of all matrices, `[rows, 1]`, as a step of a plan. */
export function sumColumnsStep(plan: PlanBuilder, matrices: readonly PlanMatrix[]): PlanMatrix {
  return plan.add("sumColumns", { inputs: matrices })[0];
}

/** The op `standardNormalLogProb` as a step of a plan: x `[rows, n]` → `[rows, 1]`. */
export function standardNormalLogProbStep(plan: PlanBuilder, x: PlanMatrix): PlanMatrix {
  return plan.add("standardNormalLogProb", { inputs: [x] })[0];
}
