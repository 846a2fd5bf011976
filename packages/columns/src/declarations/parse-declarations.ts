import { OptionError } from "@pushforward/core";
import { quoteShort } from "../cells/cell-errors.ts";
import { VARIABLE_KINDS, type VariableKind } from "../variables/variable.ts";
import { type ColumnDeclaration, type ColumnDeclarations, circular, date, interval, ordinal } from "./column-types.ts";

const ENTRY = /\s*(?:"((?:[^"]|"")*)"|([^",][^,]*?))\s*:\s*([A-Za-z]+)\s*(?=[(,]|$)/y;
const NEXT = /\s*(?:,|$)/y;

/** How the kinds with an argument are written. */
const FORMS: ReadonlyMap<VariableKind, string> = new Map([
  ["interval", "interval(0,100)"],
  ["circular", "circular(360)"],
  ["ordinal", "ordinal(low<medium<high)"],
]);

/**
 * Column declarations as text:
 *
 *     age:integer,zip:category,when:date(%d/%m/%Y),income:positive,score:interval(0,100),angle:circular(360),size:ordinal(S<M<L)
 *
 * A name that holds a comma or a quote stands in double quotes, as in CSV; so does a level that holds `<`, `)` or a quote.
 *
 * @throws {OptionError} an entry is not `name:kind`, names an unknown kind, a column twice, or an argument that does not fit.
 * @example
 * parseDeclarations('age:integer,"last, first":text').get("last, first")?.kind; // → "text"
 * parseDeclarations("size:ordinal(S<M<L)").get("size")?.levels; // → ["S", "M", "L"]
 */
export function parseDeclarations(text: string): ColumnDeclarations {
  const declarations = new Map<string, ColumnDeclaration>();
  let at = 0;
  while (at < text.length) {
    ENTRY.lastIndex = at;
    const match = ENTRY.exec(text);
    if (match === null) refuseEntry(text.slice(at));
    const [, quoted, plain = "", word = ""] = match;
    const name = quoted?.replaceAll('""', '"') ?? plain;
    const kind = VARIABLE_KINDS.find((candidate) => candidate === word.toLowerCase());
    if (kind === undefined) {
      throw new OptionError(
        `declare: expected one of ${VARIABLE_KINDS.join(", ")} for column "${name}", got ${quoteShort(word)}.`,
      );
    }
    if (declarations.has(name)) throw new OptionError(`declare: column "${name}" is declared twice.`);
    const argument = text[ENTRY.lastIndex] === "(" ? insideParentheses(text, ENTRY.lastIndex, name) : undefined;
    declarations.set(name, declarationOf(name, kind, argument));
    NEXT.lastIndex = ENTRY.lastIndex + (argument === undefined ? 0 : argument.length + 2);
    if (NEXT.exec(text) === null) refuseEntry(text.slice(at));
    at = NEXT.lastIndex;
  }
  return declarations;
}

function refuseEntry(rest: string): never {
  const entry = rest.split(",")[0]?.trim();
  throw new OptionError(
    `declare: expected name:kind, got ${quoteShort(entry ?? "")}. The kinds are ${VARIABLE_KINDS.map((kind) => FORMS.get(kind) ?? kind).join(", ")}.`,
  );
}

/** What stands between the parenthesis at a place and the one that closes it, which is not in quotes. */
function insideParentheses(text: string, open: number, name: string): string {
  let isQuoted = false;
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === ")" && !isQuoted) return text.slice(open + 1, i);
  }
  throw new OptionError(
    `declare: expected a closing parenthesis for column "${name}", got ${quoteShort(text.slice(open))}.`,
  );
}

function declarationOf(name: string, kind: VariableKind, argument: string | undefined): ColumnDeclaration {
  const form = FORMS.get(kind);
  if (kind === "date") return date(argument);
  if (form === undefined) {
    if (argument === undefined) return { kind };
    throw new OptionError(
      `declare: column "${name}" is declared as ${kind}, which has no argument, got (${argument}).`,
    );
  }
  if (kind === "ordinal" && argument === undefined) return ordinal();
  const declaration = kind === "ordinal" ? ordinalOf(argument ?? "") : boundedOf(kind, argument ?? "");
  if (declaration !== undefined) return declaration;
  const got = argument === undefined ? kind : `${kind}(${argument})`;
  throw new OptionError(`declare: expected ${form} for column "${name}", got ${quoteShort(got)}.`);
}

function boundedOf(kind: VariableKind, argument: string): ColumnDeclaration | undefined {
  const parts = argument.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [first = Number.NaN, second] = parts;
  if (parts.length > 2 || parts.some((part) => !Number.isFinite(part))) return undefined;
  const [low, high] = second === undefined ? [0, first] : [first, second];
  if (high <= low || (kind === "interval" && second === undefined)) return undefined;
  return kind === "interval" ? interval(low, high) : circular(low, high);
}

const LEVEL = /\s*(?:"((?:[^"]|"")*)"|([^"<]*))\s*(<|$)/y;

function ordinalOf(argument: string): ColumnDeclaration | undefined {
  const levels: string[] = [];
  for (LEVEL.lastIndex = 0; ; ) {
    const match = LEVEL.exec(argument);
    if (match === null) return undefined;
    const [, quoted, plain = "", end] = match;
    levels.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    if (end === "") break;
  }
  const isOrder =
    levels.length >= 2 && new Set(levels).size === levels.length && levels.every((level) => level.trim() !== "");
  return isOrder ? ordinal(levels) : undefined;
}
