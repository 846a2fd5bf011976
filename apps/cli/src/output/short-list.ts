const MOST = 12;

/** Names with commas between them, the first few of many. */
export function shortList(names: readonly string[]): string {
  const shown = names.slice(0, MOST).join(", ");
  return names.length <= MOST ? shown : `${shown} and ${names.length - MOST} more`;
}
