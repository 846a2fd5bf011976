import { OptionError } from "@pushforward/core";

/** The count of features, checked. */
export function checkFeatures(where: string, features: number): number {
  if (!Number.isSafeInteger(features) || features < 1) {
    throw new OptionError(`${where}: expected features to be an integer of at least 1, got ${String(features)}.`);
  }
  return features;
}
