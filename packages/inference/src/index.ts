export { type ChainStatistics, type ChainValues, chainStatistics } from "./chain-statistics.ts";
export type { DensityFactory, DensityOptions, DensitySizes, EmbeddingFactory } from "./density-options.ts";
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
export { MixedPosterior, type MixedPosteriorOptions } from "./mixed/mixed-posterior.ts";
export { fitMnpe, type MnpeOptions, type MnpeResult, mnpe } from "./mixed/mnpe.ts";
export {
  fitNle,
  type LikelihoodPosteriorOptions,
  likelihoodPosterior,
  type NleOptions,
  type NleResult,
  nle,
} from "./nle.ts";
export { fitNpe, type NpeOptions, type NpeResult, npe } from "./npe.ts";
export {
  fitNre,
  type NetworkFactory,
  type NreOptions,
  type NreResult,
  nre,
  type RatioPosteriorOptions,
  ratioPosterior,
} from "./nre.ts";
export type { OutsideSimulations } from "./outside-simulations.ts";
export { RatioEstimator, type RatioEstimatorOptions } from "./ratio-estimator.ts";
export type { ObservedProblem, RoundOptions } from "./rounds/in-rounds.ts";
export { fitSnle, type SnleOptions, snle } from "./rounds/snle.ts";
export { fitSnre, type SnreOptions, snre } from "./rounds/snre.ts";
export { fitTsnpe, type TsnpeOptions, tsnpe } from "./rounds/tsnpe.ts";
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
  fitVariational,
  type VariationalOptions,
  type VariationalResult,
  variational,
} from "./variational/variational.ts";
export type { UnnormalizedLogDensity, VariationalFamily } from "./variational/variational-family.ts";
export type { WorkerHandle } from "./worker-handle.ts";
export { type WorkerSimulator, type WorkerSimulatorOptions, workerSimulator } from "./worker-simulator.ts";
