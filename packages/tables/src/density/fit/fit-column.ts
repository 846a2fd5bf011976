import type { Key } from "@pushforward/core";
import { mapEvents } from "@pushforward/core/plain";
import type { TrainEvent } from "@pushforward/training";
import type { CellCoding, CodedColumn } from "../coding/category-coding.ts";
import type { ColumnDensity } from "../column-density.ts";
import { type ComparedCells, compareCells, dependencePValue, meanNll } from "./column-evidence.ts";
import type { ColumnTraining } from "./network/column-network.ts";
import type { NetworkForm, NetworkTask } from "./network/network-task.ts";
import type { ColumnState, NetworkTrainer, TrainedNetwork } from "./network/train-network.ts";
import type { TableCheckpoints } from "./table-checkpoints.ts";

/** Training data of the networks of a column. */
export interface ColumnFit {
  /** Its place among all columns. */
  readonly index: number;
  readonly form: NetworkForm;
  /** The task of each fold; one task without folds. */
  readonly taskOf: (fold: number) => NetworkTask;
  /** 1 where rows are held out. */
  readonly folds: number;
  readonly training: ColumnTraining;
  readonly trainer: NetworkTrainer;
  /** Of the column. */
  readonly key: Key;
  readonly signal: AbortSignal | undefined;
  readonly checkpoints: TableCheckpoints;
  /** The log-probabilities of the validation cells by some members. */
  readonly logProb: (members: readonly ColumnDensity[]) => Float64Array;
}

/** Minimum gain of an additional network of a column, in nats per row. */
const LEAST_GAIN = 0.001;

/** While a network is trained. */
export interface NetworkEvent {
  readonly member: number;
  readonly event: TrainEvent;
}

/** The networks of a column; none where no network is better than the frequencies. */
export interface FittedColumn {
  readonly members: readonly ColumnDensity[];
  /** Of the validation cells. */
  readonly logProb: Float64Array;
}

/**
 * Trains the networks of a column: one for each fold, or one after the other as long as they help.
 *
 * @param marginal the log-probabilities of the validation cells by their frequencies.
 */
export async function* fitColumnEvents(
  fit: ColumnFit,
  marginal: Float64Array,
): AsyncGenerator<NetworkEvent, FittedColumn, void> {
  const { checkpoints, folds, form, index, key, signal, training } = fit;
  const isFolded = folds > 1;
  const resumed = checkpoints.stateOf(index, form);
  let state: ColumnState = resumed ?? { members: [], widths: [], width: training.hidden, member: 0, isDone: false };
  let isDone = false;
  try {
    let logProb = state.members.length > 0 && !isFolded ? fit.logProb(state.members) : marginal;
    while (!state.isDone && state.member < training.members && !signal?.aborted) {
      const { width, member, network } = state;
      // With folds all networks may start as a regression. Otherwise every second one starts as the frequencies, which may be better.
      const mayStartLinear = isFolded || member % 2 === 0;
      const job = {
        ...{ task: fit.taskOf(member % folds), training, width, mayStartLinear },
        key: key.fold(`${width} ${member}`),
      };
      const events = fit.trainer.train(
        { ...job, resume: network, every: checkpoints.every },
        { signal, save: (now) => checkpoints.saveColumn(index, { ...state, network: now }) },
      );
      const trained = yield* mapEvents(events, (event) => ({ member, event }));
      [state, logProb] = nextState(fit, { ...state, network: undefined }, trained, logProb);
      // One that was called off half-way is not what the fit would have without the signal.
      if (!signal?.aborted) await checkpoints.saveColumn(index, state);
    }
    // Networks of folds are judged once, all together.
    if (isFolded && state.members.length > 0) logProb = fit.logProb(state.members);
    const isWorse = meanNll(logProb) >= meanNll(marginal);
    isDone = !isWorse;
    return isWorse ? { members: [], logProb: marginal } : { members: state.members, logProb };
  } finally {
    if (!isDone) for (const member of state.members) member.dispose();
  }
}

/** Progress of a column after a network, with the log-probabilities of its validation cells. */
function nextState(
  { folds, training, logProb }: ColumnFit,
  state: ColumnState,
  trained: TrainedNetwork,
  before: Float64Array,
): [state: ColumnState, logProb: Float64Array] {
  const { width, member } = state;
  if (trained === "too small") return [{ ...state, width: 2 * width }, before];
  if (trained === "no gain") return [{ ...state, isDone: true }, before];
  const members = [...state.members, trained.density];
  const next = { members, widths: [...state.widths, width], width, member: member + 1 };
  if (folds > 1) return [{ ...next, isDone: false }, before];
  // A wide network that learns to its end takes as long as several, and is worth more.
  const isLast = width > training.hidden && !trained.wantsAnother;
  const after = logProb(members);
  const alone = member > 0 ? logProb([trained.density]) : after;
  if (Math.min(meanNll(before), meanNll(after)) - meanNll(alone) >= LEAST_GAIN) {
    for (const worse of state.members) worse.dispose();
    return [{ ...next, members: [trained.density], widths: [width], isDone: isLast }, alone];
  }
  // The first network has to be better than the frequencies, another one worth its time.
  if (meanNll(before) - meanNll(after) < (member > 0 ? LEAST_GAIN : 0)) {
    trained.density.dispose();
    return [{ ...state, isDone: true }, before];
  }
  return [{ ...next, isDone: isLast }, after];
}

