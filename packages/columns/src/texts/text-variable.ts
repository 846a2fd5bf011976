import type { Column } from "@pushforward/datasets";
import { type ColumnCodes, presentRows } from "../cells/column-codes.ts";
import { toTexts } from "../cells/typed-column.ts";
import { missingSummary } from "../numbers/numeric-summary.ts";
import type { FoundColumn, Variable, VariableKind } from "../variables/variable.ts";

/** More different texts than these are kept, not learned, unless the column is declared. */
const MOST_CATEGORIES = 5000;
/** Share of rows with a text of their own from which texts are taken for identifiers. */
const ALMOST_ALL = 0.95;
/** Longer texts, on average, are prose. */
const LONG_TEXT = 60;
/** Identifiers are no longer than this, on average. */
const LONG_ID = 40;

/** Words for false and true, in lower case. */
const BOOLEANS: readonly (readonly [string, string])[] = [
  ["false", "true"],
  ["no", "yes"],
  ["f", "t"],
  ["n", "y"],
  ["off", "on"],
  ["non", "oui"],
  ["nein", "ja"],
  ["falsch", "wahr"],
];

/** The words of a boolean, false first, as the column writes them; undefined when its texts are no such words. */
export function booleanWords(texts: readonly string[]): readonly [string, string] | undefined {
  if (texts.length > 2) return undefined;
  const lower = texts.map((text) => text.trim().toLowerCase());
  const words = BOOLEANS.find((pair) => lower.every((text) => pair.includes(text)));
  const [first = "", second] = texts;
  if (words === undefined || texts.length === 0) return undefined;
  if (second !== undefined)
    return lower[0] === lower[1] ? undefined : lower[0] === words[0] ? [first, second] : [second, first];
  // A single word says enough only when it can't mean anything else.
  if (words[0] !== "false") return undefined;
  const other = likeWritten(lower[0] === "false" ? "true" : "false", first);
  return lower[0] === "false" ? [first, other] : [other, first];
}

function likeWritten(word: string, example: string): string {
  if (example === example.toUpperCase()) return word.toUpperCase();
  return example === example.toLowerCase() ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** What a column of texts is that are neither numbers nor dates nor words for true and false. */
export function textKind(coded: ColumnCodes): VariableKind {
  const { texts, counts } = coded;
  const present = presentRows(coded);
  const distinct = texts.length;
  if (distinct <= 1) return "category";
  const length = texts.reduce((sum, text) => sum + text.length, 0) / distinct;
  const kept = looksLikeIds(texts, length) ? "id" : "text";
  if (distinct >= ALMOST_ALL * present || distinct > MOST_CATEGORIES) return kept;
  if (length > LONG_TEXT && 5 * distinct > present) return "text";
  // Texts that occur once teach nothing of each other: where most rows have such a one, the column is kept as it is.
  const single = counts.reduce((sum, count) => sum + (count === 1 ? 1 : 0), 0);
  return 2 * single > present ? kept : "category";
}

function looksLikeIds(texts: readonly string[], length: number): boolean {
  if (length > LONG_ID) return false;
  const coded = texts.reduce((sum, text) => sum + (/\d/.test(text) && !/\s/.test(text.trim()) ? 1 : 0), 0);
  return 2 * coded > texts.length;
}

/**
 * A column that is kept as text.
 *
 * @param levels its values in their order, for an ordinal one.
 */
export function textVariable(
  column: Column,
  coded: ColumnCodes,
  kind: VariableKind,
  levels?: readonly string[],
): FoundColumn {
  const words = kind === "boolean" ? (booleanWords(coded.texts) ?? anyWords(coded.texts)) : undefined;
  const variable: Variable = {
    name: coded.name,
    kind,
    ...(words !== undefined && { words }),
    ...(levels !== undefined && { levels }),
    rows: coded.codes.length,
    ...missingSummary(coded.missing),
    distinct: coded.texts.length,
  };
  return { variable, column: toTexts(column, coded), notes: [] };
}

/** The words of a declared boolean, in order: 0 before 1. */
function anyWords(texts: readonly string[]): readonly [string, string] | undefined {
  const [first, second] = [...texts].sort();
  return first === undefined || second === undefined ? undefined : [first, second];
}
