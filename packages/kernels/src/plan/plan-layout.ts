import type { AtSlots, PlanData, PlanOperation, PlanStepOf } from "@pushforward/core/plain";
import type { StepShape } from "../steps/step-kind.ts";
import { stepKinds } from "../steps/step-kinds.ts";

/** A part of the arena, in numbers. */
export interface Place {
  readonly start: number;
  readonly size: number;
}

/** Where everything is that a plan computes, for batches of up to `rows` rows. */
export interface PlanLayout {
  readonly rows: number;
  readonly isTraining: boolean;
  /** Size of the arena, in numbers. */
  readonly size: number;
  readonly matrices: readonly Place[];
  /** By matrix; undefined where none is needed. */
  readonly gradients: readonly (Place | undefined)[];
  /** By step and input: place of a gradient that is then added to an existing gradient. */
  readonly additions: readonly (readonly (Place | undefined)[])[];
  /** By step. */
  readonly saved: readonly Place[];
  readonly scratch: Place;
}

/** A cache line, in numbers: no two parts share one. */
const LINE = 16;

/**
 * Lays out a plan in one array. In training every matrix keeps its place, because the backward pass reads it. Otherwise
 * later matrices reuse the place of a matrix after its last read, so that the arena of a long plan fits the caches.
 *
 * @param gradients the backward pass; absent: the plan only runs forward.
 */
export function planLayout(plan: PlanData, rows: number, gradients?: PlanGradients): PlanLayout {
  const isTraining = gradients !== undefined;
  const memory = plan.steps.map((step) => memoryOf(step, plan.columns, rows, isTraining));
  let top = 0;
  const place = (size: number): Place => {
    const start = top;
    top += wholeLines(size);
    return { start, size };
  };
  const scratch = place(Math.max(1, ...memory.map((m) => m.scratch)));
  const saved: Place[] = [];
  for (const [i, step] of plan.steps.entries()) {
    saved.push(step.continues === undefined ? place(memory[i]?.saved ?? 0) : (saved[step.continues] as Place));
  }
  const sizes = plan.columns.map((columns) => rows * columns);
  if (gradients !== undefined) {
    const additions = gradients.steps.map(({ inputs }, i) =>
      inputs.map((kind, k) =>
        kind === "more" ? place(sizes[plan.steps[i]?.inputs[k] as number] as number) : undefined,
      ),
    );
    return {
      rows,
      isTraining,
      matrices: sizes.map(place),
      gradients: sizes.map((size, id) => (gradients.matrices.has(id) ? place(size) : undefined)),
      additions,
      saved,
      scratch,
      size: top,
    };
  }
  const matrices = reuse(plan, sizes, top);
  const size = Math.max(top, ...matrices.map((m) => m.start + wholeLines(m.size)));
  return { rows, isTraining, size, matrices, gradients: [], additions: [], saved, scratch };
}

/** Numbers that a step saves, and that it needs for the time of a call. */
function memoryOf<K extends PlanOperation>(
  { op, inputs, outputs, settings }: PlanStepOf<K>,
  columns: readonly number[],
  rows: number,
  isTraining: boolean,
): { readonly saved: number; readonly scratch: number } {
  const width = (id: number): number => columns[id] as number;
  const shape: StepShape<K> = {
    rows,
    inputs: atSlots(inputs, width),
    outputs: atSlots(outputs, width),
    settings,
    isTraining,
  };
  return stepKinds[op].memory?.(shape) ?? { saved: 0, scratch: 0 };
}

function wholeLines(size: number): number {
  return Math.ceil(size / LINE) * LINE;
}

/** Places from `base` on, each free again after the last step that touches its matrix. */
function reuse(plan: PlanData, sizes: readonly number[], base: number): Place[] {
  const last = new Map<number, number>();
  for (const [i, { inputs, outputs }] of plan.steps.entries()) {
    for (const id of [...inputs, ...outputs]) last.set(id, i);
  }
  for (const id of [...plan.inputs, ...plan.outputs]) last.set(id, plan.steps.length);
  const places: (Place | undefined)[] = Array(sizes.length);
  const free: { start: number; size: number }[] = [];
  let top = base;
  const take = (id: number): void => {
    if (places[id] !== undefined) return;
    const size = sizes[id] as number;
    const whole = wholeLines(size);
    const at = free.findIndex((gap) => gap.size >= whole);
    const gap = free[at];
    if (gap === undefined) {
      places[id] = { start: top, size };
      top += whole;
      return;
    }
    places[id] = { start: gap.start, size };
    if (gap.size === whole) free.splice(at, 1);
    else free[at] = { start: gap.start + whole, size: gap.size - whole };
  };
  for (const id of plan.inputs) take(id);
  for (const [i, { inputs, outputs }] of plan.steps.entries()) {
    for (const id of outputs) take(id);
    for (const id of new Set([...inputs, ...outputs])) {
      const { start, size } = places[id] as Place;
      if (last.get(id) === i) free.push({ start, size: wholeLines(size) });
    }
  }
  return places.map((place) => place ?? { start: base, size: 0 });
}

