import type { Parameter } from "@pushforward/core";
import type { Executor, Plan, PlanTrainer, PlanTrainerOptions, TapeTrainer } from "@pushforward/core/extend";
import { hasGradient } from "@pushforward/core/plain";
import {
  inferenceLayout,
  type Kernels,
  LARGEST_CHUNK,
  type PlanLayout,
  scalarKernels,
  stepKinds,
} from "@pushforward/kernels";
import * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { startFailures } from "../start-wasm.ts";
import { ArenaTrainer, PlanBinding } from "./plan-binding.ts";
import { PlanOnTape } from "./plan-on-tape.ts";
import { threadCount } from "./thread-count.ts";
import { openThreads } from "./threaded-trainer.ts";
import { trainingPlan } from "./training-plan.ts";

/** Numbers of an arena that is kept for the next run, 4 MiB. */
const KEPT_ARENA = 1 << 20;

/**
 * Maximum size of a small arena, and of all small arenas that are kept in addition to the last one, in numbers: 512 kiB
 * and 32 MiB. Small runs take turns, and binding a small run takes longer than running it.
 */
const SMALL_ARENA = 1 << 17;
const KEPT_SMALL = 1 << 23;

/** The arrays of the inputs and the outputs of a run. */
interface PassedArrays {
  readonly from: readonly Float32Array[];
  readonly to: readonly Float32Array[];
}

/** A layout, and the maximum number of rows that it was made for. It may compute them in parts. */
interface PlannedRows {
  readonly rows: number;
  readonly layout: PlanLayout;
}

/** State of a plan that was run, kept because the same plan is likely to run again. */
interface Inference extends PlannedRows {
  readonly plan: Plan;
  readonly arena: tf.TensorInfo;
  readonly binding: PlanBinding;
}

/** Runs the plans of models on the memory of a backend: parameters and tensors are computed with where they are. */
export class PlanExecutor implements Executor {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly onTape: PlanOnTape;
  /** Reasons to refuse a plan, cached because each step needs the reason and it never changes. */
  private readonly refusals = new WeakMap<Plan, Readonly<Record<"run" | "train", string | undefined>>>();
  /** Last layout of each plan. */
  private readonly layouts = new WeakMap<Plan, PlannedRows>();
  private last: Inference | undefined;
  /** Plans that ran for few rows, the one that was not run for the longest time first. */
  private readonly small = new Map<Plan, Inference>();
  /** Sum of the sizes of their arenas. */
  private smallSize = 0;

  constructor(backend: object, kernels: Kernels) {
    this.backend = backend;
    this.kernels = kernels;
    this.onTape = new PlanOnTape(backend, kernels);
  }

  refusal(plan: Plan, task: "run" | "train"): string | undefined {
    let refusals = this.refusals.get(plan);
    if (refusals === undefined) {
      refusals = { run: refusalToRun(plan), train: refusalToRun(plan) ?? refusalToTrain(plan) };
      this.refusals.set(plan, refusals);
    }
    return refusals[task];
  }

  run(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const memory = kernelMemory(this.backend);
    const rows = inputs[0]?.shape[0] as number;
    const values = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
    let outputs: tf.TensorInfo[] = [];
    this.runInParts(plan, rows, () => {
      // First all that may move the memory: what another backend had, and what is allocated.
      for (const input of inputs) values(input);
      outputs = plan.outputs.map((id) => memory.allocate([rows, plan.columns[id] as number], "float32"));
      return { from: inputs.map(values), to: outputs.map(values) };
    });
    return outputs.map((info) => tf.engine().makeTensorFromTensorInfo(info));
  }

  runOnArrays(plan: Plan, inputs: readonly Float32Array[], rows: number): Float32Array[] {
    const to = plan.outputs.map((id) => new Float32Array(rows * (plan.columns[id] as number)));
    this.runInParts(plan, rows, () => ({ from: inputs, to }));
    return to;
  }

  /** Parameters of a different backend move to this one. @throws {DisposedError} a parameter is disposed. */
  private readParameters({ parameters }: Plan): void {
    const memory = kernelMemory(this.backend);
    for (const { variable } of parameters) memory.values(variable);
  }

