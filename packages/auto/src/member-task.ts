import type { Key } from "@pushforward/core";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import type { TableRows } from "@pushforward/tables/extend";
import type { RowStream, TrainEvent, TrainResult } from "@pushforward/training";

/** How a member is trained. */
export interface MemberTraining {
  readonly epochs: number;
  readonly batchSize: number;
  /** Epochs without improvement before it goes back to its best weights. */
  readonly patience: number;
  readonly learningRate: number;
  /** True if the base has so few rows that its parameters learn at a tenth of the learning rate. */
  readonly isBaseSlow: boolean;
}

/** The training of a member, and all that decides it. */
export interface MemberJob {
  /** From 0, in the order of the members. */
  readonly index: number;
  readonly kind: MemberKind;
  /** As it starts; its training changes it in place. */
  readonly member: Flow | ConditionalFlow;
  readonly training: MemberTraining;
  readonly key: Key;
  readonly threads: "auto" | number;
  /** In standard units, as the validation rows. */
  readonly train: TableRows | RowStream;
  readonly validation: TableRows;
}

/**
 * Training of a member that can run elsewhere. Apart from the member it is plain data, and the member is its
 * parameters. The same task produces the same weights, bit for bit, on every machine with a backend of equal
 * arithmetic.
 */
export interface MemberTask extends MemberJob {
  readonly threads: number;
  readonly train: TableRows;
}

/** Result of the training of a member. */
export interface TrainedMember {
  readonly result: TrainResult;
  /** Why it ended before its time, in a sentence; the member has its best weights until then. */
  readonly diverged?: string | undefined;
}

/**
 * Trains members elsewhere: on other machines, for instance. When it returns, `task.member` must have the weights that
 * `trainMemberEvents` produces for the same task. It yields the events that it knows. After the signal it returns the
 * best member so far, or throws.
 * @example
 * // What another machine would get is the bytes of the member, and the rest of the task as it is.
 * const elsewhere: MemberTrainer = async function* (task) {
 *   const bytes = encodeModel(task.member, standardRegistry);
 *   const { model } = decodeModel<MemberTask["member"]>(bytes, standardRegistry);
 *   const trained = yield* trainMemberEvents({ ...task, member: model });
 *   const weights = model.parameters();
 *   for (const [path, parameter] of task.member.parameters()) parameter.write(weights.get(path)?.read() ?? []);
 *   model.dispose();
 *   return trained;
 * };
 * const small = { key: createKey(0), maxEpochs: 2, transforms: 1, hidden: [8], threads: 1 };
 * const { validationNll } = await fitAuto({ x }, { ...small, memberTrainer: elsewhere });
 * validationNll === (await fitAuto({ x }, small)).validationNll; // → true
 */
export type MemberTrainer = (
  task: MemberTask,
  options: { readonly signal?: AbortSignal | undefined },
) => AsyncGenerator<TrainEvent, TrainedMember, void>;

/**
 * The kinds of members: layers over a mixture of Gaussians; quantile splines and layers over one Gaussian; the same with
 * layers that are affine, which overfit less; and with layers of mixtures made normal (Gaussianization), which err elsewhere.
 */
export type MemberKind = "mixture" | "quantile" | "affine" | "gaussianization";
