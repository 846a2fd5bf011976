import { BackendError, type Parameter } from "@pushforward/core";
import {
  type Plan,
  type PlanStepResult,
  type PlanTrainer,
  type PlanTrainerOptions,
  sizeOf,
} from "@pushforward/core/extend";
import { type Kernels, largestShare, rowShares } from "@pushforward/kernels";
import type { WorkerRows, WorkerTeam } from "@pushforward/kernels/workers";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { chosenBuild } from "../start-wasm.ts";
import { ArenaTrainer } from "./plan-binding.ts";
import { TrainingDraws, type TrainingPlan, trainingPlan } from "./training-plan.ts";

/** Numbers that are added at a time: they stay in the first-level cache. */
const CHUNK = 4096;

/** Starts the workers of a training on several threads. */
export async function openThreads(
  backend: object,
  kernels: Kernels,
  plan: Plan,
  { rows, trained }: PlanTrainerOptions,
  threads: number,
): Promise<PlanTrainer> {
  // Loaded on demand: most trainings do without.
  const { WorkerTeam } = await import("@pushforward/kernels/workers");
  const training = trainingPlan(plan, largestShare(rows, threads), trained);
  const team = await WorkerTeam.open({
    ...training,
    build: chosenBuild() ?? "simd",
    workers: threads - 1,
    parameters: plan.parameters.map(({ shape }) => sizeOf(shape)),
  });
  return new ThreadedTrainer(backend, kernels, training, team, rows);
}

/** The rows of a batch on their threads. */
interface Split {
  /** Where the share of each thread begins, and the end. */
  readonly bounds: readonly number[];
  readonly workers: readonly WorkerRows[];
}

/**
 * Trains a plan on several threads. The main thread computes the first rows in the memory of the backend. The workers
 * compute the remaining rows in shared memory, to which the parameters are copied in each step. The gradients are added
 * in the order of the threads, so that the same number of threads produces the same bits.
 */
class ThreadedTrainer implements PlanTrainer {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly parameters: readonly Parameter[];
  private readonly draws: TrainingDraws;
  private readonly own: ArenaTrainer;
  private readonly team: WorkerTeam;
  private readonly output: Float32Array;
  private readonly chunk: tf.TensorInfo;
  private readonly splits = new Map<number, Split>();
  /** Data ids of the untrained parameters that the workers have a copy of. */
  private readonly copied: object[] = [];

  constructor(backend: object, kernels: Kernels, training: TrainingPlan, team: WorkerTeam, rows: number) {
    this.backend = backend;
    this.kernels = kernels;
    this.parameters = training.plan.parameters;
    this.draws = new TrainingDraws(training.plan);
    this.own = new ArenaTrainer(backend, kernels, training);
    this.team = team;
    this.output = new Float32Array(rows);
    this.chunk = kernelMemory(backend).allocate([CHUNK], "float32");
  }

  get isCurrent(): boolean {
    return this.own.isCurrent;
  }

  step(inputs: readonly Float32Array[], seed: Float32Array): PlanStepResult {
    const { team } = this;
    this.checkTeam();
    const hasNewConstants = this.copyParameters();
    this.draws.update();
    team.keys.set(this.draws.keys);
    const { bounds, workers } = this.splitOf(seed.length);
    const part = (array: Float32Array, k: number): Float32Array => {
      const width = array.length / seed.length;
      return array.subarray((bounds[k] as number) * width, (bounds[k + 1] as number) * width);
    };
    for (const [k, rows] of workers.entries()) {
      for (const [i, input] of rows.inputs.entries()) input.set(part(inputs[i] as Float32Array, k + 1));
      rows.seed.set(part(seed, k + 1));
    }
    team.start(
      workers.map((rows) => rows.seed.length),
      bounds.slice(1),
      hasNewConstants,
    );
    const { output, gradients } = this.own.step(
      inputs.map((input) => part(input, 0)),
      part(seed, 0),
    );
    team.finish();
    this.checkTeam();
    this.output.set(output);
    for (const [k, rows] of workers.entries()) this.output.set(rows.output, bounds[k + 1] as number);
    if (workers.length > 0) this.addGradients(gradients);
    return { output: this.output.subarray(0, seed.length), gradients };
  }

  dispose(): void {
    if (this.own.isDisposed) return;
    this.team.dispose();
    this.own.dispose();
    kernelMemory(this.backend).free(this.chunk);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private checkTeam(): void {
    const { failure } = this.team;
    if (failure !== undefined)
      throw new BackendError(`threads: expected all to keep running, got ${failure}. Train on one thread.`);
  }

  /**
   * Copies the trained parameters to the workers. Copies an untrained parameter only if it was assigned, which replaces
   * its data. Returns `true` if an untrained parameter was copied.
   */
  private copyParameters(): boolean {
    let hasNewConstants = false;
    for (const [i, { variable }] of this.parameters.entries()) {
      if (this.team.gradients[i] === undefined) {
        if (this.copied[i] === variable.dataId) continue;
        this.copied[i] = variable.dataId;
        hasNewConstants = true;
      }
      this.team.parameters[i]?.set(kernelMemory(this.backend).values(variable));
    }
    return hasNewConstants;
  }

  private addGradients(gradients: PlanStepResult["gradients"]): void {
    const memory = kernelMemory(this.backend);
    const chunk = memory.values(this.chunk) as Float32Array;
    for (const [i, from] of this.team.gradients.entries()) {
      const gradient = gradients.get(this.parameters[i] as Parameter);
      if (from === undefined || gradient === undefined) continue;
      const to = memory.values(gradient) as Float32Array;
      for (let start = 0; start < to.length; start += CHUNK) {
        const part = to.subarray(start, start + CHUNK);
        chunk.set(from.subarray(start, start + part.length));
        this.kernels.add(chunk, part);
      }
    }
  }

  private splitOf(rows: number): Split {
    let split = this.splits.get(rows);
    if (split === undefined) {
      const bounds = rowShares(rows, this.team.size + 1);
      const counts = bounds.slice(2).map((end, k) => end - (bounds[k + 1] as number));
      const workers = counts.filter((count) => count > 0).map((count, k) => this.team.rowsOf(k, count));
      split = { bounds, workers };
      this.splits.set(rows, split);
    }
    return split;
  }
}
