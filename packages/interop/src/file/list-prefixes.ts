import { quote, type StateDict } from "./state-dict.ts";

/**
 * The prefixes of the members of a list of modules, in order: `{list}0.`, `{list}1.` and so on.
 *
 * @param step of the numbers: 2 where every other member has no keys.
 * @param onGap throws for a member without keys, at the first such key, with the numbers that are there, or lets it be.
 */
export function listPrefixes(
  state: StateDict,
  list: string,
  step: number,
  onGap: (gap: string, indices: readonly number[]) => void,
): readonly string[] {
  const found = new Set<number>();
  for (const key of state.keys()) {
    if (!key.startsWith(list)) continue;
    const index = /^(0|[1-9]\d{0,4})\./.exec(key.slice(list.length))?.[1];
    if (index === undefined) state.fail("weights", `a number after ${quote(list)}`, quote(key));
    found.add(Number(index));
  }
  const indices = [...found].sort((a, b) => a - b);
  const gap = indices.findIndex((index, i) => index !== step * i);
  if (gap >= 0) onGap(`${list}${step * gap}`, indices);
  return indices.map((index) => `${list}${index}.`);
}
