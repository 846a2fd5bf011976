import type { Parameter } from "@pushforward/core";
import type { PlanStepResult, PlanTrainer } from "@pushforward/core/extend";
import { type Kernels, type PlanDraws, PlanRun } from "@pushforward/kernels";
import * as tf from "@tensorflow/tfjs-core";
import { type HeldValues, kernelMemory } from "../memory/kernel-memory.ts";
import { TrainingDraws, type TrainingPlan } from "./training-plan.ts";

/** Maximum number of different numbers of rows that a plan stays bound for. */
const MOST_RUNS = 64;

/** A plan as it is computed: without passes, forward only. */
type BoundPlan = Pick<TrainingPlan, "plan" | "layout"> & Partial<Pick<TrainingPlan, "passes">>;

/** Memory of a backend in which a plan runs. */
interface PlanMemory {
  readonly arena: tf.TensorInfo;
  /** Where the gradients of the parameters go, by parameter; undefined where none is wanted. */
  readonly gradients: readonly (tf.TensorInfo | undefined)[];
  /** Undefined if the plan has no random steps. */
  readonly draws?: PlanDraws;
}

/**
 * A plan bound to its arrays. It is bound again if the arrays move, because a parameter is assigned or the memory
 * grows. The contents of the arena must stay in place between two runs.
 */
export class PlanBinding {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly bound: BoundPlan;
  private readonly memory: PlanMemory;
  private readonly runs = new Map<number, PlanRun>();
  private readonly variables: readonly tf.Variable[];
  /** Arrays that `runs` are bound to: the arena, then the parameters and gradients. */
  private seen: HeldValues | undefined;
  /** Data ids of the parameter values. A parameter that is assigned twice may return to its old address. */
  private identities: readonly object[] = [];

  constructor(backend: object, kernels: Kernels, bound: BoundPlan, memory: PlanMemory) {
    this.backend = backend;
    this.kernels = kernels;
    this.bound = bound;
    this.memory = memory;
    this.variables = bound.plan.parameters.map(({ variable }) => variable);
  }

  /** True if the arrays are still in the places that the plan was last bound to. */
  get isCurrent(): boolean {
    return this.seen?.isCurrent === true;
  }

  /** The plan for a number of rows; the same one as before, unless arrays have moved. */
  runFor(rows: number): PlanRun {
    const seen = this.seen?.isCurrent === true ? this.seen : this.look();
    let run = this.runs.get(rows);
    if (run === undefined) {
      const { plan, layout, passes } = this.bound;
      const [arena, ...rest] = seen.values as [Float32Array, ...Float32Array[]];
      const parameters = rest.splice(0, this.variables.length);
      const gradients = this.memory.gradients.map((gradient) => gradient && rest.shift());
      const { draws } = this.memory;
      const arrays = { arena, parameters, gradients, identities: this.identities, ...(draws && { draws }) };
      run = new PlanRun(this.kernels, plan, layout, passes, arrays, rows);
      if (this.runs.size === MOST_RUNS) this.runs.clear();
      this.runs.set(rows, run);
    }
    return run;
  }

  /** Looks up the current arrays, and drops the runs bound to old arrays. */
  private look(): HeldValues {
    const { arena, gradients } = this.memory;
    const written = gradients.filter((gradient) => gradient !== undefined);
    const seen = kernelMemory(this.backend).hold([arena, ...this.variables, ...written]);
    const isSame = seen.values.every((view, i) => {
      const before = this.seen?.values[i];
      return view.buffer === before?.buffer && view.byteOffset === before.byteOffset;
    });
    const identities = this.variables.map(({ dataId }) => dataId);
    if (!isSame || identities.some((id, i) => id !== this.identities[i])) this.runs.clear();
    this.seen = seen;
    this.identities = identities;
    return seen;
  }
}

/** Trains a plan in an arena that is allocated once. */
export class ArenaTrainer implements PlanTrainer {
  private readonly backend: object;
  private readonly arena: tf.TensorInfo;
  /** Gradients by parameter of the plan, including frozen parameters of a step that trains other parameters. */
  private readonly gradients: readonly (tf.Tensor | undefined)[];
  private readonly trained: ReadonlyMap<Parameter, tf.Tensor>;
  private readonly draws: TrainingDraws;
  private readonly binding: PlanBinding;
  private disposed = false;

  constructor(backend: object, kernels: Kernels, training: TrainingPlan) {
    const { plan, layout, trained, written } = training;
    this.backend = backend;
    const memory = kernelMemory(backend);
    this.arena = memory.allocate([layout.size], "float32");
    this.gradients = plan.parameters.map(({ shape }, i) => {
      if (!written.has(i)) return undefined;
      const info = memory.allocate(shape, "float32");
      memory.values(info).fill(0);
      // Another backend may be the running one since the threads of this training began to start.
      return tf.keep(tf.engine().makeTensorFromTensorInfo(info, backend as tf.KernelBackend));
    });
    this.trained = new Map([...trained].map((i) => [plan.parameters[i] as Parameter, this.gradients[i] as tf.Tensor]));
    this.draws = new TrainingDraws(plan);
    const { arena, gradients, draws } = this;
    this.binding = new PlanBinding(backend, kernels, training, { arena, gradients, draws });
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  get isCurrent(): boolean {
    return tf.backend() === this.backend;
  }

  step(inputs: readonly Float32Array[], seed: Float32Array): PlanStepResult {
    const run = this.binding.runFor(seed.length);
    for (const [k, input] of inputs.entries()) run.inputs[k]?.set(input);
    run.seeds[0]?.set(seed);
    this.draws.update();
    run.forward();
    run.backward();
    return { output: run.outputs[0] as Float32Array, gradients: this.trained };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    kernelMemory(this.backend).free(this.arena);
    for (const gradient of this.gradients) gradient?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
