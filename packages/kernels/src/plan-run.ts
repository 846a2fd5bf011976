// A plan bound to arrays: its steps in order, forward and backward.
import type { Kernels } from "./kernels.ts";
import type { PlanData, PlanStepData } from "./plan-data.ts";
import { KEY_SIZE, type PlanDraws } from "./plan-draws.ts";
import type { PlanGradients, StepGradients } from "./plan-gradients.ts";
import { planKeys } from "./plan-keys.ts";
import type { Place, PlanLayout } from "./plan-layout.ts";
import type { BoundStep, StepCall, StepKind } from "./step-kind.ts";
import { stepKinds } from "./step-kinds.ts";

/** The arrays that a plan computes with. */
export interface PlanArrays {
  /** Of the size that the layout says. */
  readonly arena: Float32Array;
  /** By parameter. */
  readonly parameters: readonly Float32Array[];
  /** Where the gradients of the parameters go, by parameter; undefined where none is wanted. */
  readonly gradients: readonly (Float32Array | undefined)[];
  /**
   * By parameter: an object that stands for its values as long as nobody assigns others, so that what steps find out about
   * a constant need not be found out in each run.
   */
  readonly identities?: readonly object[];
  /** Absent: nothing is random. */
  readonly draws?: PlanDraws;
}

/**
 * A plan with its arrays, for one number of rows. Everything is looked up when it is made: a run is a row of calls that
 * allocate nothing.
 */
export class PlanRun {
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly Float32Array[];
  /** The gradients of the outputs, which the caller fills before {@link backward}. */
  readonly seeds: readonly (Float32Array | undefined)[];
  /** Those of the inputs, after {@link backward}; undefined where none is computed, or none reaches. */
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
    const view = ({ start, size }: Place, used: number = size): Float32Array =>
      arrays.arena.subarray(start, start + used);
    const columns = (id: number): number => plan.columns[id] as number;
    // One view for all steps: making one takes as long as a small kernel.
    const matrices: Float32Array[] = [];
    const matrix = (id: number): Float32Array =>
      (matrices[id] ??= view(layout.matrices[id] as Place, rows * columns(id)));
    const scratch = view(layout.scratch);
    const nothing = view({ start: 0, size: 0 });
    const gradient = (id: number): Float32Array | undefined => {
      const place = layout.gradients[id];
      return place && view(place, rows * columns(id));
    };
    this.inputs = plan.inputs.map(matrix);
    this.outputs = plan.outputs.map(matrix);
    this.seeds = plan.outputs.map(gradient);
    this.inputGradients = plan.inputs.map((id) => (gradients?.reached.has(id) ? gradient(id) : undefined));
    const keys = planKeys(plan).map(({ length }) => KEY_SIZE * length);
    let firstKey = 0;
    // A run for inference is bound each time, and may have a thousand steps.
    const none: never[] = [];
    const begun: BoundStep[] = [];
    // A run that is made once is not worth it.
    const recorder = gradients === undefined ? undefined : kernels.recorder?.();
    this.steps = plan.steps.map((step, i) => {
      const draws = arrays.draws && {
        firstRow: arrays.draws.firstRow,
        keys: arrays.draws.keys.subarray(firstKey, firstKey + (keys[i] as number)),
      };
      firstKey += keys[i] as number;
      const passing = gradients?.steps[i];
      const spares = layout.additions[i]?.map(
        (place, k) => place && view(place, rows * columns(step.inputs[k] as number)),
      );
      const dInput = passing?.isActive
        ? step.inputs.map((id, k) => (passing.inputs[k] === "none" ? undefined : (spares?.[k] ?? gradient(id))))
        : none;
      const kind = stepKinds[step.op] as StepKind;
      const isRecorded = recorder !== undefined && kind.isFixed?.(step.settings) === true;
      const call: StepCall = {
        kernels: isRecorded ? recorder.kernels : kernels,
        rows,
        settings: step.settings,
        isTraining: layout.isTraining,
        inputs: step.inputs.map(columns),
        outputs: step.outputs.map(columns),
        input: step.inputs.map(matrix),
        output: step.outputs.map(matrix),
        parameters: step.parameters.map((id) => arrays.parameters[id] as Float32Array),
        identities: step.parameters.map((id) => arrays.identities?.[id]),
        draws,
        saved: layout.saved[i]?.size === 0 ? nothing : view(layout.saved[i] as Place),
        continues: step.continues === undefined ? undefined : begun[step.continues],
        scratch,
        dOutput: gradients === undefined ? none : step.outputs.map((id) => gradient(id) as Float32Array),
        dInput,
        dParameters: gradients === undefined ? none : step.parameters.map((id) => arrays.gradients[id]),
      };
      const bound = kind.bind(call);
      begun.push(bound);
      const forward = isRecorded ? recorder.record(() => bound.forward()) : bound.forward;
      if (!passing?.isActive) return { forward };
      const backward = backwardOf(call.kernels, bound, step, passing, spares ?? [], gradient);
      return { forward, backward: isRecorded ? recorder.record(backward) : backward };
    });
  }

  forward(): void {
    for (const step of this.steps) step.forward();
  }

  /** After {@link forward}, with the seeds in place. */
  backward(): void {
    for (let i = this.steps.length - 1; i >= 0; i--) this.steps[i]?.backward?.();
  }
}

/** The backward pass of a step, with what the gradients of its matrices need around it. */
function backwardOf(
  kernels: Kernels,
  bound: BoundStep,
  step: PlanStepData,
  { unread }: StepGradients,
  spares: readonly (Float32Array | undefined)[],
  gradient: (id: number) => Float32Array | undefined,
): () => void {
  const zeros = unread.map((id) => gradient(id) as Float32Array);
  const sums = spares.flatMap((from, k) =>
    from === undefined ? [] : [{ from, to: gradient(step.inputs[k] as number) as Float32Array }],
  );
  if (zeros.length === 0 && sums.length === 0) return () => bound.backward?.();
  return () => {
    for (const zero of zeros) kernels.clear(zero);
    bound.backward?.();
    for (const { from, to } of sums) kernels.add(from, to);
  };
}
