/**
 * Runs a generator of events to its end and gives its result.
 *
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const { epochs } = await runToEnd(trainEvents(flow, { x }, { key: createKey(1), epochs: 2 }));
 * epochs; // → 2
 */
export async function runToEnd<R>(events: AsyncGenerator<unknown, R, void>): Promise<R> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}
