const LONGEST = 40;

/** A text in quotes for a message, cut where it is long. */
export function quoteShort(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text);
}

/** The first of some texts in quotes, and how many more there are. */
export function quoteSome(texts: readonly string[], most = 3): string {
  const shown = texts.slice(0, most).map(quoteShort).join(", ");
  return texts.length > most ? `${shown} and ${texts.length - most} more` : shown;
}
