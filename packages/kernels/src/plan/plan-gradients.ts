import type { PlanData } from "@pushforward/core/plain";

/** What the backward pass of one step does. */
export interface StepGradients {
  /** Whether any gradient passes through it. */
  readonly isActive: boolean;
  /** Outputs that no later step has read: their gradients are zero. */
  readonly unread: readonly number[];
  /** By input: no gradient, the first one to reach this matrix, or one more. */
  readonly inputs: readonly ("none" | "first" | "more")[];
}

/** The backward pass of a plan. */
export interface PlanGradients {
  /** Matrices that depend on what has a gradient. */
  readonly matrices: ReadonlySet<number>;
  readonly steps: readonly StepGradients[];
  /** Matrices that a gradient reaches. */
  readonly reached: ReadonlySet<number>;
}

/**
 * Follows the gradients through a plan. Only what depends on a trained parameter has one or, with `ofInputs`, on an input.
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
