/** A name as options that take lists of names have it. */
export function csvName(name: string): string {
  return /[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** Seconds as people say them: `2 min 5 s`. */
export function durationInWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

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
