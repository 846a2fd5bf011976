import stringWidth from "string-width";

/** A name as options that take lists of names have it. */
export function csvName(name: string): string {
  return /[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** Formats seconds in words: `2 min 5 s`. */
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

/** A word: a piece without spaces. A quoted name stays whole with its spaces, unless it is as long as a sentence. */
const WORD = /(?:"[^"]{0,60}"|\S)+/g;

/** A command that can be copied. */
const COMMAND = /^ {2,}(?:pushforward|node) /;

/** A cell of a table: at least two spaces end the one before it. */
const CELL = /\S {2,}(?=\S)/g;

/** Of the width of a terminal, the part that an indent may take. */
const MOST_INDENT = 0.5;

/**
 * Wraps a line into lines of at most `width` characters, between words. The lines after the first are indented: below
 * the last cell in the first half of a line of a table, or by two spaces more than the first line. A word that is wider
 * has a separate line. In a command that can be copied, each line that continues has a backslash as its last character,
 * and a comment starts a new line.
 */
export function wrapped(line: string, width: number): string[] {
  if (stringWidth(line) <= width) return [line];
  const start = line.length - line.trimStart().length;
  const isCommand = COMMAND.test(line);
  const ends = [...line.matchAll(CELL)].map(({ 0: gap, index }) => stringWidth(line.slice(0, index + gap.length)));
  const hang = Math.max(start + 2, ...ends.filter((end) => end <= width * MOST_INDENT));
  const indent = " ".repeat(hang <= width * MOST_INDENT ? hang : 0);
  const room = isCommand ? width - 2 : width;
  const lines: string[] = [];
  let [current, end, isComment] = ["", 0, false];
  for (const { 0: word, index } of line.matchAll(WORD)) {
    const longer = current + line.slice(end, index) + word;
    end = index + word.length;
    const begins = isCommand && word === "#";
    if (current === "" || (!begins && stringWidth(longer) <= room)) current = longer;
    else {
      lines.push(isCommand && !begins && !isComment ? `${current} \\` : current);
      current = `${indent}${isComment ? "# " : ""}${word}`;
    }
    isComment ||= begins;
  }
  return [...lines, current];
}
