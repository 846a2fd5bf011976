export type { ChainStatistics, ChainValues } from "./chain-statistics.ts";
export { chainStatistics } from "./chain-statistics.ts";
export { inferenceCodecs } from "./codecs.ts";
export type { DensityFactory, DensityOptions, DensitySizes, EmbeddingFactory } from "./density-options.ts";
export type { InferenceEvent, InferenceNote, InferenceReport, TrainingEvent } from "./inference-events.ts";
export type { InferenceProblem, SimulatedProblem } from "./inference-problem.ts";
export type { Evidence, EvidenceParts } from "./log-evidence.ts";
export { logEvidence } from "./log-evidence.ts";
export type { MapEstimate, MapEstimateOptions } from "./map-estimate.ts";
export { mapEstimate } from "./map-estimate.ts";
export type { McmcDraws, McmcOptions, McmcPosteriorOptions } from "./mcmc-posterior.ts";
export { McmcPosterior, McmcSampler } from "./mcmc-posterior.ts";
export type { MissingOptions } from "./missing-data.ts";
export type { MixedPosteriorOptions } from "./mixed/mixed-posterior.ts";
export { MixedPosterior } from "./mixed/mixed-posterior.ts";
export type { MnpeOptions, MnpeResult } from "./mixed/mnpe.ts";
export { fitMnpe, mnpe } from "./mixed/mnpe.ts";
export type { LikelihoodPosteriorOptions, NleOptions, NleResult } from "./nle.ts";
export { fitNle, likelihoodPosterior, nle } from "./nle.ts";
export type { NpeOptions, NpeResult } from "./npe.ts";
export { fitNpe, npe } from "./npe.ts";
export type { NetworkFactory, NreOptions, NreResult, RatioPosteriorOptions } from "./nre.ts";
export { fitNre, nre, ratioPosterior } from "./nre.ts";
export type { OutsideSimulations } from "./outside-simulations.ts";
export type { RatioEstimatorOptions } from "./ratio-estimator.ts";
export { RatioEstimator, ratioEstimatorCodec } from "./ratio-estimator.ts";
export type { ObservedProblem, RoundOptions } from "./rounds/in-rounds.ts";
export type { SnleOptions } from "./rounds/snle.ts";
export { fitSnle, snle } from "./rounds/snle.ts";
export type { SnreOptions } from "./rounds/snre.ts";
export { fitSnre, snre } from "./rounds/snre.ts";
export type { TsnpeOptions } from "./rounds/tsnpe.ts";
export { fitTsnpe, tsnpe } from "./rounds/tsnpe.ts";
export { serveSimulator } from "./serve-simulator.ts";
export type {
  ResumedSimulations,
  SimulateOptions,
  SimulationEvent,
  SimulationProblem,
  SimulationResult,
} from "./simulate.ts";
export { simulate, simulateEvents } from "./simulate.ts";
export { SimulationError } from "./simulation-error.ts";
export type { DroppedSimulations } from "./simulation-report.ts";
export type { BatchSimulator, RowSimulator, SimulatedRow, Simulations, Simulator } from "./simulator.ts";
export type { Divergence } from "./variational/divergence.ts";
export type { VariationalOptions, VariationalResult } from "./variational/variational.ts";
export { fitVariational, variational } from "./variational/variational.ts";
export type { UnnormalizedLogDensity, VariationalFamily } from "./variational/variational-family.ts";
export type { WorkerHandle } from "./worker-handle.ts";
export type { WorkerSimulator, WorkerSimulatorOptions } from "./worker-simulator.ts";
export { workerSimulator } from "./worker-simulator.ts";
