export const MINUTE = 60_000;
/** The machine may be busy. */
export const POLL = { timeout: 20_000 };
/** A flow that trains in seconds, as settings of an address. */
export const SMALL = "rows=600&width=16&steps=50&batch=128";
