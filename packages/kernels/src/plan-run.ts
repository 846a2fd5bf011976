// A plan bound to arrays: its steps in order, forward and backward.
import type { PlanData, PlanOperation, PlanStep, PlanStepOf } from "@pushforward/core";
import { atSlots } from "./at-slots.ts";
import type { KernelRecorder, Kernels } from "./kernels.ts";
import { KEY_SIZE, type PlanDraws } from "./plan-draws.ts";
import type { PlanGradients, StepGradients } from "./plan-gradients.ts";
import { planKeys } from "./plan-keys.ts";
import type { Place, PlanLayout } from "./plan-layout.ts";
import type { BoundStep, StepCall } from "./step-kind.ts";
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
    const binder = new StepBinder(kernels, plan, layout, gradients, arrays, rows);
    this.inputs = plan.inputs.map((id) => binder.matrix(id));
    this.outputs = plan.outputs.map((id) => binder.matrix(id));
    this.seeds = plan.outputs.map((id) => binder.gradient(id));
    this.inputGradients = plan.inputs.map((id) => (gradients?.reached.has(id) ? binder.gradient(id) : undefined));
    this.steps = plan.steps.map((step, i) => binder.bind(step, i));
  }

  forward(): void {
    for (const step of this.steps) step.forward();
  }

  /** After {@link forward}, with the seeds in place. */
  backward(): void {
    for (let i = this.steps.length - 1; i >= 0; i--) this.steps[i]?.backward?.();
  }
}

// A run for inference is bound each time, and may have a thousand steps.
const none: never[] = [];

/** Binds the steps of a plan to its arrays, one after the other. */
class StepBinder {
  private readonly kernels: Kernels;
  private readonly plan: PlanData;
  private readonly layout: PlanLayout;
  private readonly gradients: PlanGradients | undefined;
  private readonly arrays: PlanArrays;
  private readonly rows: number;
  /** Absent where runs are made once: these are not worth it. */
  private readonly recorder: KernelRecorder | undefined;
  // One view for all steps: making one takes as long as a small kernel.
  private readonly matrices: Float32Array[] = [];
  private readonly begun: BoundStep[] = [];
  private readonly scratch: Float32Array;
  private readonly nothing: Float32Array;
  /** By step, how many numbers its keys are. */
  private readonly keySizes: readonly number[];
  private firstKey = 0;

  constructor(
    kernels: Kernels,
    plan: PlanData,
    layout: PlanLayout,
    gradients: PlanGradients | undefined,
    arrays: PlanArrays,
    rows: number,
  ) {
    this.kernels = kernels;
    this.plan = plan;
    this.layout = layout;
    this.gradients = gradients;
    this.arrays = arrays;
    this.rows = rows;
    this.recorder = gradients === undefined ? undefined : kernels.recorder?.();
    this.scratch = this.view(layout.scratch);
    this.nothing = this.view({ start: 0, size: 0 });
    this.keySizes = planKeys(plan).map(({ length }) => KEY_SIZE * length);
  }

  matrix(id: number): Float32Array {
    const known = this.matrices[id];
    if (known !== undefined) return known;
    const view = this.view(this.layout.matrices[id] as Place, this.sizeOf(id));
    this.matrices[id] = view;
    return view;
  }

  gradient(id: number): Float32Array | undefined {
    const place = this.layout.gradients[id];
    return place && this.view(place, this.sizeOf(id));
  }

  bind(step: PlanStep, i: number): BoundStep {
    const passing = this.gradients?.steps[i];
    const spares = this.layout.additions[i]?.map(
      (place, k) => place && this.view(place, this.sizeOf(step.inputs[k] as number)),
    );
    const { bound, recorder } = this.bindKind(step, i, passing, spares ?? none);
    this.begun.push(bound);
    const forward = recorder === undefined ? bound.forward : recorder.record(() => bound.forward());
    if (!passing?.isActive) return { forward };
    const backward = this.backwardOf(recorder?.kernels ?? this.kernels, bound, step, passing, spares ?? none);
    return { forward, backward: recorder === undefined ? backward : recorder.record(backward) };
  }

  private bindKind<K extends PlanOperation>(
    step: PlanStepOf<K>,
    i: number,
    passing: StepGradients | undefined,
    spares: readonly (Float32Array | undefined)[],
  ): { readonly bound: BoundStep; readonly recorder: KernelRecorder | undefined } {
    const kind = stepKinds[step.op];
    const recorder = kind.isFixed?.(step.settings) === true ? this.recorder : undefined;
    const { layout, arrays, gradients } = this;
    const matrix = (id: number): Float32Array => this.matrix(id);
    const columns = (id: number): number => this.plan.columns[id] as number;
    const call: StepCall<K> = {
      kernels: recorder?.kernels ?? this.kernels,
      rows: this.rows,
      settings: step.settings,
      isTraining: layout.isTraining,
      inputs: atSlots(step.inputs, columns),
      outputs: atSlots(step.outputs, columns),
      input: atSlots(step.inputs, matrix),
      output: atSlots(step.outputs, matrix),
      parameters: atSlots(step.parameters, (id) => arrays.parameters[id] as Float32Array),
      identities: step.parameters.map((id) => arrays.identities?.[id]),
      draws: this.drawsOf(i),
      saved: layout.saved[i]?.size === 0 ? this.nothing : this.view(layout.saved[i] as Place),
      continues: step.continues === undefined ? undefined : this.begun[step.continues],
      scratch: this.scratch,
      dOutput: atSlots(gradients === undefined ? none : step.outputs, (id) => this.gradient(id) as Float32Array),
      dInput: atSlots(passing?.isActive ? step.inputs : none, (id, k) =>
        passing?.inputs[k] === "none" ? undefined : (spares[k] ?? this.gradient(id)),
      ),
      dParameters: atSlots(gradients === undefined ? none : step.parameters, (id) => arrays.gradients[id]),
    };
    return { bound: kind.bind(call), recorder };
  }

  private drawsOf(i: number): PlanDraws | undefined {
    const { draws } = this.arrays;
    const start = this.firstKey;
    this.firstKey += this.keySizes[i] as number;
    return draws && { firstRow: draws.firstRow, keys: draws.keys.subarray(start, this.firstKey) };
  }

  /** The backward pass of a step, with what the gradients of its matrices need around it. */
  private backwardOf(
    kernels: Kernels,
    bound: BoundStep,
    step: PlanStep,
    { unread }: StepGradients,
    spares: readonly (Float32Array | undefined)[],
  ): () => void {
    const zeros = unread.map((id) => this.gradient(id) as Float32Array);
    const sums = spares.flatMap((from, k) =>
      from === undefined ? [] : [{ from, to: this.gradient(step.inputs[k] as number) as Float32Array }],
    );
    if (zeros.length === 0 && sums.length === 0) return () => bound.backward?.();
    return () => {
      for (const zero of zeros) kernels.clear(zero);
      bound.backward?.();
      for (const { from, to } of sums) kernels.add(from, to);
    };
  }

  private view({ start, size }: Place, used: number = size): Float32Array {
    return this.arrays.arena.subarray(start, start + used);
  }

  private sizeOf(id: number): number {
    return this.rows * (this.plan.columns[id] as number);
  }
}
