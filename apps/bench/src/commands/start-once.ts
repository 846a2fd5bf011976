import { createKey, ndArray, trainEvents, useBackend } from "pushforward";
import { type CompiledModule, recordModules } from "../models/compiled-modules.ts";
import { type ModelSpec, makeFlow } from "../models/models.ts";

/** A model that is trained for ten steps, and when the process was started, by `Date.now()`. */
export interface StartJob {
  readonly model: ModelSpec;
  readonly rows: number;
  readonly start: number;
}

/** Milliseconds from the start of the process to the end of the first and of the tenth step. */
export interface StartTimes {
  readonly first: number;
  readonly tenth: number;
  readonly modules?: readonly CompiledModule[];
}

/** Trains for ten steps in this process, which has just been started. */
export async function startOnce({ model, rows, start }: StartJob): Promise<StartTimes> {
  const modules = recordModules();
  await useBackend("wasm");
  using flow = makeFlow(model);
  const data = ndArray([rows, model.features], createKey(2).normal(rows * model.features));
  const ends: number[] = [];
  const options = {
    key: createKey(3),
    batchSize: model.batch,
    learningRate: 1e-3,
    maxSteps: 10,
    validation: 0,
    threads: 1,
  };
  for await (const event of trainEvents(flow, data, options)) if (event.type === "step") ends.push(Date.now() - start);
  return { first: ends[0] as number, tenth: ends.at(-1) as number, modules: modules() };
}
