const QUOTE = 34;
const LF = 10;
const CR = 13;

/** The field, record or line end continues beyond the available text. */
export const INCOMPLETE = -1;

/** Refuses text at a number of lines below the start of the record. */
export type RefuseField = (text: string, linesBelow: number) => never;

/** Reads fields and records of CSV text as text. */
export class CsvFields {
  /** The field that was read last. */
  text = "";
  quoted = false;
  /** Number of line breaks inside the fields of the record so far. */
  lines = 0;
  /** True if the text stopped inside quotes. */
  open = false;
  private readonly refuse: RefuseField;

  constructor(refuse: RefuseField) {
    this.refuse = refuse;
  }

  /** Reads the field at `at` and returns the index of its end mark. */
  read(text: string, at: number, delimiter: number, final: boolean): number {
    const end = text.length;
    this.open = false;
    if (text.charCodeAt(at) !== QUOTE) {
      let p = at;
      while (p < end) {
        const c = text.charCodeAt(p);
        if (c === delimiter || c === LF || c === CR) break;
        p++;
      }
      if (p === end && !final) return INCOMPLETE;
      this.text = text.slice(at, p);
      this.quoted = false;
      return p;
    }
    let value = "";
    let from = at + 1;
    for (;;) {
      const quote = text.indexOf('"', from);
      if (quote === -1 && final) this.refuse("expected a closing quote, got the end of the text.", this.lines);
      if (quote === -1 || (quote + 1 === end && !final)) {
        this.open = true;
        return INCOMPLETE;
      }
      const doubled = text.charCodeAt(quote + 1) === QUOTE;
      value += text.slice(from, doubled ? quote + 1 : quote);
      from = quote + 1;
      if (!doubled) break;
      from++;
    }
    const after = text.charCodeAt(from);
    if (from < end && after !== delimiter && after !== LF && after !== CR) {
      this.refuse(
        `expected a delimiter after the closing quote, got ${JSON.stringify(text[from])}. Write a quote inside quotes twice.`,
        this.lines + countLineEnds(value),
      );
    }
    this.lines += countLineEnds(value);
    this.text = value;
    this.quoted = true;
    return from;
  }

  /** Reads one record. Returns `undefined` if the record continues beyond the text. */
  record(text: string, start: number, delimiter: number, final: boolean): CsvRecord | undefined {
    const fields: string[] = [];
    let at = start;
    this.lines = 0;
    for (;;) {
      at = this.read(text, at, delimiter, final);
      if (at === INCOMPLETE) return undefined;
      fields.push(this.text);
      if (at >= text.length) {
        if (!final) return undefined;
        break;
      }
      if (text.charCodeAt(at) === delimiter) {
        at++;
        continue;
      }
      at = afterLineEnd(text, at, final);
      if (at === INCOMPLETE) return undefined;
      break;
    }
    return { fields, next: at, lines: 1 + this.lines };
  }
}

/** One record as text. */
export interface CsvRecord {
  readonly fields: readonly string[];
  /** Where the following one begins. */
  readonly next: number;
  readonly lines: number;
}

/** Where the line after the line end at `at` begins. */
export function afterLineEnd(text: string, at: number, final: boolean): number {
  if (text.charCodeAt(at) === LF) return at + 1;
  if (at + 1 === text.length && !final) return INCOMPLETE;
  return text.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
}

/** Start of the first non-blank line, and the number of blank lines before it. */
export function skipBlankLines(text: string, from: number): { readonly at: number; readonly lines: number } {
  let at = from;
  let lines = 0;
  while (at < text.length && (text.charCodeAt(at) === LF || text.charCodeAt(at) === CR)) {
    at = afterLineEnd(text, at, true);
    lines++;
  }
  return { at, lines };
}

/** Counts the line ends, of any usual kind. */
export function countLineEnds(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === LF || (c === CR && text.charCodeAt(i + 1) !== LF)) count++;
  }
  return count;
}
