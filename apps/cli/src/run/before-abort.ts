/**
 * The outcome of a promise, or undefined if the signal is aborted first. In a loop, `Promise.race` with a promise that
 * stays pending would keep the outcomes of all turns in memory.
 */
export function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
