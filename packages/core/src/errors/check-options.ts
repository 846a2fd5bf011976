import { OptionError } from "./errors.ts";

/** The names of all options of a function: a new option that is not listed does not compile. */
export type OptionNames<Options extends object> = { readonly [Name in keyof Options]-?: true };

/**
 * Refuses unknown options. Without this check a misspelt option would be ignored.
 *
 * @param where begins the message: the name of the function.
 * @throws {OptionError} an option is unknown, or no options were passed.
 * @example
 * checkOptions("train", { maxEpochs: 3 }, { maxEpochs: true });
 */
export function checkOptions<Options extends object>(
  where: string,
  options: Options,
  names: OptionNames<Options>,
): void {
  if (typeof options !== "object" || options === null) {
    throw new OptionError(`${where}: expected an object of options, got ${String(options)}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, name)) continue;
    const known = Object.keys(names);
    throw new OptionError(
      `${where}: expected the options ${known.join(", ")}, got ${JSON.stringify(name)}.` +
        suggestedName(name, known, (closest) => closest),
    );
  }
}

/** The suffix of a message about an unknown name: ` Did you mean "…"?`, or empty without a close name. */
export function suggestedName(
  name: string,
  names: Iterable<string>,
  inWords: (closest: string) => string = JSON.stringify,
): string {
  const closest = closestName(name, names);
  return closest === undefined ? "" : ` Did you mean ${inWords(closest)}?`;
}

/** The name that takes the fewest edits, if it takes at most two in five of its characters; capitals do not count. */
function closestName(name: string, names: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const known of names) {
    const edits = editsBetween(name.toLowerCase(), known.toLowerCase());
    const isPart = name.length > 2 && (known.startsWith(name) || name.startsWith(known));
    if ((edits > 0.4 * Math.max(name.length, known.length) && !isPart) || edits >= fewest) continue;
    closest = known;
    fewest = edits;
  }
  return closest;
}

/** Levenshtein's distance. */
function editsBetween(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, character] of [...a].entries()) {
    const line = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (before[j] as number) + (character === b[j] ? 0 : 1);
      line.push(Math.min(change, (before[j + 1] as number) + 1, (line[j] as number) + 1));
    }
    before = line;
  }
  return before[b.length] as number;
}
