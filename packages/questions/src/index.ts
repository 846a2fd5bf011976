export type { Condition, Conditions, NumberRange, ValueSet } from "./condition.ts";
export type { ConditionalTable } from "./conditional-table.ts";
export { type ImputedCell, type ImputedTable, type ImputeOptions, imputeTable } from "./impute-table.ts";
export { type MarginalLogProb, type MarginalOptions, marginalLogProb } from "./marginal-log-prob.ts";
export { type AskTableOptions, askTable, type GivenOptions, type TableQuestions } from "./table-questions.ts";
