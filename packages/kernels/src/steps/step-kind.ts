import type { AtSlots, PlanOperation, PlanOperations, PlanSettings } from "@pushforward/core/plain";
import type { Kernels } from "../families/kernels.ts";

/** The matrices that an operation reads. */
type Inputs<K extends PlanOperation> = PlanOperations[K]["inputs"];

/** The matrices that the operation creates, then the matrices that it overwrites in part. */
type Outputs<K extends PlanOperation> = PlanOperations[K]["written"];

type Parameters<K extends PlanOperation> = PlanOperations[K]["parameters"];

/** Sizes of a step, from which its memory follows. */
export interface StepShape<K extends PlanOperation> {
  readonly rows: number;
  /** Columns of its matrices. */
  readonly inputs: AtSlots<Inputs<K>, number>;
  readonly outputs: AtSlots<Outputs<K>, number>;
  readonly settings: PlanSettings<K>;
  /** `true` if the gradient will be requested. */
  readonly isTraining: boolean;
}

/** The arrays of a step. Each matrix is row-major `[rows, columns]` and has an array of just its size. */
export interface StepCall<K extends PlanOperation> extends StepShape<K> {
  readonly kernels: Kernels;
  readonly input: AtSlots<Inputs<K>, Float32Array>;
  readonly output: AtSlots<Outputs<K>, Float32Array>;
  readonly parameters: AtSlots<Parameters<K>, Float32Array>;
  /** By parameter, if known: an object that identifies its values until new values are assigned. */
  readonly identities: readonly (object | undefined)[];
  /** In training: the row that is the first, and the keys of this step. */
  readonly draws?: PlanDraws | undefined;
  /** Data from the forward pass for the backward pass, or from a step for the steps that continue it. */
  readonly saved: Float32Array;
  /** The step that this one continues. */
  readonly continues?: BoundStep | undefined;
  /** Of no use after a call. */
  readonly scratch: Float32Array;
  /** Gradients. The output gradients are read; the input and parameter gradients are written unless absent. */
  readonly dOutput: AtSlots<Outputs<K>, Float32Array>;
  readonly dInput: AtSlots<Inputs<K>, Float32Array | undefined>;
  readonly dParameters: AtSlots<Parameters<K>, Float32Array | undefined>;
}

/** A step with its arrays. */
export interface BoundStep {
  forward(): void;
  /** Absent if the step has no gradient. */
  backward?(): void;
}

/** Defines the computation of the steps of an operation. */
export interface StepKind<K extends PlanOperation> {
  /** Sizes of `saved` and `scratch`, in numbers. Default: none. */
  memory?(shape: StepShape<K>): { readonly saved: number; readonly scratch: number };
  /** Multiplications of a row by parameters, where these are most of the work; parameters by their places. */
  weights?(settings: PlanSettings<K>, parameter: (place: number) => ArrayLike<number>): number;
  /** The parameters, by place, with keys that the step draws with in training. */
  keys?(settings: PlanSettings<K>): readonly number[];
  /**
   * `true` if both passes only call kernels, and the same kernels in each run. If `false` or absent, they may do more.
   */
  isFixed?(settings: PlanSettings<K>): boolean;
  /** The backward pass follows a forward pass of the same binding. */
  bind(call: StepCall<K>): BoundStep;
}

/** Random data for a run of a plan. The caller writes it before the run; see `planKeys`. */
export interface PlanDraws {
  /** One number: which row of the batch the first row of the run is. It is a multiple of 8. */
  readonly firstRow: Int32Array;
  /**
   * {@link KEY_SIZE} numbers for each key: a flag and the two words of the key. The flag is 1, or 0 without a key, when
   * the step is deterministic.
   */
  readonly keys: Int32Array;
}

/** Numbers of a key among {@link PlanDraws}. */
export const KEY_SIZE = 3;
