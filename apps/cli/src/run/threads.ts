import {
  type Answered,
  errorFromData,
  nodeWorker,
  type WorkerEnd,
  WorkerPool,
  type WorkerPoolOptions,
} from "@pushforward/core/plain";
import { UserError } from "../errors/user-error.ts";

/** Settings of the threads. */
export interface ThreadOptions extends Pick<WorkerPoolOptions, "ahead" | "renews" | "threads"> {
  /** Their program, which calls `serveRequests`. */
  readonly program: URL;
  /** Start message of each thread. */
  readonly told: unknown;
  readonly endError?: ((end: WorkerEnd) => Error) | undefined;
}

/** Threads of the command line. A `UserError` of a thread is one here. */
export function openThreads<Request, Answer>({ program, ...options }: ThreadOptions): WorkerPool<Request, Answer> {
  return new WorkerPool({
    open: () => nodeWorker(program),
    errorOf: (data) => (data.name === "UserError" ? new UserError(data.message) : errorFromData(data)),
    ...options,
    endError:
      options.endError ??
      (({ cause, words }) => cause ?? new Error(`threads: expected a running thread, got ${words}.`)),
  });
}

/**
 * Lets threads answer a question for each item of the work, and yields the items and their answers in order.
 *
 * @throws the error of a thread.
 */
export async function* inThreads<Item, Question, Answer>(
  work: AsyncIterable<Item> | Iterable<Item>,
  { ask, ...options }: ThreadOptions & { ask(item: Item): Question },
): AsyncGenerator<Answered<Item, Answer>> {
  const pool = openThreads<Question, Answer>({ ...options, ahead: 2 });
  try {
    yield* pool.inOrder(work, ask);
  } finally {
    await pool.close();
  }
}