  /** @param arrays returns the inputs and the outputs. It is called after the arena is allocated. */
  private runInParts(plan: Plan, rows: number, arrays: () => PassedArrays): void {
    this.onTape.freeAbandoned();
    const { layout, binding } = this.inferenceFor(plan, Math.min(rows, LARGEST_CHUNK));
    if (!binding.isCurrent) this.readParameters(plan);
    const { from, to } = arrays();
    for (let start = 0; start < rows; start += layout.rows) {
      const count = Math.min(layout.rows, rows - start);
      const bound = binding.runFor(count);
      for (const [k, input] of bound.inputs.entries()) {
        const width = input.length / count;
        input.set((from[k] as Float32Array).subarray(start * width, (start + count) * width));
      }
      bound.forward();
      for (const [k, output] of bound.outputs.entries()) to[k]?.set(output, (start * output.length) / count);
    }
    if (layout.size > KEPT_ARENA) this.setLast(undefined);
  }

  runOnTape(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined {
    return this.onTape.run(plan, inputs);
  }

  train(plan: Plan, options: PlanTrainerOptions): PlanTrainer | Promise<PlanTrainer> {
    const threads = this.threads(plan, options);
    // A copy, because some can be gone through only once.
    const given = { ...options, trained: [...options.trained] };
    if (threads > 1) return this.trainOn(threads, plan, given);
    return new ArenaTrainer(this.backend, this.kernels, trainingPlan(plan, given.rows, given.trained));
  }

  threads(plan: Plan, options: Omit<PlanTrainerOptions, "trained">): number {
    return this.kernels === scalarKernels ? 1 : threadCount(plan, options);
  }

  trainOnTape(trained: Iterable<Parameter>): TapeTrainer {
    return this.onTape.trainerOf(trained);
  }

  private inferenceFor(plan: Plan, rows: number): Inference {
    if (this.last?.plan === plan && servesRows(this.last, rows)) return this.last;
    this.setLast(undefined);
    const kept = this.takeSmall(plan);
    if (kept !== undefined && servesRows(kept, rows)) return this.setLast(kept);
    if (kept !== undefined) kernelMemory(this.backend).free(kept.arena);
    const { layout, rows: most } = this.layoutFor(plan, rows);
    const arena = kernelMemory(this.backend).allocate([layout.size], "float32");
    const binding = new PlanBinding(this.backend, this.kernels, { plan, layout }, { arena, gradients: [] });
    return this.setLast({ plan, rows: most, layout, arena, binding });
  }

  private layoutFor(plan: Plan, rows: number): PlannedRows {
    const last = this.layouts.get(plan);
    if (last !== undefined && servesRows(last, rows)) return last;
    // A plan that runs for different numbers of rows gets room for more rows.
    const most = last === undefined ? rows : Math.min(2 ** Math.ceil(Math.log2(rows)), LARGEST_CHUNK);
    const next = { rows: most, layout: inferenceLayout(plan, most) };
    this.layouts.set(plan, next);
    return next;
  }

  /** The last one from now on. The one before is kept if it is small. */
  private setLast<T extends Inference | undefined>(next: T): T {
    const { last, small } = this;
    this.last = next;
    if (last === undefined) return next;
    if (last.layout.size > SMALL_ARENA) {
      kernelMemory(this.backend).free(last.arena);
      return next;
    }
    small.set(last.plan, last);
    this.smallSize += last.layout.size;
    for (const { plan, arena } of small.values()) {
      if (this.smallSize <= KEPT_SMALL) break;
      this.takeSmall(plan);
      kernelMemory(this.backend).free(arena);
    }
    return next;
  }

  private takeSmall(plan: Plan): Inference | undefined {
    const kept = this.small.get(plan);
    if (kept === undefined) return undefined;
    this.small.delete(plan);
    this.smallSize -= kept.layout.size;
    return kept;
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

/** Number of rows whose memory may be wasted, because binding a plan again takes longer than computing them. */
const FEW_ROWS = 64;

/** `true` if a number of rows has room in a layout and does not waste more than half of it, or is small. */
function servesRows(planned: PlannedRows, rows: number): boolean {
  return planned.rows >= rows && planned.rows <= Math.max(2 * rows, FEW_ROWS);
}

function refusalToRun({ steps }: Plan): string | undefined {
  // The packages may be of different versions.
  const unknown = steps.find(({ op }) => !Object.hasOwn(stepKinds, op));
  return unknown && `there is no kernel for the step ${unknown.op}`;
}

function refusalToTrain({ steps }: Plan): string | undefined {
  const flat = steps.find(({ op }) => !hasGradient(op));
  if (flat !== undefined) return `the step ${flat.op} has no gradient`;
  const used = steps.flatMap(({ parameters }) => [...parameters]);
  return new Set(used).size === used.length ? undefined : "two steps share a parameter";
}
