import { releaseTape } from "./release-tape.ts";

/** Throws an error out of a function that may be under differentiation, without leaving the tape's tensors behind. */
export function fail(error: Error): never {
  releaseTape();
  throw error;
}