/** Numbers that the arena of an inference may take, 16 MiB: memory stays constant for any number of rows. */
const ARENA_SIZE = 1 << 22;
const SMALLEST_CHUNK = 64;

/** Rows that are computed at a time, at most. */
export const LARGEST_CHUNK = 512;

/**
 * Returns a layout for up to `rows` rows at a time. The number of rows is chosen so that the memory of a plan stays in
 * the caches.
 */
export function inferenceLayout(plan: PlanData, rows: number): PlanLayout {
  let chunk = rows;
  let layout = planLayout(plan, chunk);
  while (layout.size > ARENA_SIZE && chunk > SMALLEST_CHUNK) {
    chunk = Math.max(SMALLEST_CHUNK, chunk >> 1);
    layout = planLayout(plan, chunk);
  }
  return layout;
}

/** Maps each place in a plan to a value. The number of places is the number of slots of the step's operation. */
export function atSlots<Slots extends readonly unknown[], T>(
  places: readonly number[],
  at: (place: number, slot: number) => T,
): AtSlots<Slots, T> {
  const found: readonly T[] = places.map(at);
  return found as AtSlots<Slots, T>;
}

/** By step: the parameters with keys that the step draws with in training. */
export function planKeys({ steps }: Pick<PlanData, "steps">): readonly (readonly number[])[] {
  return steps.map(keysOf);
}

function keysOf<K extends PlanOperation>({ op, parameters, settings }: PlanStepOf<K>): readonly number[] {
  return (stepKinds[op].keys?.(settings) ?? []).map((place) => parameters[place] as number);
}

/** Backward pass of a step. */
export interface StepGradients {
  /** `true` if any gradient passes through the step. */
  readonly isActive: boolean;
  /** Outputs that no later step has read: their gradients are zero. */
  readonly unread: readonly number[];
  /** By input: no gradient, the first one to reach this matrix, or one more. */
  readonly inputs: readonly ("none" | "first" | "more")[];
}

/** The backward pass of a plan. */
export interface PlanGradients {
  /** Matrices that depend on a trained parameter or, with `ofInputs`, on an input. */
  readonly matrices: ReadonlySet<number>;
  readonly steps: readonly StepGradients[];
  /** Matrices that a gradient reaches. */
  readonly reached: ReadonlySet<number>;
}

/**
 * Follows the gradients through a plan. A matrix has a gradient only if it depends on a trained parameter or, with
 * `ofInputs`, on an input.
 */
export function planGradients(plan: PlanData, trained: ReadonlySet<number>, ofInputs: boolean = false): PlanGradients {
  const matrices = new Set<number>(ofInputs ? plan.inputs : []);
  const active = plan.steps.map(({ inputs, outputs, parameters }) => {
    const isActive = parameters.some((id) => trained.has(id)) || inputs.some((id) => matrices.has(id));
    if (isActive) for (const id of outputs) matrices.add(id);
    return isActive;
  });
  const reached = new Set(plan.outputs);
  const steps = plan.steps.map((): StepGradients => ({ isActive: false, unread: [], inputs: [] }));
  for (let i = plan.steps.length - 1; i >= 0; i--) {
    const step = plan.steps[i] as PlanData["steps"][number];
    if (!active[i]) continue;
    const unread = step.outputs.filter((id) => !reached.has(id));
    const inputs = step.inputs.map((id) => {
      if (!matrices.has(id)) return "none";
      if (reached.has(id)) return "more";
      reached.add(id);
      return "first";
    });
    steps[i] = { isActive: true, unread, inputs };
  }
  return { matrices, steps, reached };
}
