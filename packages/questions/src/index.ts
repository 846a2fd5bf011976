export type { Condition, Conditions, NumberRange, ValueSet } from "./condition.ts";
export { ConditionalTable } from "./conditional-table.ts";
export { type ImputedCell, type ImputedTable, type ImputeOptions, imputeTable } from "./impute-table.ts";
export { type MarginalLogProb, type MarginalOptions, marginalLogProb } from "./marginal-log-prob.ts";
export {
  type AskedModel,
  askedModel,
  checkQuestions,
  type GivenRows,
  givenRows,
  MARGINAL_ROWS,
  marginalRows,
} from "./model-file/asked-model.ts";
export {
  checkImputedColumns,
  type ImputedRows,
  type ImputedRowsOptions,
  imputedRows,
} from "./model-file/imputed-rows.ts";
export { ANOMALIES, type LoadedModel, loadedModel } from "./model-file/loaded-model.ts";
export {
  checkScores,
  type LogDensityMoments,
  LogDensitySummary,
  type LogDensitySummaryJson,
} from "./model-file/log-densities.ts";
export { type OddRows, oddRows, reasonsOf, type TopRow, TopRows } from "./model-file/odd-rows.ts";
export {
  type AskTableOptions,
  askTable,
  type CheckConditionsOptions,
  checkConditions,
  type GivenOptions,
  type TableQuestions,
} from "./table-questions.ts";
