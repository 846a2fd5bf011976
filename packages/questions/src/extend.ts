export { ConditionalTable } from "./conditional-table.ts";
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
export {
  ANOMALIES,
  type DescribedModel,
  isTableDensity,
  type LoadedModel,
  loadedModel,
} from "./model-file/loaded-model.ts";
export {
  checkScores,
  type LogDensities,
  type LogDensityMoments,
  LogDensitySummary,
  type LogDensitySummaryJson,
  logDensities,
} from "./model-file/log-densities.ts";
export { type ModelCells, modelCells } from "./model-file/model-cells.ts";
export { type OddRows, oddRows, reasonsOf, type TopRow, TopRows } from "./model-file/odd-rows.ts";
export { joinRows, numberTable, type ReadRows, readRows } from "./model-file/read-rows.ts";
export { type SampleModelOptions, sampleModel } from "./model-file/sample-model.ts";
export { type CheckConditionsOptions, checkConditions } from "./table-questions.ts";
