import type { Kernels } from "./kernels.ts";
import type { PlanDraws } from "./plan-draws.ts";

/** Plain data of a step beside its matrices. */
export type StepSettings = Readonly<Record<string, unknown>>;

/** Sizes of a step, from which its memory follows. */
export interface StepShape {
  readonly rows: number;
  /** Columns of its matrices. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly settings: StepSettings;
  /** Whether the gradient will be asked for. */
  readonly isTraining: boolean;
}

/** The arrays of a step. Each matrix is row-major `[rows, columns]` and has an array of just its size. */
export interface StepCall extends StepShape {
  readonly kernels: Kernels;
  readonly input: readonly Float32Array[];
  readonly output: readonly Float32Array[];
  readonly parameters: readonly Float32Array[];
  /** By parameter, if known: what stands for its values as long as nobody assigns others. */
  readonly identities: readonly (object | undefined)[];
  /** In training: the row that is the first, and the keys of this step. */
  readonly draws?: PlanDraws | undefined;
  /** What the forward pass leaves for the backward pass, or one step for those that continue it. */
  readonly saved: Float32Array;
  /** The step that this one continues. */
  readonly continues?: BoundStep | undefined;
  /** Of no use after a call. */
  readonly scratch: Float32Array;
  /** The gradients: those of the outputs are read, the others written unless they are absent. */
  readonly dOutput: readonly Float32Array[];
  readonly dInput: readonly (Float32Array | undefined)[];
  readonly dParameters: readonly (Float32Array | undefined)[];
}

/** A step with its arrays. */
export interface BoundStep {
  forward(): void;
  /** Absent where there is no gradient. */
  backward?(): void;
}

/** How the steps of one op are computed. */
export interface StepKind {
  /** Sizes of `saved` and `scratch`, in numbers; none when absent. */
  memory?(shape: StepShape): { readonly saved: number; readonly scratch: number };
  readonly hasGradient: boolean;
  /** Multiplications of a row by parameters, where these are most of the work; parameters by their places. */
  weights?(settings: StepSettings, parameter: (place: number) => ArrayLike<number>): number;
  /** The parameters, by their places, whose keys the step draws with in training. */
  keys?(settings: StepSettings): readonly number[];
  /** Whether both passes do nothing but call kernels, the same ones in each run; otherwise, or when absent, they may do more. */
  isFixed?(settings: StepSettings): boolean;
  /** The backward pass follows a forward pass of the same binding. */
  bind(call: StepCall): BoundStep;
}
