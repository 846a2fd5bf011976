export { ConditionalTable } from "./conditional-table.ts";
export { OPERATION_ANSWERS, type OperationAnswer } from "./model-file/answers.ts";
export {
  ANOMALIES,
  type AskedModel,
  askedModel,
  checkQuestions,
  checkScores,
  type GivenRows,
  givenRows,
  type LoadedModel,
  type LogDensityMoments,
  LogDensitySummary,
  type LogDensitySummaryJson,
  loadedModel,
  MARGINAL_ROWS,
  marginalRows,
} from "./model-file/asked-model.ts";
export {
  type ConditionProbability,
  conditionProbability,
  type ProbabilityOptions,
} from "./model-file/condition-probability.ts";
export {
  checkImputedColumns,
  type ImputedRows,
  type ImputedRowsOptions,
  imputedRows,
} from "./model-file/imputed-rows.ts";
export { type OddRows, oddRows, reasonsOf, type TopRow, TopRows } from "./model-file/odd-rows.ts";
export { type CheckConditionsOptions, checkConditions } from "./table-questions.ts";
