import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";

/** Checks an integer. */
export function checkCount(where: string, name: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError(`${where}: expected ${name} to be an integer from ${least}, got ${describeValue(value)}.`);
}

/** Checks a share above 0 and below 1. */
export function checkShare(where: string, name: string, value: number): number {
  if (value > 0 && value < 1) return value;
  throw new OptionError(`${where}: expected ${name} above 0 and below 1, got ${describeValue(value)}.`);
}
