import { Worker } from "node:worker_threads";
import { type ErrorData, errorFromData } from "@pushforward/core/plain";
import { UserError } from "../errors/user-error.ts";

/** What a thread says to a question. */
export type ThreadAnswer<A> =
  | { readonly answer: A }
  /** A problem of the user's. */
  | { readonly refusal: string }
  | { readonly error: ErrorData };

/** The threads, and what they are told. */
export interface ThreadOptions<T, Q> {
  /** Their program, which calls `answerInThread`. */
  readonly program: URL;
  /** What each is told at its start. */
  readonly workerData: unknown;
  readonly threads: number;
  /** The question that an item of the work is. */
  ask(item: T): Q;
}

/** Questions that a thread has at most: the next one is there when it is done with one. */
const AHEAD = 2;

/**
 * Has threads answer a question for each item of the work, and gives the items and their answers in order.
 *
 * @throws {UserError} a refusal of a thread.
 * @throws the error of a thread.
 */
export async function* inThreads<T, Q, A>(
  work: AsyncIterable<T> | Iterable<T>,
  { program, workerData, threads, ask }: ThreadOptions<T, Q>,
): AsyncGenerator<{ readonly item: T; readonly answer: A }> {
  const team = Array.from({ length: threads }, () => new Thread<Q, A>(program, workerData));
  const waiting: { readonly item: T; readonly answer: Promise<A> }[] = [];
  let next = 0;
  try {
    for await (const item of work) {
      const thread = team[next++ % threads] as Thread<Q, A>;
      const answer = thread.ask(ask(item));
      answer.catch(() => undefined);
      waiting.push({ item, answer });
      if (waiting.length >= AHEAD * threads) yield await first(waiting);
    }
    while (waiting.length > 0) yield await first(waiting);
  } finally {
    await Promise.all(team.map((thread) => thread.stop()));
  }
}

async function first<T, A>(
  waiting: { readonly item: T; readonly answer: Promise<A> }[],
): Promise<{ readonly item: T; readonly answer: A }> {
  const { item, answer } = waiting.shift() as (typeof waiting)[number];
  return { item, answer: await answer };
}

interface Waiter<A> {
  resolve(answer: A): void;
  reject(error: Error): void;
}

class Thread<Q, A> {
  private readonly worker: Worker;
  private readonly waiters: Waiter<A>[] = [];
  private ended: Error | undefined;

  constructor(program: URL, workerData: unknown) {
    this.worker = new Worker(program, { workerData, execArgv: [] });
    this.worker.on("message", (answer: ThreadAnswer<A>) => this.answered(answer));
    this.worker.on("error", (error) => this.end(error));
    this.worker.on("exit", () => this.end(new Error("threads: expected a thread to go on, got one that has ended.")));
  }

  ask(question: Q): Promise<A> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.worker.postMessage(question);
    });
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private answered(said: ThreadAnswer<A>): void {
    const waiter = this.waiters.shift();
    if ("answer" in said) waiter?.resolve(said.answer);
    else waiter?.reject("refusal" in said ? new UserError(said.refusal) : errorFromData(said.error));
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.waiters.splice(0)) reject(error);
  }
}
