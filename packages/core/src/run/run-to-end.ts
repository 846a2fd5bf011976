/** Runs a generator of events to its end and gives its result. */
export async function runToEnd<R>(events: AsyncGenerator<unknown, R, void>): Promise<R> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}
