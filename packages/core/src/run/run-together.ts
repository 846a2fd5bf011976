/**
 * Runs tasks that yield events, in order, with one parallel task per slot. Events of parallel tasks arrive as they
 * occur. The next event of a task is requested after the previous one is consumed. The first error, or leaving the
 * events, stops all tasks.
 * @example
 * const told: string[] = [];
 * const task = (name: string) =>
 *   async function* (slot: number): AsyncGenerator<string, void, void> {
 *     yield `${name} in slot ${slot}`;
 *   };
 * for await (const event of runTogether([0, 1], [task("a"), task("b")])) told.push(event);
 * told.length; // → 2
 */
export async function* runTogether<S, E>(
  slots: readonly S[],
  tasks: readonly ((slot: S) => AsyncGenerator<E, void, void>)[],
): AsyncGenerator<E, void, void> {
  const waiting = tasks.values();
  const running = new Set<Running<S, E>>();
  const told: Told<S, E>[] = [];
  let wake = (): void => {};
  const ask = (one: Running<S, E>): void => {
    const tell = (answer: Told<S, E>["answer"]): void => {
      told.push({ one, answer });
      wake();
    };
    one.events.next().then(tell, (error: unknown) => tell({ error }));
  };
  const begin = (slot: S): void => {
    const { value: task } = waiting.next();
    if (task === undefined) return;
    const one = { slot, events: task(slot) };
    running.add(one);
    ask(one);
  };
  try {
    for (const slot of slots) begin(slot);
    while (running.size > 0) {
      const next = told.shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const { one, answer } = next;
      if ("error" in answer) {
        running.delete(one);
        throw answer.error;
      }
      if (answer.done) {
        running.delete(one);
        begin(one.slot);
      } else {
        yield answer.value;
        ask(one);
      }
    }
  } finally {
    await Promise.all(Array.from(running, ({ events }) => events.return().catch(() => undefined)));
  }
}

/** A task that has begun. */
interface Running<S, E> {
  readonly slot: S;
  readonly events: AsyncGenerator<E, void, void>;
}

/** An event of a task. */
interface Told<S, E> {
  readonly one: Running<S, E>;
  readonly answer: IteratorResult<E, void> | { readonly error: unknown };
}

/**
 * Yields the mapped events, and returns the result. Leaving these events also leaves the inner ones.
 *
 * @param map returns undefined for an event to drop.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const events = trainEvents(flow, { x }, { key: createKey(1), maxEpochs: 2 });
 * const ofEpochs = mapEvents(events, (event) => (event.type === "epoch" ? event.epoch : undefined));
 * const { epochs } = await runToEnd(ofEpochs);
 * epochs; // → 2
 */
export async function* mapEvents<E, F, R>(
  events: AsyncGenerator<E, R, void>,
  map: (event: E) => F | undefined,
): AsyncGenerator<F, R, void> {
  let isDone = false;
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) {
        isDone = true;
        return next.value;
      }
      const event = map(next.value);
      if (event !== undefined) yield event;
    }
  } finally {
    if (!isDone) await events.return(undefined as never);
  }
}

/**
 * Runs a generator of events to its end and returns its result.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const { epochs } = await runToEnd(trainEvents(flow, { x }, { key: createKey(1), maxEpochs: 2 }));
 * epochs; // → 2
 */
export async function runToEnd<R>(events: AsyncGenerator<unknown, R, void>): Promise<R> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}

/** Processor time of this process in seconds, over all threads; undefined if unavailable. */
export function cpuSeconds(): number | undefined {
  if (typeof process === "undefined" || typeof process.cpuUsage !== "function") return undefined;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
