export { type CompiledModel, type OpenCompiledOptions, openCompiled } from "./compiled-model.ts";
export type { Engine, EngineMemory } from "./run/engine.ts";
export { scalarEngine } from "./run/scalar-engine.ts";
export type { StepOptions, StepResult, TrainerOptions } from "./train/plan-trainer.ts";
export { PlanTrainer } from "./train/plan-trainer.ts";
export type { CompiledData, CompiledStep, TrainCompiledOptions } from "./train/train-compiled.ts";
export { trainCompiledEvents } from "./train/train-compiled.ts";
