export type { ColumnChoice } from "./choose-columns.ts";
export { chooseColumns } from "./choose-columns.ts";
export { tablesCodecs } from "./codecs.ts";
export type { ColumnDeclaration, ColumnDeclarations } from "./columns/declarations/column-declaration.ts";
export {
  boolean,
  category,
  circular,
  date,
  id,
  integer,
  interval,
  ordinal,
  positive,
  real,
  text,
} from "./columns/declarations/column-types.ts";
export { parseDeclarations } from "./columns/declarations/parse-declarations.ts";
export type {
  DeclaredColumns,
  DeclaredInput,
  DeclaredRow,
  DeclaredSource,
  DeclaredTable,
  TableDeclaration,
} from "./columns/declarations/table-declaration.ts";
export { table } from "./columns/declarations/table-declaration.ts";
export type { ColumnRelation, DependentColumn } from "./columns/dependent/dependent-column.ts";
export { describeDependent } from "./columns/dependent/describe-dependent.ts";
export { findDependentColumns } from "./columns/dependent/find-dependent-columns.ts";
export type { ColumnNote } from "./columns/finding/column-note.ts";
export type { FindVariablesOptions, FoundVariables } from "./columns/finding/find-variables.ts";
export { findVariables } from "./columns/finding/find-variables.ts";
export { describeVariable } from "./columns/variables/describe-variable.ts";
export { hasFewValues } from "./columns/variables/has-few-values.ts";
export type { ReadVariablesOptions } from "./columns/variables/read-variables.ts";
export { readVariables } from "./columns/variables/read-variables.ts";
export type { NumberFormat, TypedTable, Variable, VariableKind } from "./columns/variables/variable.ts";
export { isLearnedVariable, isNumericVariable, VARIABLE_KINDS } from "./columns/variables/variable.ts";
export { variablesFromJson, variablesToJson } from "./columns/variables/variables-json.ts";
export {
  cellWriter,
  typedCells,
  writeCell,
  writeVariables,
  writtenTypes,
} from "./columns/variables/write-variables.ts";
export { contextVector } from "./context-vector.ts";
export { CategoryCoding } from "./density/coding/category-coding.ts";
export {
  CELL_SIZE,
  type CellCoding,
  type CodedColumn,
  type NumberSupport,
  type RowOrigin,
} from "./density/coding/cell-coding.ts";
export { NumberCoding, type OpenRange } from "./density/coding/number-coding.ts";
export { NumberMarginal } from "./density/coding/number-marginal.ts";
export type { ColumnDensityOptions } from "./density/column-density.ts";
export { ColumnDensity, columnDensityCodec } from "./density/column-density.ts";
export type { DensityColumn } from "./density/density-column.ts";
export { cellAt, cellsThatFollow, columnFromCells } from "./density/dependent-cells.ts";
export type { FilledRows, FillOptions, FreeCells } from "./density/fill-rows.ts";
export type { TableDensityOptions, TableDensityResult } from "./density/fit/fit-table-density.ts";
export { fitTableDensity, tableDensity } from "./density/fit/fit-table-density.ts";
export { type Learnable, learnable } from "./density/fit/learnable.ts";
export type {
  NetworkJob,
  NetworkJobOptions,
  NetworkTrainer,
  TrainedNetwork,
} from "./density/fit/network/network-trainer.ts";
export type {
  SavedColumn,
  TableCheckpoint,
  TableCheckpointMeta,
  TableCheckpointOptions,
  TableFitIdentity,
} from "./density/fit/table-checkpoint.ts";
export type {
  ColumnEvent,
  ColumnTrainingEvent,
  TableDensityEvent,
  TableRowCounts,
  TableStartEvent,
} from "./density/fit/table-density-events.ts";
export { type FoldRows, type TableParts, type TablePartsOptions, tableParts } from "./density/fit/table-parts.ts";
export type { ColumnWorkers, OpenColumnWorkers } from "./density/fit/workers/column-workers.ts";
export type { NetworkPort } from "./density/fit/workers/network-messages.ts";
export { PortTrainer } from "./density/fit/workers/port-trainer.ts";
export { serveNetworks } from "./density/fit/workers/serve-networks.ts";
export { sumCells, TableDensity, tableDensityCodec } from "./density/table-density.ts";
export { freeName } from "./files/free-name.ts";
export { learnedTable } from "./files/learned-table.ts";
export type { PlottedColumn } from "./files/plotted-column.ts";
export { plottedColumn } from "./files/plotted-column.ts";
export { refuseSpaces } from "./files/refuse-spaces.ts";
export { rowBlocks } from "./files/row-blocks.ts";
export type { SampleDensityOptions } from "./files/sample-density.ts";
export { sampleDensity } from "./files/sample-density.ts";
export type { ScoreDensityOptions, ScoredDensity } from "./files/score-density.ts";
export { densityReading, scoreDensity, scoreDensityRows } from "./files/score-density.ts";
export type { ReadTableOptions, TableSource } from "./files/table-source.ts";
export type { UnderstandTableOptions, UnderstoodTable } from "./files/understand-table.ts";
export { understandTable } from "./files/understand-table.ts";
export { canOccur, refuseUnseen, UnseenCells, type UnseenCounts } from "./files/unseen-cells.ts";
export { gaussianNll } from "./gaussian-nll.ts";
export type { HeldOut, HoldOutOptions } from "./hold-out.ts";
export { holdOut, holdOutCount } from "./hold-out.ts";
export { meanNll } from "./mean-nll.ts";
export type { NormalMixtureOptions, NormalMixtureResult, TriedNormals } from "./normal-mixture/fit-normal-mixture.ts";
export { normalMixture } from "./normal-mixture/fit-normal-mixture.ts";
export { NormalMixture, type NormalMixtureParts, normalMixtureCodec } from "./normal-mixture/normal-mixture.ts";
export { NormalRows } from "./normal-mixture/normal-rows.ts";
export { type ScaledValue, scaledValue } from "./normal-mixture/scaled-cells.ts";
export { type ContextBlock, type FlowContext, flowContext, flowContextLayout } from "./numeric-flow/flow-context.ts";
export { NumericFlow, type NumericFlowParts, numericFlowCodec } from "./numeric-flow/numeric-flow.ts";
export { type NumericColumn, type NumericRows, numericRows } from "./numeric-flow/numeric-rows.ts";
export type { FlowSizes, PreparedFlow } from "./prepare-flow.ts";
export { prepareFlow } from "./prepare-flow.ts";
export type { ConditionalRowsOptions } from "./product-mixture/conditional-rows.ts";
export { ConditionalRows } from "./product-mixture/conditional-rows.ts";
export type { MissingCells } from "./product-mixture/encode-cells.ts";
export type { MixtureIterationEvent, MixturePassEvent } from "./product-mixture/fit-components.ts";
export type {
  MixtureComponentsEvent,
  ProductMixtureEvent,
  ProductMixtureOptions,
  ProductMixtureResult,
  ProductMixtureStartEvent,
} from "./product-mixture/fit-product-mixture.ts";
export { fitProductMixture, productMixture } from "./product-mixture/fit-product-mixture.ts";
export type { MixtureColumn } from "./product-mixture/mixture-column.ts";
export type { ProductMixtureParts, ProductMixtureQuestion } from "./product-mixture/product-mixture.ts";
export { ProductMixture, productMixtureCodec } from "./product-mixture/product-mixture.ts";
export { rowNumber } from "./row-number.ts";
export type { RowPurpose } from "./rows-by-word.ts";
export { rowsByWord } from "./rows-by-word.ts";
export { sampleBlockRows } from "./sample-block-rows.ts";
export type { SampleBlock, SampleBlocksOptions } from "./sample-blocks.ts";
export { sampleBlocks } from "./sample-blocks.ts";
export { sampleColumns } from "./sample-columns.ts";
export { splineBound } from "./spline-bound.ts";
export type { SplitChoice, SplitRows } from "./split-rows.ts";
export { splitRowIndices, splitRows } from "./split-rows.ts";
export type { ConditionalRowStatistics, RowStatistics } from "./standardize-rows.ts";
export { farRowStatistics, rowStatistics, standardizeRows } from "./standardize-rows.ts";
export type { TableDensityModel } from "./table-density-model.ts";
export { tableDensityModel, tableVariablesToJson } from "./table-density-model.ts";
export type { TableMember } from "./table-mixture/table-member.ts";
export {
  TableMixture,
  type TableMixtureParts,
  tableMixtureCodec,
} from "./table-mixture/table-mixture.ts";
export type { TableModel } from "./table-model.ts";
export { nonNegativeColumns, tableModel, unnamedSchema } from "./table-model.ts";
export type { ConditionalTableRows, TableRows } from "./table-rows.ts";
export { contextRows, contextValues, eventRows, hasColumnsOf, pickRows, tableRows } from "./table-rows.ts";
export {
  type ContextColumn,
  classColumns,
  contextNames,
  contextSize,
  gridSpacing,
  schemaKinds,
  schemaNames,
  type TableSchema,
} from "./table-schema.ts";
export { tableMetadata, tableSchemaFromJson, tableSchemaToJson } from "./table-schema-json.ts";
