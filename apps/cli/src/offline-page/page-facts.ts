import type { RowLayout } from "@pushforward/tables/extend";

/** Data for the page in addition to the model. */
export interface PageFacts {
  readonly name: string;
  /** Bytes of the file of the model before its numbers. */
  readonly headerBytes: number;
  /** The columns of a compiled flow; absent for the model of a table, which knows its columns. */
  readonly layout?: RowLayout;
}

/** Values that the start of the page provides for its program. */
export interface PageParts {
  readonly facts: PageFacts;
  /** The file of the model, compiled if it is a flow. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The module of the kernels, or the binary of the backend for the model of a table. */
  readonly kernels: Uint8Array<ArrayBuffer>;
}

/** Rows that the page of a table draws at a press of a button. */
export const ROWS = 100;

/** The name of the parts among the globals of the page. */
export const PARTS = "pushforwardPage";

/** The parts of the page, for its program. */
export function pageParts(): PageParts {
  return (globalThis as unknown as Record<typeof PARTS, PageParts>)[PARTS];
}

// The bytes of float32 numbers by their places in a number: the exponents side by side are compressed to a third.

/** First the bytes before `start`, then all first bytes of the numbers, all second ones, and so on. */
export function toPlanes(bytes: Uint8Array, start: number): Uint8Array<ArrayBuffer> {
  return rearranged(bytes, start, (result, from, to) => {
    result[to] = bytes[from] as number;
  });
}

/** The inverse of {@link toPlanes}. */
export function fromPlanes(planes: Uint8Array, start: number): Uint8Array<ArrayBuffer> {
  return rearranged(planes, start, (result, from, to) => {
    result[from] = planes[to] as number;
  });
}

/** Calls `move` with the place of each byte of a number in a row of numbers and among the planes. */
function rearranged(
  bytes: Uint8Array,
  start: number,
  move: (result: Uint8Array, place: number, inPlanes: number) => void,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes);
  const count = Math.floor((bytes.length - start) / 4);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 4; k++) move(result, start + 4 * i + k, start + k * count + i);
  }
  return result;
}

// Bytes as text of a page: five characters for four bytes, where base64 takes four for three. None of the characters has a
// meaning in HTML.
const ALPHABET: readonly string[] = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter(
  (character) => !"!\"&'-<>\\`".includes(character),
);
const BASE = 85;

/** Bytes as text. */
export function encodeBase85(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) {
    const count = Math.min(4, bytes.length - i);
    let word = 0;
    for (let k = 0; k < 4; k++) word = 256 * word + (bytes[i + k] ?? 0);
    const digits: string[] = [];
    for (let k = 0; k < 5; k++) {
      digits.unshift(ALPHABET[word % BASE] as string);
      word = Math.floor(word / BASE);
    }
    parts.push(...digits.slice(0, count + 1));
  }
  return parts.join("");
}

/** The bytes of {@link encodeBase85}. */
export function decodeBase85(text: string): Uint8Array<ArrayBuffer> {
  const values = new Map(ALPHABET.map((character, i) => [character, i]));
  const bytes = new Uint8Array(Math.floor((4 * text.length) / 5));
  for (let i = 0, at = 0; i < text.length; i += 5) {
    let word = 0;
    // What is cut off the last group counts as the largest digit.
    for (let k = 0; k < 5; k++) word = BASE * word + (values.get(text[i + k] ?? "") ?? BASE - 1);
    for (let k = 3; k >= 0; k--) {
      if (at + k < bytes.length) bytes[at + k] = word % 256;
      word = Math.floor(word / 256);
    }
    at += 4;
  }
  return bytes;
}
