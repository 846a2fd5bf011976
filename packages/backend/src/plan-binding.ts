import { type Kernels, type PlanDraws, PlanRun } from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { TrainingPlan } from "./training-plan.ts";

/** Numbers of rows for which the steps of a plan are kept: those of all batches but the last, and of that one. */
const KEPT = 2;

/** A plan as it is computed: without passes, forward only. */
export type BoundPlan = Pick<TrainingPlan, "plan" | "layout"> & Partial<Pick<TrainingPlan, "passes">>;

/** What a plan computes in, on the memory of a backend. */
export interface PlanMemory {
  readonly arena: tf.TensorInfo;
  /** Where the gradients of the parameters go, by parameter; undefined where none is wanted. */
  readonly gradients: readonly (tf.TensorInfo | undefined)[];
  readonly draws?: PlanDraws;
}

/** A plan bound to its arrays: anew when these move, because a parameter is assigned or the memory grows. */
export class PlanBinding {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly bound: BoundPlan;
  private readonly memory: PlanMemory;
  private readonly runs = new Map<number, PlanRun>();
  /** The parameters, then the arena, as `runs` see them. */
  private seen: readonly Float32Array[] = [];
  private identities: readonly object[] = [];

  constructor(backend: object, kernels: Kernels, bound: BoundPlan, memory: PlanMemory) {
    this.backend = backend;
    this.kernels = kernels;
    this.bound = bound;
    this.memory = memory;
  }

  /** The plan for a number of rows; the same one as before, unless arrays have moved. */
  runFor(rows: number): PlanRun {
    const { plan, layout, passes } = this.bound;
    const { gradients, draws } = this.memory;
    this.look();
    let run = this.runs.get(rows);
    if (run === undefined) {
      const values = (info: tf.TensorInfo): Float32Array => kernelMemory(this.backend).values(info) as Float32Array;
      const arrays = {
        arena: this.seen.at(-1) as Float32Array,
        parameters: this.seen.slice(0, -1),
        gradients: gradients.map((gradient) => gradient && values(gradient)),
        identities: this.identities,
        ...(draws && { draws }),
      };
      run = new PlanRun(this.kernels, plan, layout, passes, arrays, rows);
      if (this.runs.size === KEPT) this.runs.delete(this.runs.keys().next().value as number);
      this.runs.set(rows, run);
    }
    return run;
  }

  /** Looks where the arrays are, and forgets the runs when they have moved. */
  private look(): void {
    const memory = kernelMemory(this.backend);
    const infos: tf.TensorInfo[] = this.bound.plan.parameters.map(({ variable }) => variable);
    infos.push(this.memory.arena);
    const { seen, identities } = this;
    const find = (): Float32Array[] => infos.map((info) => memory.values(info) as Float32Array);
    let now = find();
    // One that is used for the first time, or that another backend had, may have moved the memory.
    if (now.some(({ buffer }) => buffer !== now.at(-1)?.buffer)) now = find();
    const isSame = (view: Float32Array, i: number): boolean => {
      const before = seen[i];
      if (view === before) return true;
      return view.buffer === before?.buffer && view.byteOffset === before.byteOffset;
    };
    // One that is assigned twice may be where it was before.
    const isKnown = ({ dataId }: tf.TensorInfo, i: number): boolean =>
      i === identities.length || dataId === identities[i];
    if (now.every(isSame) && infos.every(isKnown)) return;
    this.runs.clear();
    this.seen = now;
    this.identities = infos.slice(0, -1).map(({ dataId }) => dataId);
  }
}
