import { sizeOf } from "../arrays/shape.ts";
import type { Parameter } from "../contracts/parameter.ts";
import { OptionError, ShapeError } from "../errors/errors.ts";
import {
  type AtSlots,
  checkedSizes,
  type PlanData,
  type PlanOperation,
  type PlanOperations,
  type PlanSettings,
  type PlanStep,
  type RecipeOf,
} from "./plan-data.ts";

/** A matrix `[rows, columns]` of a plan; the number of rows is known when the plan runs. */
export interface PlanMatrix {
  readonly id: number;
  readonly columns: number;
}

/**
 * A model as a list of kernel calls over matrices, created once and run repeatedly: see `PlanBuilder`. It has no
 * numbers, and refers to the parameters of the model.
 */
export interface Plan extends PlanData {
  readonly parameters: readonly Parameter[];
}

/** How samples of a model are made; see {@link RecipeOf}. */
export type SampleRecipe = RecipeOf<Parameter, Plan>;

/** A recipe, or the reason for having none. */
export type RecipeOrReason =
  | { readonly recipe: SampleRecipe; readonly reason?: undefined }
  | { readonly recipe?: undefined; readonly reason: string };

type PartsOf<
  K extends PlanOperation,
  Part extends "inputs" | "outputs" | "into" | "parameters",
> = PlanOperations[K][Part];

/** Entry that may be left out if it may be empty. */
type Entry<Name extends string, Value, Empty> = Empty extends Value
  ? { readonly [N in Name]?: Value }
  : { readonly [N in Name]: Value };

/** Parts of a plan operation. */
export type StepParts<K extends PlanOperation> = {
  readonly inputs: AtSlots<PartsOf<K, "inputs">, PlanMatrix>;
  /** An earlier step, by the number that {@link PlanBuilder.lastStep} had after it. */
  readonly continues?: number;
} & Entry<"parameters", AtSlots<PartsOf<K, "parameters">, Parameter>, []> &
  // Matrices that the step writes into, in part, instead of making new ones.
  Entry<"into", AtSlots<PartsOf<K, "into">, PlanMatrix>, []> &
  Entry<"settings", PlanSettings<K>, Record<never, never>>;

/** The matrices that a step makes. */
export type StepOutputs<K extends PlanOperation> = AtSlots<PartsOf<K, "outputs">, PlanMatrix>;

/** The parts of a step, whichever it is. */
interface AnyParts {
  readonly inputs: readonly PlanMatrix[];
  readonly parameters?: readonly Parameter[];
  readonly settings?: object;
  readonly into?: readonly PlanMatrix[];
  readonly continues?: number;
}

/**
 * Collects the kernel calls of a model. A layer that can be computed without a tape implements `lower`, which adds its
 * steps with the functions of `@pushforward/ops`: `networkStep`, `affineStep`, …
 */
export class PlanBuilder {
  private readonly columns: number[] = [];
  private readonly steps: PlanStep[] = [];
  private readonly parameters: Parameter[] = [];

  /** Number of the step that was added last. */
  get lastStep(): number {
    return this.steps.length - 1;
  }

  /**
   * Adds a step and returns its output matrices. The data of the operation determines their width.
   *
   * @throws {ShapeError} inputs or parameters of the step have the wrong size.
   */
  add<K extends PlanOperation>(op: K, parts: StepParts<K>): StepOutputs<K>;
  add(op: PlanOperation, parts: AnyParts): readonly PlanMatrix[] {
    const { inputs, parameters = [], settings = {}, into = [], continues } = parts;
    const begin = continues === undefined ? undefined : this.steps[continues];
    const { outputs } = checkedSizes(op, {
      settings,
      inputs: inputs.map(({ columns }) => columns),
      outputs: into.map(({ columns }) => columns),
      parameters: parameters.map(({ shape }) => sizeOf(shape)),
      continued: begin && { ...begin, inputs: begin.inputs.map((id) => this.columns[id] as number) },
      fail: (expected, got) => {
        throw new ShapeError(`plan.add(${op}): expected ${expected}, got ${got}.`);
      },
    });
    const made = outputs.slice(0, outputs.length - into.length).map((columns) => this.matrix(columns));
    const step = {
      op,
      inputs: inputs.map(({ id }) => id),
      outputs: [...made, ...into].map(({ id }) => id),
      parameters: parameters.map((parameter) => this.place(parameter)),
      settings,
      ...(continues === undefined ? {} : { continues }),
    };
    this.steps.push(step as PlanStep);
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

/** A plan, or the reason for having none. */
export type PlanOrReason =
  | { readonly plan: Plan; readonly reason?: undefined }
  | { readonly plan?: undefined; readonly reason: string };

/** Why a model can't be lowered; it never leaves {@link makePlan}. */
class NotLowered extends OptionError {}

/** Reports, inside of a `lower`, that a plan can't compute something. */
export function refuseToLower(reason: string): never {
  throw new NotLowered(reason);
}

/** Makes a plan from inputs with these numbers of columns. */
export function makePlan(
  inputColumns: readonly number[],
  lower: (plan: PlanBuilder, inputs: readonly PlanMatrix[]) => readonly PlanMatrix[],
): PlanOrReason {
  return loweredOrReason(() => ({ plan: buildPlan(inputColumns, lower) }));
}

/** The same within a `lower`, which it leaves when a part can't be lowered. */
export function buildPlan(
  inputColumns: readonly number[],
  lower: (plan: PlanBuilder, inputs: readonly PlanMatrix[]) => readonly PlanMatrix[],
): Plan {
  const builder = new PlanBuilder();
  const inputs = inputColumns.map((columns) => builder.matrix(columns));
  return builder.finish(inputs, lower(builder, inputs));
}

/** The lowered model, or the reason for a failure. */
export function loweredOrReason<T>(lower: () => T): T | { readonly reason: string } {
  try {
    return lower();
  } catch (error) {
    if (error instanceof NotLowered) return { reason: error.message };
    throw error;
  }
}

/** Which of the two maps of a bijection. */
export type Direction = "forward" | "inverse";

/** Part of a plan for a bijection. */
export interface LoweredMap {
  readonly value: PlanMatrix;
  /** The sum of all their columns is the log-determinant of a row; none for a map that keeps volume. */
  readonly logDets: readonly PlanMatrix[];
}

/** The steps of a conditioner that generates one rank of variables at a time, as in `AutoregressiveSteps`. */
export interface LoweredAutoregressiveSteps {
  /** Outputs `[rows, count · outputsPerVariable]` for the variables of the next rank, given the previous values. */
  next(previous?: PlanMatrix): PlanMatrix;
}
