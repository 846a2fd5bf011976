/**
 * Runs tasks that tell events, each of them with a slot of its own: as many at the same time as there are slots, in their
 * order. Events of tasks that run at the same time come as they happen; none is asked for before the one before it of the
 * same task was taken. With the first error, and when the events are left, all tasks are left.
 *
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

/** What a task has told. */
interface Told<S, E> {
  readonly one: Running<S, E>;
  readonly answer: IteratorResult<E, void> | { readonly error: unknown };
}
