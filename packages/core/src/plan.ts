import { OptionError } from "./errors.ts";
import type { Parameter } from "./parameter.ts";

/** A matrix `[rows, columns]` of a plan; the number of rows is known when the plan runs. */
export interface PlanMatrix {
  readonly id: number;
  readonly columns: number;
}

/** Plain data that a step needs beside its matrices: numbers, flags, names and arrays of them. */
export type StepSettings = Readonly<Record<string, unknown>>;

/** One call of a kernel. Matrices and parameters are given by their places in the plan. */
export interface PlanStep {
  readonly op: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly parameters: readonly number[];
  readonly settings: StepSettings;
  /** The step whose working memory this one goes on with. */
  readonly continues?: number;
}

/**
 * A model as a list of kernel calls over matrices, made once and run many times: see `PlanBuilder`. It holds no
 * numbers, and refers to the parameters of the model where they are.
 */
export interface Plan {
  /** Columns of each matrix. */
  readonly columns: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly steps: readonly PlanStep[];
  readonly parameters: readonly Parameter[];
}

/** What a step is made of. */
export interface StepParts {
  readonly inputs: readonly PlanMatrix[];
  /** Columns of each matrix that the step makes. */
  readonly outputs: readonly number[];
  readonly parameters?: readonly Parameter[];
  readonly settings?: StepSettings;
  /** Matrices that the step writes into, in part, instead of making new ones. */
  readonly into?: readonly PlanMatrix[];
  /** An earlier step, by the number that {@link PlanBuilder.lastStep} had after it. */
  readonly continues?: number;
}

/**
 * Collects the kernel calls of a model. A layer that can be computed without a tape implements `lower`, in which it adds
 * its steps, by the functions that `@pushforward/ops` has for them: `networkStep`, `affineStep`, …
 */
export class PlanBuilder {
  private readonly columns: number[] = [];
  private readonly steps: PlanStep[] = [];
  private readonly parameters: Parameter[] = [];

  /** Number of the step that was added last. */
  get lastStep(): number {
    return this.steps.length - 1;
  }

  /** Adds a step and returns the matrices that it makes. */
  add(op: string, { inputs, outputs, parameters = [], settings = {}, into = [], continues }: StepParts): PlanMatrix[] {
    const made = outputs.map((columns) => this.matrix(columns));
    this.steps.push({
      op,
      inputs: inputs.map(({ id }) => id),
      outputs: [...made, ...into].map(({ id }) => id),
      parameters: parameters.map((parameter) => this.place(parameter)),
      settings,
      ...(continues === undefined ? {} : { continues }),
    });
    return made;
  }

  /** A matrix that steps fill in parts. */
  matrix(columns: number): PlanMatrix {
    this.columns.push(columns);
    return { id: this.columns.length - 1, columns };
  }

  /** The plan from `inputs` to `outputs`. */
  finish(inputs: readonly PlanMatrix[], outputs: readonly PlanMatrix[]): Plan {
    return {
      columns: this.columns,
      inputs: inputs.map(({ id }) => id),
      outputs: outputs.map(({ id }) => id),
      steps: this.steps,
      parameters: this.parameters,
    };
  }

  private place(parameter: Parameter): number {
    const known = this.parameters.indexOf(parameter);
    return known >= 0 ? known : this.parameters.push(parameter) - 1;
  }
}

/** A plan, or the reason why there is none. */
export type PlanOrReason =
  | { readonly plan: Plan; readonly reason?: undefined }
  | { readonly plan?: undefined; readonly reason: string };

/** Why a model can't be lowered; it never leaves {@link makePlan}. */
class NotLowered extends OptionError {}

/** Says, inside of a `lower`, that something can't be computed by a plan. */
export function refuseToLower(reason: string): never {
  throw new NotLowered(reason);
}

/** Makes a plan from inputs with these numbers of columns. */
export function makePlan(
  inputColumns: readonly number[],
  lower: (plan: PlanBuilder, inputs: readonly PlanMatrix[]) => readonly PlanMatrix[],
): PlanOrReason {
  const builder = new PlanBuilder();
  const inputs = inputColumns.map((columns) => builder.matrix(columns));
  try {
    return { plan: builder.finish(inputs, lower(builder, inputs)) };
  } catch (error) {
    if (error instanceof NotLowered) return { reason: error.message };
    throw error;
  }
}
