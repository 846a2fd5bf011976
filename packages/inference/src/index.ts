export type { WorkerHandle } from "@pushforward/core/plain";
export {
  type FitNleOptions,
  type FitNleResult,
  type FitNpeOptions,
  type FitNpeResult,
  fitNle,
  fitNleEvents,
  fitNpe,
  fitNpeEvents,
  type LikelihoodPosteriorOptions,
  likelihoodPosterior,
} from "./fit-npe-nle.ts";
export {
  type FitNreOptions,
  type FitNreResult,
  fitNre,
  fitNreEvents,
  type NetworkFactory,
  RatioEstimator,
  type RatioEstimatorOptions,
  type RatioPosteriorOptions,
  ratioPosterior,
} from "./fit-nre.ts";
export type {
  DensityFactory,
  DensityOptions,
  DensitySizes,
  EmbeddingFactory,
  InferenceEvent,
  InferenceNote,
  InferenceProblem,
  InferenceReport,
  SimulatedProblem,
  TrainingEvent,
} from "./inference-problem.ts";
export {
  type Evidence,
  type EvidenceParts,
  logEvidence,
  type MapEstimate,
  type MapEstimateOptions,
  mapEstimate,
} from "./map-estimate.ts";
export {
  type ChainStatistics,
  type ChainValues,
  chainStatistics,
  type McmcDraws,
  type McmcOptions,
  McmcPosterior,
  type McmcPosteriorOptions,
  McmcSampler,
} from "./mcmc-posterior.ts";
export { type FitMnpeOptions, type FitMnpeResult, fitMnpe, fitMnpeEvents } from "./mixed/fit-mnpe.ts";
export { MixedPosterior, type MixedPosteriorOptions } from "./mixed/mixed-posterior.ts";
export { type FitTsnpeOptions, fitTsnpe, fitTsnpeEvents } from "./rounds/fit-tsnpe.ts";
export {
  type FitSnleOptions,
  type FitSnreOptions,
  fitSnle,
  fitSnleEvents,
  fitSnre,
  fitSnreEvents,
  type ObservedProblem,
  type RoundOptions,
} from "./rounds/rounds.ts";
export { serveSimulator } from "./serve-simulator.ts";
export {
  type ResumedSimulations,
  type SimulateOptions,
  type SimulationEvent,
  type SimulationProblem,
  type SimulationResult,
  simulate,
  simulateEvents,
} from "./simulate.ts";
export {
  type BatchSimulator,
  type DroppedSimulations,
  type MissingOptions,
  type OutsideSimulations,
  type RowSimulator,
  type SimulatedRow,
  SimulationError,
  type Simulations,
  type Simulator,
} from "./simulator.ts";
export {
  type Divergence,
  type FitVariationalOptions,
  type FitVariationalResult,
  fitVariational,
  fitVariationalEvents,
  type UnnormalizedLogDensity,
  type VariationalFamily,
} from "./variational/fit-variational.ts";
export { type WorkerSimulator, type WorkerSimulatorOptions, workerSimulator } from "./worker-simulator.ts";
