import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";

/** Checks and returns a count, of features unless `name` is given. */
export function checkFeatures(where: string, features: number, name = "features"): number {
  if (!Number.isSafeInteger(features) || features < 1) {
    throw new OptionError(`${where}: expected ${name} to be an integer of at least 1, got ${describeValue(features)}.`);
  }
  return features;
}
