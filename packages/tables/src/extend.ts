export { tablesCodecs } from "./codecs.ts";
export { type CellLimits, statesOf } from "./density/cell-limits.ts";
export {
  CategoryCoding,
  CELL_SIZE,
  type CellCoding,
  type CodedColumn,
  type NumberSupport,
  type RowOrigin,
} from "./density/coding/category-coding.ts";
export { NumberCoding, type OpenRange, rankMarginal } from "./density/coding/number-coding.ts";
export { type NumberFloorOptions, NumberMarginal, numberFloor } from "./density/coding/number-marginal.ts";
export { hasClusters } from "./density/coding/quantile-knots.ts";
export { ColumnDensity, type ColumnDensityOptions } from "./density/column-density.ts";
export { marginalHead } from "./density/column-heads.ts";
export { COPY_ROUNDING, type CopySource, keptCells, mayCopy, recalledCodes } from "./density/copied-cells.ts";
export { type DensityColumn, isSeparate } from "./density/density-column.ts";
export { cellAt, columnFromCells, followingShares, gridOffset, RELATIVE_ROUNDING } from "./density/dependent-cells.ts";
export { rangeOf } from "./density/draw-cells.ts";
export { type DrawnHoles, joinDraws, takeDraws } from "./density/draw-holes.ts";
export {
  type FoldRows,
  hasFolds,
  type TableParts,
  type TablePartsOptions,
  tableParts,
} from "./density/fit/column-evidence.ts";
export { matchRuledFrequencies } from "./density/fit/match-frequencies.ts";
export type {
  NetworkJob,
  NetworkJobOptions,
  NetworkTrainer,
  TrainedNetwork,
} from "./density/fit/network/train-network.ts";
export {
  type Learnable,
  learnable,
  type SavedColumn,
  type TableCheckpointMeta,
  type TableFitIdentity,
} from "./density/fit/table-checkpoints.ts";
export { type OpenColumnWorkers, PortTrainer, serveNetworks } from "./density/fit/workers.ts";
export type { RecalledCells } from "./density/recalled-cells.ts";
export { sumCells, TableDensity } from "./density/table-density.ts";
export {
  type ContextBlock,
  type FlowContext,
  flowContext,
  flowContextLayout,
  type NumericColumn,
  NumericFlow,
  type NumericRows,
  numericRows,
  SoftLog,
} from "./flow/numeric-flow.ts";
export {
  type ColumnChoice,
  chooseColumns,
  type FlowSizes,
  gaussianNll,
  meanNll,
  type PreparedFlow,
  prepareFlow,
} from "./flow/prepare-flow.ts";
export {
  type ContextColumn,
  classColumns,
  contextNames,
  contextSize,
  layoutFromJson,
  layoutKinds,
  layoutNames,
  layoutToJson,
  type RowLayout,
  type SampleBlock,
  type SampleBlocksOptions,
  sampleBlocks,
  sampleColumns,
  tableMetadata,
} from "./flow/row-layout.ts";
export {
  type ConditionalRowStatistics,
  farRowStatistics,
  type RowStatistics,
  rowStatistics,
  splineBound,
  standardizeRows,
} from "./flow/standardize-rows.ts";
export {
  type ConditionalTableRows,
  contextRows,
  contextValues,
  contextVector,
  eventRows,
  hasColumnsOf,
  numberTable,
  pickRows,
  type TableRows,
  tableRows,
} from "./flow/table-rows.ts";
export type { FreeCells, HoleTask, Tilt } from "./mixtures/hole-rows.ts";
export { repeatRows } from "./mixtures/hole-rows.ts";
export { matchKeptRows } from "./mixtures/match-kept-rows.ts";
export type { TriedNormals } from "./mixtures/normal-mixture/fit-normal-mixture.ts";
export { NormalMixture, type NormalMixtureParts } from "./mixtures/normal-mixture/normal-mixture.ts";
export { type ScaledValue, scaledValue } from "./mixtures/normal-mixture/scaled-cells.ts";
export { ConditionalRows, type ConditionalRowsOptions } from "./mixtures/product-mixture/conditional-rows.ts";
export { fitProductMixtureEvents } from "./mixtures/product-mixture/fit-product-mixture.ts";
export type { MixtureColumn } from "./mixtures/product-mixture/mixture-tables.ts";
export type { ProductMixtureParts } from "./mixtures/product-mixture/product-mixture.ts";
export { ProductMixture } from "./mixtures/product-mixture/product-mixture.ts";
export { TableMixture } from "./mixtures/table-mixture.ts";
export {
  type AnyTableDensity,
  CopulaModel,
  DensityModel,
  type DensityModelParts,
} from "./model/density-model.ts";
export { FlowModel, type FlowModelParts, nonNegativeColumns } from "./model/flow-model.ts";
export { densityColumns, describeMeasure, logPrintedMass } from "./model/measure.ts";
export { openTableModel } from "./model/open-table-model.ts";
export { canOccur, refuseUnseen, UnseenCells, type UnseenCounts } from "./model/unseen-cells.ts";
export { RuleSearch } from "./rules/find-rules.ts";
export { sumRules } from "./rules/find-sums.ts";
export { describeRules, pairTest, type RangeRule, rowsThatKeep } from "./rules/row-rules.ts";
export { RuledDensity, type RuledDensityParts } from "./rules/ruled-density.ts";
export { type CellSum, RULE_SLACK } from "./rules/sum-rules.ts";
export {
  type HeldOut,
  type HoldOutOptions,
  holdOut,
  holdOutCount,
  type RowPurpose,
  rowsByWord,
  type SplitChoice,
  type SplitRows,
  splitRowIndices,
  splitRows,
} from "./split-rows.ts";
