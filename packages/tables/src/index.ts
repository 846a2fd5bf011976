export type {
  ColumnEvent,
  ColumnTrainingEvent,
  FitTableDensityEvent,
  TableRowCounts,
  TableStartEvent,
} from "./density/fit/fit-rows.ts";
export {
  type FitTableDensityOptions,
  type FitTableDensityResult,
  fitTableDensity,
  fitTableDensityEvents,
} from "./density/fit/fit-table-density.ts";
export type { TableCheckpoint, TableCheckpointOptions } from "./density/fit/table-checkpoints.ts";
export type { ColumnWorkers } from "./density/fit/workers.ts";
export type { TableDensity } from "./density/table-density.ts";
export type { NumericFlow, NumericFlowParts } from "./flow/numeric-flow.ts";
export {
  type FitNormalMixtureOptions,
  type FitNormalMixtureResult,
  fitNormalMixture,
} from "./mixtures/normal-mixture/fit-normal-mixture.ts";
export type { NormalMixture } from "./mixtures/normal-mixture/normal-mixture.ts";
export type { MissingCells } from "./mixtures/product-mixture/column-tables.ts";
export type { MixtureIterationEvent, MixturePassEvent } from "./mixtures/product-mixture/fit-components.ts";
export {
  type FitProductMixtureEvent,
  type FitProductMixtureOptions,
  type FitProductMixtureResult,
  fitProductMixture,
  type MixtureComponentsEvent,
  type ProductMixtureStartEvent,
} from "./mixtures/product-mixture/fit-product-mixture.ts";
export type { ProductMixture } from "./mixtures/product-mixture/product-mixture.ts";
export type { ProductMixtureQuestion } from "./mixtures/row-mixture.ts";
export type { TableMember, TableMixture, TableMixtureParts } from "./mixtures/table-mixture.ts";
export type {
  CellScores,
  DrawOptions,
  OpenTableOptions,
  ReadingOptions,
  RowColumn,
  RowDensity,
  RowFlow,
  RowScores,
  TableModel,
  TypedRowsOptions,
} from "./model/table-model.ts";
export type { CellState, PairRule, RowRule } from "./rules/row-rules.ts";
export type { RuledDensity } from "./rules/ruled-density.ts";
export type { SumRule } from "./rules/sum-rules.ts";
