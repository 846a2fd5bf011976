// What a terminal obeys: C0 and C1 controls and DEL; and what turns the direction of text or hides in it.
const OBEYED = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * Text with its control characters in the form of an escape, `\x1b` for ESC, so that a name in a file cannot move the
 * cursor, change colors or forge a line.
 */
export function visible(text: string): string {
  return text.replace(OBEYED, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return SHORT.get(character) ?? (code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`);
  });
}