/** Most columns that a network reads. */
export const MAX_PARENTS = 32;
/** Most columns that are compared, the nearest ones before it, and rows by which. */
const MAX_CANDIDATES = 256;
const MAX_ROWS = 2000;
/** Groups of codes in a comparison. */
const GROUPS = 8;
/** Up to this number of rows, columns need evidence of dependence before a network is trained. */
const FEW_ROWS = 500;
/** The fraction of independent columns that are trained nevertheless. */
const LEVEL = 0.2;
/** With few rows a network reads fewer columns: one per this number of rows, and at least the smaller number. */
const ROWS_PER_PARENT = 8;
const LEAST_PARENTS = 4;

/**
 * The columns that the density of a column reads: all previous columns, or the most informative ones.
 *
 * With a large number of rows, the mutual information of groups of codes measures this. With few rows, a column reads
 * no columns unless the sorted p-values of all previous columns satisfy `pᵢ ≤ 0.2·i/m` for some i (Simes 1986). So at
 * most a fifth of the independent columns get networks, which would learn noise.
 */
export class ParentChoice {
  private readonly codings: readonly { readonly coding: CellCoding }[];
  private readonly rows: number;
  private readonly codedAt: (k: number) => CodedColumn;
  private readonly groups: Map<number, Uint8Array> = new Map();
  private readonly compared: Map<number, ComparedCells> = new Map();

  /** @param codedAt the training rows of a column. */
  constructor(codings: readonly { readonly coding: CellCoding }[], rows: number, codedAt: (k: number) => CodedColumn) {
    this.codings = codings;
    this.rows = rows;
    this.codedAt = codedAt;
  }

  /**
   * Returns the indices of the columns that a column reads, rising.
   *
   * @param isFree `true` if a column may be read: `false` for dependent columns that are no groups of the values of another column.
   */
  parentsOf(index: number, isFree: (k: number) => boolean): number[] {
    const before = Array.from({ length: index }, (_, k) => k).filter(isFree);
    if (before.length <= MAX_PARENTS) return before;
    const candidates = before.slice(-MAX_CANDIDATES);
    const { rows } = this;
    const chosen =
      rows <= FEW_ROWS
        ? this.byPValues(index, candidates).slice(0, Math.max(LEAST_PARENTS, Math.floor(rows / ROWS_PER_PARENT)))
        : this.byInformation(index, candidates);
    return chosen.slice(0, MAX_PARENTS).sort((a, b) => a - b);
  }

  private byInformation(index: number, candidates: readonly number[]): number[] {
    const own = this.groupsAt(index);
    const scored = candidates.map((k) => ({ k, information: mutualInformation(own, this.groupsAt(k)) }));
    return scored.sort((a, b) => b.information - a.information || a.k - b.k).map(({ k }) => k);
  }

  private byPValues(index: number, candidates: readonly number[]): number[] {
    const own = this.comparedAt(index);
    const tested = candidates.map((k) => ({ k, p: dependencePValue(own, this.comparedAt(k)) }));
    tested.sort((a, b) => a.p - b.p || a.k - b.k);
    const depends = tested.some(({ p }, i) => p * tested.length <= LEVEL * (i + 1));
    return depends ? tested.map(({ k }) => k) : [];
  }

  private groupsAt(k: number): Uint8Array {
    const groups = this.groups.get(k) ?? groupsOf(this.codedAt(k), (this.codings[k] as { coding: CellCoding }).coding);
    this.groups.set(k, groups);
    return groups;
  }

  private comparedAt(k: number): ComparedCells {
    const compared = this.compared.get(k) ?? compareCells(this.codedAt(k));
    this.compared.set(k, compared);
    return compared;
  }
}
/**
 * Groups of codes of about equal mass, in the order of the codes. The middle of the mass of a code selects its group, so that a
 * frequent code is not in the group of the rare codes before it.
 */
function groupsOf({ codes }: Pick<CodedColumn, "codes">, { logMarginal }: Pick<CellCoding, "logMarginal">): Uint8Array {
  let mass = 0;
  const groups = Uint8Array.from(logMarginal, (value) => {
    const share = Math.exp(value);
    const group = Math.min(GROUPS - 1, Math.floor((mass + share / 2) * GROUPS));
    mass += share;
    return group;
  });
  return Uint8Array.from(codes.subarray(0, MAX_ROWS), (code) => groups[code] as number);
}

function mutualInformation(a: Uint8Array, b: Uint8Array): number {
  const joint = new Float64Array(GROUPS * GROUPS);
  const add = (sums: Float64Array, at: number, value: number): void => {
    sums[at] = (sums[at] as number) + value;
  };
  for (let i = 0; i < a.length; i++) add(joint, (a[i] as number) * GROUPS + (b[i] as number), 1 / a.length);
  const rows = new Float64Array(GROUPS);
  const columns = new Float64Array(GROUPS);
  for (const [i, p] of joint.entries()) {
    add(rows, Math.floor(i / GROUPS), p);
    add(columns, i % GROUPS, p);
  }
  let information = 0;
  for (let i = 0; i < joint.length; i++) {
    const p = joint[i] as number;
    if (p > 0)
      information += p * Math.log(p / ((rows[Math.floor(i / GROUPS)] as number) * (columns[i % GROUPS] as number)));
  }
  return information;
}
