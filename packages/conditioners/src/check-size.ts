import { OptionError } from "@pushforward/core";

/** Checks a size: an integer of at least `min`. */
export function checkSize(where: string, what: string, size: number, min = 1): void {
  if (!Number.isSafeInteger(size) || size < min) {
    throw new OptionError(`${where}: expected ${what} to be an integer of at least ${min}, got ${size}.`);
  }
}
