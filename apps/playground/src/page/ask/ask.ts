// Questions to the model that is shown: what is given, and the answer so far.
import { effect, signal } from "@preact/signals";
import type { Answer, AskColumn, GivenCell } from "../../shared/ask-protocol.ts";
import { EngineClosed, workers } from "../engine.ts";
import { askable } from "../state.ts";

/** Columns that accept values; empty if the model takes no questions. */
export const askColumns = signal<readonly AskColumn[]>([]);
/** Values given by the visitor. */
export const given = signal<ReadonlyMap<string, GivenCell>>(new Map());
/** Answer to the latest or a recent question. */
export const answer = signal<Answer | undefined>(undefined);
/** Reason for a missing answer. */
export const problem = signal("");
/** True while an answer is pending. */
export const isAsking = signal(false);

/** Sets the value of a column; undefined removes it. */
export function give(column: string, cell: GivenCell | undefined): void {
  const next = new Map(given.value);
  if (cell === undefined) next.delete(column);
  else next.set(column, cell);
  given.value = next;
}

export function clearGiven(): void {
  given.value = new Map();
}

/** Prepares the first question as soon as one is likely. */
export function prepareQuestions(): void {
  workers()
    .trainer.call("prepareQuestions", null)
    .catch(() => {
      // The question will say it.
    });
}

/** Asks again when something else is given, and forgets all with the model. */
export function keepAsking(): () => void {
  const stops = [
    effect(() => {
      const model = askable.value;
      askColumns.value = [];
      clearGiven();
      if (model !== undefined) void findColumns(model);
    }),
    effect(() => {
      problem.value = "";
      if (given.value.size === 0) answer.value = undefined;
      else void follow();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

async function findColumns(model: unknown): Promise<void> {
  try {
    const columns = await workers().trainer.call("askColumns", null);
    if (askable.peek() === model) askColumns.value = columns;
  } catch {
    // The trainer has ended, or has another model by now: both are told elsewhere.
  }
}

/** Asks with the current values, and then for more draws, until the answer is good or the values change. */
async function follow(): Promise<void> {
  if (isAsking.peek()) return;
  isAsking.value = true;
  let asked: ReadonlyMap<string, GivenCell> | undefined;
  for (;;) {
    const now = given.peek();
    if (now.size === 0 || (now === asked && (answer.peek()?.isDone || problem.peek() !== ""))) break;
    try {
      const { trainer } = workers();
      const next = now === asked ? await trainer.call("askMore", null) : await trainer.call("ask", [...now]);
      asked = now;
      if (given.peek() !== now) continue;
      if (next === null) break;
      answer.value = next;
    } catch (error) {
      if (error instanceof EngineClosed) break;
      asked = now;
      if (given.peek() === now) problem.value = error instanceof Error ? error.message : String(error);
    }
  }
  isAsking.value = false;
}
