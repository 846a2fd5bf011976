/** Whether all visits are made; a short set is, when all tests of the workspace run. */
export const FULL: boolean = process.env["PUSHFORWARD_BROWSER"] === "full";
export const MINUTE = 60_000;
/** The machine may be busy. */
export const POLL = { timeout: 20_000 };
/** A flow that trains in seconds, as settings of an address. */
export const SMALL = "rows=600&width=16&steps=50&batch=128";
