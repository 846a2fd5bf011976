import { type Key, mapEvents } from "@pushforward/core";
import type { TrainEvent } from "@pushforward/training";
import type { ColumnDensity } from "./column-density.ts";
import type { ColumnState } from "./column-state.ts";
import type { TableCheckpoints } from "./table-checkpoints.ts";
import { type ColumnTask, type ColumnTraining, newColumn, type TrainedColumn, trainColumn } from "./train-column.ts";

/** What the networks of a column are trained with. */
export interface ColumnFit {
  readonly task: ColumnTask;
  readonly training: ColumnTraining;
  /** Of the column. */
  readonly key: Key;
  readonly signal: AbortSignal | undefined;
  readonly checkpoints: TableCheckpoints;
  /** The mean negative log-probability of the validation cells by some members, in nats per row. */
  readonly nll: (members: readonly ColumnDensity[]) => number;
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
  readonly validationNll: number;
}

/** Trains the networks of a column one after the other, as long as they help. */
export async function* fitColumn(
  fit: ColumnFit,
  marginalNll: number,
): AsyncGenerator<NetworkEvent, FittedColumn, void> {
  const { checkpoints, key, signal, task, training } = fit;
  const keyOf = (width: number, member: number): Key => key.fold(`${width} ${member}`);
  const resumed = checkpoints.stateOf(task.index, (width, member) => newColumn(task, width, keyOf(width, member)));
  let state: ColumnState = resumed ?? { members: [], widths: [], width: training.hidden, member: 0, isDone: false };
  let isDone = false;
  try {
    let validationNll = state.members.length > 0 ? fit.nll(state.members) : marginalNll;
    while (!state.isDone && state.member < training.members && !signal?.aborted) {
      const { width, member, network } = state;
      const job = { task, training, width, key: keyOf(width, member), signal };
      const events = trainColumn(job, {
        resume: network,
        every: checkpoints.every,
        save: (now) => checkpoints.saveColumn(task.index, { ...state, network: now }),
      });
      const trained = yield* mapEvents(events, (event) => ({ member, event }));
      [state, validationNll] = nextState(fit, { ...state, network: undefined }, trained, validationNll);
      // One that was called off half-way is not what the fit would have without the signal.
      if (!signal?.aborted) await checkpoints.saveColumn(task.index, state);
    }
    isDone = true;
    return { members: state.members, validationNll };
  } finally {
    if (!isDone) for (const member of state.members) member.dispose();
  }
}

/** How far a column is after a network of it, and its validation loss. */
function nextState(
  { training, nll }: ColumnFit,
  state: ColumnState,
  trained: TrainedColumn,
  before: number,
): [state: ColumnState, validationNll: number] {
  const { width, member } = state;
  if (trained === "too small") return [{ ...state, width: 2 * width }, before];
  if (trained === "no gain") return [{ ...state, isDone: true }, before];
  const members = [...state.members, trained.density];
  const after = nll(members);
  // The first network has to be better than the frequencies, another one worth its time.
  if (before - after < (member > 0 ? LEAST_GAIN : 0)) {
    trained.density.dispose();
    return [{ ...state, isDone: true }, before];
  }
  // A wide network that learns to its end takes as long as several, and is worth more.
  const isDone = width > training.hidden && !trained.overfits;
  return [{ members, widths: [...state.widths, width], width, member: member + 1, isDone }, after];
}
