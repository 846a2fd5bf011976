import type { Executor, Plan, PlanTrainer, PlanTrainerOptions } from "@pushforward/core";
import { type Kernels, type PlanLayout, PlanRun, planLayout, scalarKernels, stepKinds } from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { ArenaTrainer } from "./arena-trainer.ts";
import { PlanOnTape } from "./plan-on-tape.ts";
import { startFailures } from "./start-failure.ts";
import { threadCount } from "./thread-count.ts";
import { openThreads } from "./threaded-trainer.ts";
import { trainingPlan } from "./training-plan.ts";

/** Numbers that the arena of an inference may take, 16 MiB: memory stays constant for any number of rows. */
const ARENA_SIZE = 1 << 22;
const SMALLEST_CHUNK = 64;
const LARGEST_CHUNK = 512;

/** Runs the plans of models on the memory of a backend: parameters and tensors are computed with where they are. */
export class PlanExecutor implements Executor {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly onTape: PlanOnTape;
  /** The layout that a plan ran with last, and for up to how many rows. */
  private readonly layouts = new WeakMap<Plan, { readonly rows: number; readonly layout: PlanLayout }>();

  constructor(backend: object, kernels: Kernels) {
    this.backend = backend;
    this.kernels = kernels;
    this.onTape = new PlanOnTape(backend, kernels);
  }

  refusal({ steps }: Plan, task: "run" | "train"): string | undefined {
    const unknown = steps.find(({ op }) => stepKinds[op] === undefined);
    if (unknown !== undefined) return `there is no kernel for the step ${unknown.op}`;
    if (task === "run") return undefined;
    const flat = steps.find(({ op }) => !stepKinds[op]?.hasGradient);
    if (flat !== undefined) return `the step ${flat.op} has no gradient`;
    const used = steps.flatMap(({ parameters }) => [...parameters]);
    return new Set(used).size === used.length ? undefined : "two steps share a parameter";
  }

  run(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] {
    this.onTape.freeAbandoned();
    const memory = kernelMemory(this.backend);
    const rows = inputs[0]?.shape[0] as number;
    const layout = this.layoutFor(plan, Math.min(rows, LARGEST_CHUNK));
    const values = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
    // First all that may move the memory: what another backend had, and what is allocated.
    const parameters = plan.parameters.map(({ variable }) => variable);
    for (const info of [...inputs, ...parameters]) values(info);
    const identities = parameters.map(({ dataId }) => dataId);
    const outputs = plan.outputs.map((id) => memory.allocate([rows, plan.columns[id] as number], "float32"));
    const arena = memory.allocate([layout.size], "float32");
    const arrays = { arena: values(arena), parameters: parameters.map(values), gradients: [], identities };
    const [from, to] = [inputs.map(values), outputs.map(values)];
    let bound: PlanRun | undefined;
    for (let start = 0; start < rows; start += layout.rows) {
      const count = Math.min(layout.rows, rows - start);
      if (bound === undefined || count < layout.rows) {
        bound = new PlanRun(this.kernels, plan, layout, undefined, arrays, count);
      }
      for (const [k, input] of bound.inputs.entries()) {
        const width = input.length / count;
        input.set((from[k] as Float32Array).subarray(start * width, (start + count) * width));
      }
      bound.forward();
      for (const [k, output] of bound.outputs.entries()) to[k]?.set(output, (start * output.length) / count);
    }
    memory.free(arena);
    return outputs.map((info) => tf.engine().makeTensorFromTensorInfo(info));
  }

  private layoutFor(plan: Plan, rows: number): PlanLayout {
    const last = this.layouts.get(plan);
    if (last?.rows === rows) return last.layout;
    const layout = inferenceLayout(plan, rows);
    this.layouts.set(plan, { rows, layout });
    return layout;
  }

  runOnTape(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined {
    return this.onTape.run(plan, inputs);
  }

  train(plan: Plan, options: PlanTrainerOptions): PlanTrainer | Promise<PlanTrainer> {
    const threads = this.kernels === scalarKernels ? 1 : threadCount(plan, options);
    // A copy, because some can be gone through only once.
    const given = { ...options, trained: [...options.trained] };
    if (threads > 1) return this.trainOn(threads, plan, given);
    return new ArenaTrainer(this.backend, this.kernels, trainingPlan(plan, given.rows, given.trained));
  }

  private async trainOn(threads: number, plan: Plan, options: PlanTrainerOptions): Promise<PlanTrainer> {
    try {
      const trainer = await openThreads(this.backend, this.kernels, plan, options, threads);
      startFailures.delete("threads");
      return trainer;
    } catch (error) {
      startFailures.set("threads", error instanceof Error ? error.message : String(error));
      return this.train(plan, { ...options, threads: 1 });
    }
  }
}

/** Rows at a time such that what a plan touches stays in the caches. */
function inferenceLayout(plan: Plan, rows: number): PlanLayout {
  let chunk = rows;
  let layout = planLayout(plan, chunk);
  while (layout.size > ARENA_SIZE && chunk > SMALLEST_CHUNK) {
    chunk = Math.max(SMALLEST_CHUNK, chunk >> 1);
    layout = planLayout(plan, chunk);
  }
  return layout;
}
