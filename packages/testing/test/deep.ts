/** Whether the tests run with their full settings, as in `npm run verify`. `npm test` takes the short ones. */
export const DEEP: boolean = process.env["PUSHFORWARD_DEEP"] === "1";

/** A number of steps, epochs or rows of a fit in a test: the full one in deep runs, otherwise a quarter of it. */
export function quarter(full: number): number {
  return DEEP ? full : Math.ceil(full / 4);
}
