export type { Condition, Conditions, NumberRange, ValueSet } from "./condition.ts";
export { ConditionalTable } from "./conditional-table.ts";
export { type ImputedCell, type ImputedTable, type ImputeOptions, imputeTable } from "./impute-table.ts";
export { type MarginalLogProb, type MarginalOptions, marginalLogProb } from "./marginal-log-prob.ts";
export {
  type AskTableOptions,
  askTable,
  type CheckConditionsOptions,
  checkConditions,
  type GivenOptions,
  type TableQuestions,
} from "./table-questions.ts";
