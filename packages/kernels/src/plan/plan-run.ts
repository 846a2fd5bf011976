// A plan bound to arrays: its steps in order, forward and backward.
import type { PlanData, PlanOperation, PlanStep, PlanStepOf } from "@pushforward/core/plain";
import type { Kernels } from "../families/kernels.ts";
import { type BoundStep, KEY_SIZE, type PlanDraws, type StepCall } from "../steps/step-kind.ts";
import { stepKinds } from "../steps/step-kinds.ts";
import {
  atSlots,
  type Place,
  type PlanGradients,
  type PlanLayout,
  planKeys,
  type StepGradients,
} from "./plan-layout.ts";

/** The arrays that a plan computes with. */
export interface PlanArrays {
  /** Has the size given by the layout. */
  readonly arena: Float32Array;
  /** By parameter. */
  readonly parameters: readonly Float32Array[];
  /** Where the gradients of the parameters go, by parameter; undefined where none is wanted. */
  readonly gradients: readonly (Float32Array | undefined)[];
  /**
   * By parameter: an object that identifies its values until new values are assigned. Steps use it to cache results
   * about constants between runs.
   */
  readonly identities?: readonly object[];
  /** Absent: the run is deterministic. */
  readonly draws?: PlanDraws;
}

/**
 * A plan with its arrays, for a fixed number of rows. All lookups happen in the constructor, so a run is a sequence of
 * calls that allocate no memory.
 */
export class PlanRun {
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly Float32Array[];
  /** The gradients of the outputs, which the caller fills before {@link backward}. */
  readonly seeds: readonly (Float32Array | undefined)[];
  /** Gradients of the inputs, after {@link backward}; undefined where no gradient is computed or reaches the input. */
  readonly inputGradients: readonly (Float32Array | undefined)[];
  private readonly steps: readonly BoundStep[];

  constructor(
    kernels: Kernels,
    plan: PlanData,
    layout: PlanLayout,
    gradients: PlanGradients | undefined,
    arrays: PlanArrays,
    rows: number,
  ) {
    const views = arenaViews(plan, layout, arrays.arena, rows);
    this.inputs = plan.inputs.map(views.matrix);
    this.outputs = plan.outputs.map(views.matrix);
    this.seeds = plan.outputs.map(views.gradient);
    this.inputGradients = plan.inputs.map((id) => (gradients?.reached.has(id) ? views.gradient(id) : undefined));
    const bind = stepBinder(kernels, plan, layout, gradients, arrays, rows, views);
    this.steps = plan.steps.map((step, i) => bind(step, i));
  }

  forward(): void {
    for (const step of this.steps) step.forward();
  }

  /** After {@link forward}, with the seeds in place. */
  backward(): void {
    for (let i = this.steps.length - 1; i >= 0; i--) this.steps[i]?.backward?.();
  }
}

/** Parts of the arena, for a number of rows. */
interface ArenaViews {
  /** The numbers of a place, or only the first `used` numbers. */
  readonly view: (place: Place, used?: number) => Float32Array;
  readonly matrix: (id: number) => Float32Array;
  readonly gradient: (id: number) => Float32Array | undefined;
}

function arenaViews(plan: PlanData, layout: PlanLayout, arena: Float32Array, rows: number): ArenaViews {
  const view = ({ start, size }: Place, used: number = size): Float32Array => arena.subarray(start, start + used);
  const part = (place: Place, id: number): Float32Array => view(place, rows * (plan.columns[id] as number));
  // One view for all steps: making one takes as long as a small kernel.
  const matrices: Float32Array[] = [];
  return {
    view,
    matrix: (id) => {
      const matrix = matrices[id] ?? part(layout.matrices[id] as Place, id);
      matrices[id] = matrix;
      return matrix;
    },
    gradient: (id) => {
      const place = layout.gradients[id];
      return place && part(place, id);
    },
  };
}

// A run for inference is bound each time, and may have a thousand steps.
const none: never[] = [];

/** Binds the steps of a plan to its arrays, one after the other. */
function stepBinder(
  kernels: Kernels,
  plan: PlanData,
  layout: PlanLayout,
  gradients: PlanGradients | undefined,
  arrays: PlanArrays,
  rows: number,
  { view, matrix, gradient }: ArenaViews,
): (step: PlanStep, i: number) => BoundStep {
  const columns = (id: number): number => plan.columns[id] as number;
  const scratch = view(layout.scratch);
  const nothing = view({ start: 0, size: 0 });
  const keys = planKeys(plan);
  let firstKey = 0;
  const begun: BoundStep[] = [];
  // A run that is made once is not worth it.
  const recorder = gradients && kernels.recorder?.();
  const bind = <K extends PlanOperation>(step: PlanStepOf<K>, i: number): BoundStep => {
    const kind = stepKinds[step.op];
    const used = kind.isFixed?.(step.settings) === true ? recorder : undefined;
    const { draws } = arrays;
    const start = firstKey;
    firstKey += KEY_SIZE * (keys[i] as readonly number[]).length;
    const passing = gradients?.steps[i];
    const spares =
      layout.additions[i]?.map((place, k) => place && view(place, rows * columns(step.inputs[k] as number))) ?? none;
    const call: StepCall<K> = {
      kernels: used?.kernels ?? kernels,
      rows,
      settings: step.settings,
      isTraining: layout.isTraining,
      inputs: atSlots(step.inputs, columns),
      outputs: atSlots(step.outputs, columns),
      input: atSlots(step.inputs, matrix),
      output: atSlots(step.outputs, matrix),
      parameters: atSlots(step.parameters, (id) => arrays.parameters[id] as Float32Array),
      identities: step.parameters.map((id) => arrays.identities?.[id]),
      draws: draws && { firstRow: draws.firstRow, keys: draws.keys.subarray(start, firstKey) },
      saved: layout.saved[i]?.size === 0 ? nothing : view(layout.saved[i] as Place),
      continues: step.continues === undefined ? undefined : begun[step.continues],
      scratch,
      dOutput: atSlots(gradients === undefined ? none : step.outputs, (id) => gradient(id) as Float32Array),
      dInput: atSlots(passing?.isActive ? step.inputs : none, (id, k) =>
        passing?.inputs[k] === "none" ? undefined : (spares[k] ?? gradient(id)),
      ),
      dParameters: atSlots(gradients === undefined ? none : step.parameters, (id) => arrays.gradients[id]),
    };
    const bound = kind.bind(call);
    begun.push(bound);
    const forward = used === undefined ? bound.forward : used.record(() => bound.forward());
    if (!passing?.isActive) return { forward };
    const backward = backwardOf(call.kernels, bound, step.inputs, passing, spares, gradient);
    return { forward, backward: used === undefined ? backward : used.record(backward) };
  };
  return bind;
}

/** Returns the backward pass of a step, including the work that the gradients of its matrices need around it. */
function backwardOf(
  kernels: Kernels,
  bound: BoundStep,
  inputs: readonly number[],
  { unread }: StepGradients,
  spares: readonly (Float32Array | undefined)[],
  gradient: ArenaViews["gradient"],
): () => void {
  const zeros = unread.map((id) => gradient(id) as Float32Array);
  const sums = spares.flatMap((from, k) =>
    from === undefined ? [] : [{ from, to: gradient(inputs[k] as number) as Float32Array }],
  );
  if (zeros.length === 0 && sums.length === 0) return () => bound.backward?.();
  return () => {
    for (const zero of zeros) kernels.clear(zero);
    bound.backward?.();
    for (const { from, to } of sums) kernels.add(from, to);
  };
}
