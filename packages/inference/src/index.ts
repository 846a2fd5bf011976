export type { WorkerHandle } from "@pushforward/core/plain";
export { type ChainStatistics, type ChainValues, chainStatistics } from "./chain-statistics.ts";
export type { DensityFactory, DensityOptions, DensitySizes, EmbeddingFactory } from "./density-options.ts";
export {
  type FitNleOptions,
  type FitNleResult,
  fitNle,
  fitNleEvents,
  type LikelihoodPosteriorOptions,
  likelihoodPosterior,
} from "./fit-nle.ts";
export { type FitNpeOptions, type FitNpeResult, fitNpe, fitNpeEvents } from "./fit-npe.ts";
export {
  type FitNreOptions,
  type FitNreResult,
  fitNre,
  fitNreEvents,
  type NetworkFactory,
  type RatioPosteriorOptions,
  ratioPosterior,
} from "./fit-nre.ts";
export type { InferenceEvent, InferenceNote, InferenceReport, TrainingEvent } from "./inference-events.ts";
export type { InferenceProblem, SimulatedProblem } from "./inference-problem.ts";
export { type Evidence, type EvidenceParts, logEvidence } from "./log-evidence.ts";
export { type MapEstimate, type MapEstimateOptions, mapEstimate } from "./map-estimate.ts";
export {
  type McmcDraws,
  type McmcOptions,
  McmcPosterior,
  type McmcPosteriorOptions,
  McmcSampler,
} from "./mcmc-posterior.ts";
export type { MissingOptions } from "./missing-data.ts";
export { type FitMnpeOptions, type FitMnpeResult, fitMnpe, fitMnpeEvents } from "./mixed/fit-mnpe.ts";
export { MixedPosterior, type MixedPosteriorOptions } from "./mixed/mixed-posterior.ts";
export type { OutsideSimulations } from "./outside-simulations.ts";
export { RatioEstimator, type RatioEstimatorOptions } from "./ratio-estimator.ts";
export { type FitSnleOptions, fitSnle, fitSnleEvents } from "./rounds/fit-snle.ts";
export { type FitSnreOptions, fitSnre, fitSnreEvents } from "./rounds/fit-snre.ts";
export { type FitTsnpeOptions, fitTsnpe, fitTsnpeEvents } from "./rounds/fit-tsnpe.ts";
export type { ObservedProblem, RoundOptions } from "./rounds/in-rounds.ts";
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
export { SimulationError } from "./simulation-error.ts";
export type { DroppedSimulations } from "./simulation-report.ts";
export type { BatchSimulator, RowSimulator, SimulatedRow, Simulations, Simulator } from "./simulator.ts";
export type { Divergence } from "./variational/divergence.ts";
export {
  type FitVariationalOptions,
  type FitVariationalResult,
  fitVariational,
  fitVariationalEvents,
} from "./variational/fit-variational.ts";
export type { UnnormalizedLogDensity, VariationalFamily } from "./variational/variational-family.ts";
export { type WorkerSimulator, type WorkerSimulatorOptions, workerSimulator } from "./worker-simulator.ts";
