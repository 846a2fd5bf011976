const MOST = 12;

/**
 * Names in quotes for a message, and how many more there are; `none` where there is none.
 *
 * @example
 * listNames(["x", "y"]); // → '"x", "y"'
 */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, MOST).map((name) => `"${name}"`);
  return names.length <= MOST ? shown.join(", ") : `${shown.join(", ")} and ${names.length - MOST} more`;
}
