export { type NdArray, ndArray } from "./arrays/nd-array.ts";
export type { RowsLike } from "./arrays/read-rows.ts";
export type { Shape } from "./arrays/shape.ts";
export type { TensorLike } from "./arrays/tensor-like.ts";
export type { Codec, Json, Registry } from "./codec/codec.ts";
export type { Bijection, BijectionFamily, ValueAndLogDet } from "./contracts/bijection.ts";
export type { Conditioner } from "./contracts/conditioner.ts";
export type { ConditionalDistribution, Distribution } from "./contracts/distribution.ts";
export { type Module, type ParameterTree, parameterCount } from "./contracts/module.ts";
export type { Parameter } from "./contracts/parameter.ts";
export {
  BackendError,
  ContextError,
  DataError,
  type DataLocation,
  DisposedError,
  type DivergenceDetail,
  DomainError,
  InverseNotAvailableError,
  MissingPackageError,
  ModelFileError,
  type ModelFileReason,
  OptionError,
  PushforwardError,
  SaveError,
  ShapeError,
  TrainingDivergedError,
} from "./errors/errors.ts";
export { createKey, type Key, type Keys } from "./key.ts";
export type { Activation, GaussianizationForm, SumOfSquaresForm } from "./plan/plan-data.ts";
