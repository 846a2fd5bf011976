import { type Key, OptionError } from "@pushforward/core";

/** Refuses options without a key. */
export function checkKey(where: string, options: { readonly key: Key }): void {
  if (typeof options?.key?.fold === "function") return;
  throw new OptionError(`${where}: expected options.key, got none. Pass { key: createKey(0) }.`);
}
