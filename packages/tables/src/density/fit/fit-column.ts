import type { Key } from "@pushforward/core";
import { mapEvents } from "@pushforward/core/plain";
import type { TrainEvent } from "@pushforward/training";
import type { ColumnDensity } from "../column-density.ts";
import { meanNll } from "./column-evidence.ts";
import type { ColumnTraining } from "./network/column-training.ts";
import type { NetworkForm, NetworkTask } from "./network/network-task.ts";
import type { ColumnState, NetworkTrainer, TrainedNetwork } from "./network/network-trainer.ts";
import type { TableCheckpoints } from "./table-checkpoints.ts";

/** What the networks of a column are trained with. */
export interface ColumnFit {
  /** Its place among all columns. */
  readonly index: number;
  readonly form: NetworkForm;
  /** The task of each fold; without folds there is one. */
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

/** A further network of a column has to be worth so many nats per row. */
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
      const job = { task: fit.taskOf(member % folds), training, width, key: key.fold(`${width} ${member}`) };
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

/** How far a column is after a network of it, and the log-probabilities of its validation cells. */
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
  const after = logProb(members);
  // The first network has to be better than the frequencies, another one worth its time.
  if (meanNll(before) - meanNll(after) < (member > 0 ? LEAST_GAIN : 0)) {
    trained.density.dispose();
    return [{ ...state, isDone: true }, before];
  }
  // A wide network that learns to its end takes as long as several, and is worth more.
  const isDone = width > training.hidden && !trained.overfits;
  return [{ ...next, isDone }, after];
}
