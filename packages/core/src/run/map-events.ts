/**
 * Passes on what `map` makes of each event, and gives the result at the end. Who leaves these events leaves the inner ones,
 * too.
 *
 * @param map gives undefined for an event that is not passed on.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const events = trainEvents(flow, { x }, { key: createKey(1), epochs: 2 });
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
